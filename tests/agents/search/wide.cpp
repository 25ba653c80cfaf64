#include <doctest/doctest.h>

#include <cmath>

#include "agents/ask_tell.h"
#include "agents/search/difference_descent.h"
#include "agents/search/ridge_fit.h"
#include "agents/search/trust_step.h"
#include "agents/search/wide_descent.h"
#include "agents/trials.h"
#include "core/random.h"
#include "env/landscapes/noisy.h"
#include "tests/agents/classical/surfaces.h"

namespace rover::search {
namespace {

/// An evaluator that is a function on the unit cube.
class Direct final : public Evaluator {
 public:
  using Function = std::function<double(Reals)>;
  Direct(std::size_t d, Function f) : box_(test::cube(d, 0, 1)), f_(std::move(f)), start_(d, 0.5) {
    problem_.dimension = d, problem_.domain = &box_;
  }
  const Problem& problem() const override { return problem_; }
  std::uint64_t seed() const override { return 1; }
  Reals start() const override { return start_; }
  double start_value() const override { return f_(start_); }
  double value(Reals point, bool) override { return ++count, f_(point); }
  void values(Reals points, MutReals out, bool) override {
    for (std::size_t k = 0; k < out.size(); ++k) out[k] = value(points.subspan(k * start_.size(), start_.size()), true);
  }
  void answer(Reals) override {}
  Reals start_gradient() const override { return {}; }
  Reals gradient() const override { return {}; }
  bool cancelled() const override { return false; }
  std::size_t count = 0;

