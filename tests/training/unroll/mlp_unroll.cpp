#include "training/unroll/mlp_unroll.h"

#include <doctest/doctest.h>

#include <cmath>

#include "env/surface_env.h"

namespace rover {
namespace {

RegressionBatch some_tasks(std::size_t size, std::uint64_t seed) {
  RegressionBatch out(size);
  std::vector<double> start(RegressionNetwork::parameters);
  for (std::size_t b = 0; b < size; ++b) {
    const auto family = static_cast<RegressionFamily>(b % regression_families);
    RandomStream stream = make_stream(seed, b, "start");
    RegressionNetwork::sample_start(stream, start);
    out.set(b, draw_regression(family, derive_seed(seed, b, "task")), start);
  }
  return out;
}

std::vector<double> some_rule(std::uint64_t seed, double deviation) {
  std::vector<double> out(MlpRule::parameters);
  RandomStream stream = make_stream(seed, 0, "rule");
  stream.normals(out);
  for (double& weight : out) weight *= deviation;
  return out;
}

std::vector<float> to_float(std::span<const double> values) { return {values.begin(), values.end()}; }

double largest(std::span<const double> values) {
  double out = 0;
  for (const double v : values) out = std::max(out, std::abs(v));
  return out;
}

}  // namespace

TEST_CASE("the unrolled loss is that of plain code, its gradient that of finite differences") {
  const RegressionBatch tasks = some_tasks(3, 3);
  for (const UnrollOptions& options : {UnrollOptions{.steps = 1}, UnrollOptions{.steps = 8, .output_scale = 0.2},
                                       UnrollOptions{.steps = 8, .output_scale = 0.2, .log_loss = true},
                                       UnrollOptions{.steps = 8, .output_scale = 0.2, .log_loss = true, .units = 5}}) {
    CAPTURE(options.steps);
    CAPTURE(options.units);
    CAPTURE(options.log_loss);
    std::vector<double> alpha = some_rule(5, 0.3), gradient(MlpRule::parameters);
    MlpUnroll unroll(options);
    const double loss = unroll(tasks, to_float(alpha), gradient, {});
    CHECK(loss == doctest::Approx(reference::mlp_unroll(options, tasks, alpha)).epsilon(1e-5));
    CHECK(unroll(tasks, to_float(alpha), {}, {}) == loss);
    const double size = largest(gradient);
    CHECK(size > 1e-3);
    for (std::size_t k = 0; k < alpha.size(); ++k) {
      CAPTURE(k);
      const double kept = alpha[k], h = 1e-5;
      alpha[k] = kept + h;
      const double above = reference::mlp_unroll(options, tasks, alpha);
      alpha[k] = kept - h;
      const double below = reference::mlp_unroll(options, tasks, alpha);
      alpha[k] = kept;
      CHECK(std::abs(gradient[k] - (above - below) / (2 * h)) < 2e-5 * size);
    }
  }
}

TEST_CASE("tasks do not see each other, and a loss that is not finite does not reach the gradient") {
  const RegressionBatch both = some_tasks(32, 4);
  const std::vector<float> alpha = to_float(some_rule(6, 0.2));
  MlpUnroll unroll(UnrollOptions{.steps = 8, .output_scale = 0.3});
  std::vector<double> gradient(MlpRule::parameters), half(MlpRule::parameters), sum(MlpRule::parameters);
  std::vector<float> losses(32), part(16);
  unroll(both, alpha, gradient, losses);
  for (std::size_t begin : {0u, 16u}) {
    RegressionBatch one(16);
    std::vector<double> start(RegressionNetwork::parameters);
    for (std::size_t b = 0; b < 16; ++b) {
      for (std::size_t i = 0; i < start.size(); ++i) start[i] = both.start()[i * both.stride() + begin + b];
      one.set(b, draw_regression(static_cast<RegressionFamily>((begin + b) % 3), derive_seed(4, begin + b, "task")),
              start);
    }
    unroll(one, alpha, half, part);
    CHECK(std::equal(part.begin(), part.end(), losses.begin() + static_cast<std::ptrdiff_t>(begin)));
    for (std::size_t k = 0; k < sum.size(); ++k) sum[k] += half[k] / 2;
  }
  for (std::size_t k = 0; k < sum.size(); ++k) CHECK(sum[k] == doctest::Approx(gradient[k]).epsilon(1e-12));

  std::vector<float> wild = alpha;
  wild[MlpRule::output_bias] = 1e30f;
  const double loss = unroll(both, wild, gradient, losses);
  CHECK(!(loss < 1e30));
  for (const double g : gradient) CHECK(std::isfinite(g));
}

TEST_CASE("gradients are shortened task by task on the way back") {
  const RegressionBatch tasks = some_tasks(16, 9);
  const std::vector<float> alpha = to_float(some_rule(2, 0.5));
  std::vector<double> clipped(MlpRule::parameters), loose(MlpRule::parameters), whole(MlpRule::parameters);
  MlpUnroll({.steps = 10, .gradient_clip = 1e-3})(tasks, alpha, clipped, {});
  MlpUnroll({.steps = 10, .gradient_clip = 1e9})(tasks, alpha, loose, {});
  MlpUnroll({.steps = 10})(tasks, alpha, whole, {});
  CHECK(largest(clipped) < largest(whole) / 10);
  for (std::size_t k = 0; k < whole.size(); ++k) CHECK(loose[k] == doctest::Approx(whole[k]).epsilon(1e-4));
}

TEST_CASE("the unroll is the walk of the rule on the regression landscape") {
  const RegressionTask task = draw_regression(RegressionFamily::sinusoid, 11);
  const auto landscape = make_regression(task);
  std::vector<double> theta(RegressionNetwork::parameters);
  RandomStream stream = make_stream(1, 0, "start");
  landscape->sample_start(stream, theta);
  RegressionBatch tasks(16);
  for (std::size_t b = 0; b < 16; ++b) tasks.set(b, task, theta);
  const std::vector<float> alpha = to_float(some_rule(8, 0.3));
  const UnrollOptions options{.steps = 20, .output_scale = 0.2};
  std::vector<float> losses(16);
  MlpUnroll unroll(options);
  unroll(tasks, alpha, {}, losses);

  std::vector<double> gradient(theta.size());
  std::vector<float> g(theta.size()), momentum(theta.size()), step(theta.size());
  for (std::uint64_t t = 0; t < options.steps; ++t) {
    landscape->gradients(theta, gradient, nullptr);
    std::copy(gradient.begin(), gradient.end(), g.begin());
    mlp_rule_step(alpha, g, momentum, t, 0.2f, step);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] += static_cast<double>(step[i]);
  }
  CHECK(landscape->has_validation());
  for (const float loss : losses)
    CHECK(static_cast<double>(loss) == doctest::Approx(landscape->validation(theta)).epsilon(1e-4));
}

}  // namespace rover