 private:
  Box box_;
  Function f_;
  Problem problem_;
  std::vector<double> start_;
};

Vector drawn(RandomStream& stream, std::size_t d, double low, double high) {
  Vector out(static_cast<Eigen::Index>(d));
  for (double& x : out) x = stream.uniform(low, high);
  return out;
}

}  // namespace

TEST_CASE("wide kernels are what they are one by one, for every remainder") {
  RandomStream stream = make_stream(3, 0, "wide");
  for (std::size_t n = 1; n < 40; ++n) {
    CAPTURE(n);
    const std::size_t d = 1 + n % 7, stride = n + 1 + kernels::padding;
    std::vector<double> points(d * stride), v(d), weights(stride), squared(stride), inner(n * stride), along(stride),
        expected(stride), sums(d), other(d);
    for (auto* part : {&points, &v, &squared})
      for (double& x : *part) x = stream.normal();
    for (std::size_t k = 0; k < n; ++k) weights[k] = stream.normal();
    kernels::products(points.data(), stride, n, d, v.data(), along.data());
    kernels::reference::products(points.data(), stride, n, d, v.data(), expected.data());
    for (std::size_t k = 0; k < n; ++k) CHECK(along[k] == doctest::Approx(expected[k]).scale(1));
    kernels::combine(points.data(), stride, n, d, weights.data(), sums.data());
    kernels::reference::combine(points.data(), stride, n, d, weights.data(), other.data());
    for (std::size_t i = 0; i < d; ++i) CHECK(sums[i] == doctest::Approx(other[i]).scale(1));
    std::vector<double> row(d);
    for (std::size_t j = 0; j < n; ++j) {
      for (std::size_t i = 0; i < d; ++i) row[i] = points[i * stride + j];
      kernels::products(points.data(), stride, n, d, row.data(), inner.data() + j * stride);
    }
    std::vector<double> system(n * stride), reference(n * stride);
    const kernels::QuadraticKernel kernel{1, 0.5, 0.25, 0.125};
    kernels::gram_of_products(inner.data(), stride, n, along.data(), 0.7, 1.5, squared.data(), weights.data(), kernel,
                              system.data(), stride);
    kernels::reference::gram_of_products(inner.data(), stride, n, along.data(), 0.7, 1.5, squared.data(),
                                         weights.data(), kernel, reference.data(), stride);
    for (std::size_t j = 0; j < n; ++j)
      for (std::size_t i = j; i < n; ++i)
        CHECK(system[j * stride + i] == doctest::Approx(reference[j * stride + i]).scale(1));
  }
}

TEST_CASE("the wide model is the ridge's fit in a ball, and its step the same, wherever the window has gone") {
  constexpr std::size_t d = 6;
  const auto f = [](Reals x) {
    double sum = std::sin(3 * x[0] + x[1]);
    for (std::size_t i = 0; i < d; ++i) sum += static_cast<double>(1 + i) * x[i] * x[i] + x[i] * x[(i + 2) % d];
    return sum;
  };
  Direct evaluator(d, f);
  Probe probe(evaluator, {.memory = 0, .most = 0});
  WideOptions options;
  options.samples = 4, options.krylov = d;
  FitOptions fit;
  fit.finest = 1;  // WideModel does not ask how likely its samples are
  WideModel model(probe, options, fit);
  RidgeFit ridge(d, fit);
  Neighbours near(d, 100, model.room());
  Window window(d);
  TrustStep step(probe.region());
  RandomStream stream = make_stream(4, 0, "wide");
  Vector centre = drawn(stream, d, 0.3, 0.7);
  model.begin({centre.data(), d}, 0.4), window.begin({centre.data(), d}, 0.4);
  for (int round = 0; round < 12; ++round) {
    CAPTURE(round);
    for (int k = 0; k < 5; ++k) {
      Vector x = centre + window.half_width() * drawn(stream, d, -1, 1);
      probe.region().project(x);
      const double value = f({x.data(), d});
      model.add(x, value), near.add({x.data(), d}, value);
    }
    centre += 0.5 * window.half_width() * drawn(stream, d, -1, 1);
    probe.region().project(centre);
    model.move_to(centre), window.move_to({centre.data(), d});
    model.scale(0.45), window.scale(0.45);  // to 3e-5: far from where the first samples were
    const double value = f({centre.data(), d});
    near.find(window, fit.reach);
    if (near.count() != model.size() && round < 3) continue;
    Model expected;
    ridge(near, value, 0.01, expected);
    model.fit(value, 0.01, 0);
    if (model.size() != near.count()) continue;  // one that is out of reach when the window comes back to it
    REQUIRE(model.valid());
    CHECK(model.range() == doctest::Approx(expected.range));
    for (int k = 0; k < 3; ++k) {
      const Vector z = drawn(stream, d, -1, 1), x = centre + window.half_width() * z;
      CHECK(model(x) == doctest::Approx(expected(z)).epsilon(1e-5).scale(1));
    }
    model.find_step(3), step(expected, window, 3);
    CHECK((model.point() - step.point()).norm() < 1e-4 * window.half_width());
    CHECK(model.clipped() == step.clipped());
  }
}

TEST_CASE("the wide model's step keeps to the region, and lies on a face where the model falls beyond it") {
  constexpr std::size_t d = 50;
  const auto f = [](Reals x) {
    double sum = 0;
    for (std::size_t i = 0; i < d; ++i) sum += (x[i] - (i < 5 ? 1.5 : 0.6)) * (x[i] - (i < 5 ? 1.5 : 0.6));
    return sum;
  };
  Direct evaluator(d, f);
  Probe probe(evaluator, {.memory = 0, .most = 0});
  RandomStream stream = make_stream(4, 0, "wide");
  SearchOptions options;
  WideDescent descend(probe, stream, options);
  const auto& end = descend(probe.start(), probe.start_value(), 0.5, HUGE_VAL);
  CHECK(end.value == doctest::Approx(5 * 0.25));
  for (std::size_t i = 0; i < d; ++i) CHECK(end.point[i] == doctest::Approx(i < 5 ? 1 : 0.6));
}

TEST_CASE("differences are exact on quadratics, from one side too once second derivatives are known") {
  constexpr std::size_t d = 20;
  const auto f = [](Reals x) {
    double sum = 0;
    for (std::size_t i = 0; i < d; ++i)
      sum += (1 + 0.3 * static_cast<double>(i)) * x[i] * x[i] + x[i] * x[(i + 1) % d] - x[i];
    return sum;
  };
  Direct evaluator(d, f);
  Probe probe(evaluator, {.memory = 0, .most = 0, .batch = 3});
  Differences look(probe);
  RandomStream stream = make_stream(4, 0, "wide");
  for (const std::size_t price : {2 * d, d, d}) {
    Vector x = drawn(stream, d, 0, 1);
    x[0] = 1, x[1] = 0;  // on the edge points lie inside
    const std::size_t before = evaluator.count;
    look.look(x, f({x.data(), d}), 0.1);
    CHECK(evaluator.count - before == price);
    for (std::size_t i = 0; i < d; ++i) {
      const auto at = [&](std::size_t j) { return x[static_cast<Eigen::Index>(j % d)]; };
      CHECK(look.slopes()[static_cast<Eigen::Index>(i)] ==
            doctest::Approx(2 * (1 + 0.3 * static_cast<double>(i)) * at(i) + at(i + 1) + at(i + d - 1) - 1));
      CHECK(look.curvatures()[static_cast<Eigen::Index>(i)] == doctest::Approx(2 * (1 + 0.3 * static_cast<double>(i))));
    }
  }
}

TEST_CASE("secants give Newton's step after as many pairs as there are free coordinates") {
  constexpr Eigen::Index d = 6;
  RandomStream stream = make_stream(5, 0, "wide");
  Matrix a(d, d);
  for (double& x : a.reshaped()) x = stream.normal();
  const Matrix hessian = a * a.transpose() + Matrix::Identity(d, d);
  Secants secants(d, 20);
  Vector free = Vector::Ones(d), direction;
  Vector gradient = drawn(stream, d, -1, 1);
  for (int k = 0; k < 6; ++k) {  // exact searches along its own directions are conjugate
    secants.direction(gradient, free, Vector::Ones(d), direction);
    const Vector step = -gradient.dot(direction) / direction.dot(hessian * direction) * direction;
    CHECK(secants.add(step, hessian * step));
    gradient += hessian * step;
  }
  CHECK(gradient.norm() < 1e-8);
  CHECK_FALSE(secants.add(direction, -direction));
  free[2] = 0;
  secants.direction(drawn(stream, d, -1, 1), free, Vector::Ones(d), direction);
  CHECK(direction[2] == 0);
}

}  // namespace rover::search
