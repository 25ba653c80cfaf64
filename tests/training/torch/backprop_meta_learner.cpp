#include "training/torch/backprop_meta_learner.h"

#include "training/torch/rule_twins_torch.h"

#include <doctest/doctest.h>

#include <cmath>

#include "agents/learned/learned_optimizer.h"
#include "agents/runner.h"
#include "agents/trials.h"
#include "env/landscapes/function.h"
#include "env/landscapes/registry.h"
#include "env/landscapes/regression.h"
#include "env/surface_env.h"
#include "training/unroll/mlp_unroll.h"

namespace rover {
namespace {

/// f(x) = ½ (x − c)ᵀA(x − c) in d = 3, in a box of ±2.
struct Bowl {
  static constexpr std::size_t d = 3;
  static constexpr double half_width = 2;
  std::vector<double> a, c, start;
  explicit Bowl(std::uint64_t seed) : a(d * d), c(d), start(d) {
    RandomStream stream = make_stream(seed, 0, "bowl");
    std::vector<double> root(d * d);
    stream.normals(root), stream.normals(c), stream.normals(start);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        for (std::size_t k = 0; k < d; ++k) a[i * d + j] += root[i * d + k] * root[j * d + k];
    start[0] = 1.9;  // so that the box counts
  }
  MetaTask task(bool with_hessian) const {
    const auto slope = [a = a, c = c](Reals x, MutReals g) {
      for (std::size_t i = 0; i < d; ++i) {
        g[i] = 0;
        for (std::size_t j = 0; j < d; ++j) g[i] += a[i * d + j] * (x[j] - c[j]);
      }
    };
    const auto value = [slope, c = c](Reals x) {
      double g[d], sum = 0;
      slope(x, g);
      for (std::size_t i = 0; i < d; ++i) sum += g[i] * (x[i] - c[i]) / 2;
      return sum;
    };
    FunctionOptions options{.name = "bowl", .gradient = slope};
    if (with_hessian) options.hessian = [a = a](Reals, MutReals h) { std::ranges::copy(a, h.begin()); };
    return {make_function(value, {std::vector(d, -half_width), std::vector(d, half_width)}, options), start};
  }
};

/// J on bowls by LibTorch alone, in double: the rule's twin, step after step in one graph, gradients of the bowl
/// included.
torch::Tensor straightforward_loss(const BackpropMetaOptions& options, const torch::Tensor& weights,
                                   const std::vector<Bowl>& bowls, std::uint64_t steps) {
  const auto kind = torch::TensorOptions(torch::kDouble);
  const RuleTwin twin = make_rule_twin(options.rule, flat_layout(Bowl::d));
  RuleState state;
  make_update_rule(options.rule, std::vector<float>(rule_parameters(options.rule)))->reset(flat_layout(Bowl::d), state);
  torch::Tensor total = torch::zeros({}, kind);
  for (const Bowl& bowl : bowls) {
    const torch::Tensor a = torch::tensor(bowl.a, kind).view({3, 3}), c = torch::tensor(bowl.c, kind);
    torch::Tensor x = torch::tensor(bowl.start, kind),
                  slots = torch::zeros({1, static_cast<std::int64_t>(state.slots.size())}, kind);
    torch::Tensor losses = torch::zeros({}, kind), last;
    double sum = 0;
    for (std::uint64_t t = 0; t < steps; ++t) {
      if (options.truncation > 0 && t > 0 && t % options.truncation == 0) x = x.detach(), slots = slots.detach();
      torch::Tensor g = a.matmul(x - c);
      if (options.first_order) g = g.detach();
      const TwinStep out = twin({weights, g.unsqueeze(0), x.unsqueeze(0), slots, t, steps});
      const double rate = options.rate.learning_rate * (1 - static_cast<double>(t) / static_cast<double>(steps));
      x = (x + rate * out.step[0]).clamp(-Bowl::half_width, Bowl::half_width);
      slots = out.slots;
      last = 0.5 * (x - c).dot(a.matmul(x - c));
      if (options.log_loss) last = (last + options.log_offset).log();
      const double share = options.loss == "weighted" ? static_cast<double>(t) + 1 : 1;
      losses = losses + share * last, sum += share;
    }
    const torch::Tensor mean = losses / sum;
    total = total + (options.loss == "final" ? last : options.loss == "mean" ? mean : (mean + last) / 2);
  }
  return total / static_cast<double>(bowls.size());
}

std::vector<float> weights_of(const RuleOptions& options, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "weights");
  std::vector<float> out = initial_weights(options, stream);
  for (float& weight : out)
    if (weight == 0) weight = static_cast<float>(0.1 * stream.normal());
  return out;
}

double largest(std::span<const double> values) {
  double out = 0;
  for (const double v : values) out = std::max(out, std::abs(v));
  return out;
}

const RuleOptions mlp{.rule = "mlp", .output_scale = 0.3},
    lstm{.rule = "lstm", .features = "andrychowicz+point+time", .hidden = 4},
    raw{.rule = "lstm", .features = "raw", .hidden = 3}, rich{.rule = "lstm", .features = "rich+raw", .hidden = 3},
    transformer{.rule = "transformer", .features = "log", .hidden = 4, .window = 3, .output_scale = 0.3},
    relative{.rule = "relative"};

BackpropMetaOptions options_for(const RuleOptions& rule) {
  BackpropMetaOptions out;
  out.rule = rule, out.rate = {.learning_rate = rule.rule == "relative" ? 0.1 : 1, .schedule = "linear"};
  return out;
}

}  // namespace

TEST_CASE("the meta-gradient is LibTorch's through one graph, and that of finite differences, for every rule") {
  torch::set_num_threads(1);
  const std::vector<Bowl> bowls{Bowl(1), Bowl(2), Bowl(3)};
  constexpr std::uint64_t steps = 7;
  for (const RuleOptions& rule : {mlp, lstm, raw, rich, transformer, relative})
    for (const char* variant : {"mean", "final", "weighted", "truncated", "first-order", "differences"}) {
      CAPTURE(rule.rule);
      CAPTURE(rule.features);
      CAPTURE(variant);
      BackpropMetaOptions options = options_for(rule);
      const std::string name = variant;
      if (name == "final" || name == "weighted") options.loss = name, options.log_loss = false;
      if (name == "truncated") options.truncation = 3;
      options.first_order = name == "first-order";
      const std::vector<float> weights = weights_of(rule, 5);
      std::vector<DrawnTask> tasks;
      for (const Bowl& bowl : bowls) tasks.push_back({bowl.task(name != "differences"), 0, options.rate});
      std::vector<double> gradient(weights.size());
      const double loss = unrolled_loss(options, weights, tasks, steps, gradient);

      const torch::Tensor leaf = torch::tensor(weights).to(torch::kDouble).requires_grad_(true);
      const torch::Tensor expected = straightforward_loss(options, leaf, bowls, steps);
      CHECK(loss == doctest::Approx(expected.item<double>()).epsilon(1e-5));
      CHECK(loss == unrolled_loss(options, weights, tasks, steps, {}));
      expected.backward();
      const double size = leaf.grad().abs().max().item<double>();
      CHECK(size > 1e-3);
      for (std::size_t k = 0; k < gradient.size(); ++k)
        CHECK(std::abs(gradient[k] - leaf.grad()[static_cast<std::int64_t>(k)].item<double>()) < 1e-5 * size);

      if (options.truncation > 0 || options.first_order) continue;  // not the derivative of anything
      const torch::NoGradGuard no_gradients;
      for (std::size_t k = 0; k < gradient.size(); k += 1 + gradient.size() / 12) {
        torch::Tensor moved = leaf.detach().clone();
        double values[2];
        for (const int side : {0, 1}) {
          moved[static_cast<std::int64_t>(k)] += side == 0 ? 1e-6 : -2e-6;
          values[side] = straightforward_loss(options, moved, bowls, steps).item<double>();
        }
        CHECK(std::abs(gradient[k] - (values[0] - values[1]) / 2e-6) < 1e-5 * size);
      }
    }
}

TEST_CASE("the meta-gradient of the MLP rule on regression tasks is that of the hand-derived unroll") {
  for (const UnrollOptions& unroll : {UnrollOptions::stable(), UnrollOptions{.steps = 6, .output_scale = 0.2}}) {
    BackpropMetaOptions options;
    options.rule = {.rule = "mlp", .output_scale = unroll.output_scale};
    options.loss = "final", options.log_loss = unroll.log_loss, options.step_clip = unroll.gradient_clip;
    std::vector<DrawnTask> tasks;
    RegressionBatch batch(5);
    for (std::size_t b = 0; b < 5; ++b) {
      const RegressionTask task = draw_regression(static_cast<RegressionFamily>(b % 3), b);
      std::vector<double> start(RegressionNetwork::parameters);
      RandomStream stream = make_stream(b, 0, "start");
      RegressionNetwork::sample_start(stream, start);
      for (double& x : start) x = static_cast<double>(static_cast<float>(x));
      batch.set(b, task, start);
      tasks.push_back({{make_regression(task), start, make_regression_judge(task)}, 0, {.learning_rate = 1}});
      CHECK(tasks[b].task.judge->value(start) == tasks[b].task.landscape->validation(start));
    }
    const std::vector<float> weights = weights_of(options.rule, 8);
    std::vector<double> gradient(weights.size()), expected(weights.size());
    const double loss = unrolled_loss(options, weights, tasks, unroll.steps, gradient);
    CHECK(loss == doctest::Approx(MlpUnroll(unroll)(batch, weights, expected, {})).epsilon(1e-4));
    for (std::size_t k = 0; k < expected.size(); ++k)
      CHECK(std::abs(gradient[k] - expected[k]) < 1e-4 * largest(expected));
  }
}

TEST_CASE("second derivatives of networks on minibatches: the meta-gradient is the slope of the meta-loss") {
  for (const std::string landscape : {"mlp", "mixture activation=tanh"}) {
    CAPTURE(landscape);
    BackpropMetaOptions options = options_for(relative);
    options.rate = {.learning_rate = 0.02};
    const TaskDistribution draw(landscape + " minibatch=32");
    const std::vector<DrawnTask> tasks{{draw.draw(1), 1, options.rate}, {draw.draw(2), 2, options.rate}};
    std::vector<float> weights = weights_of(relative, 3);
    std::vector<double> gradient(weights.size());
    unrolled_loss(options, weights, tasks, 5, gradient);
    double square = 0;
    for (const double g : gradient) square += g * g;
    const double size = std::sqrt(square), h = 0.02;
    double values[2];
    for (const int side : {0, 1}) {
      std::vector<float> moved = weights;
      for (std::size_t k = 0; k < moved.size(); ++k)
        moved[k] += static_cast<float>((side == 0 ? h : -h) * gradient[k] / size);
      values[side] = unrolled_loss(options, moved, tasks, 5, {});
    }
    CHECK((values[0] - values[1]) / (2 * h) == doctest::Approx(size).epsilon(0.01));
  }
}

TEST_CASE("the unroll that learns and the walk of the deployed agent take the same path") {
  for (const RuleOptions& rule : {mlp, lstm, rich, transformer, relative})
    for (const char* landscape : {"rastrigin", "sinusoid"}) {
      CAPTURE(rule.rule);
      BackpropMetaOptions options = options_for(rule);
      options.loss = "final", options.log_loss = false;
      const DrawnTask task{TaskDistribution(landscape).draw(4), 0, options.rate};
      const std::vector<float> weights = weights_of(rule, 6);
      std::vector<double> gradient(weights.size());
      for (const std::uint64_t steps : {1, 4, 30}) {
        const double unrolled = unrolled_loss(options, weights, {&task, 1}, steps, gradient);
        const auto env = make_surface_env(task.task.landscape, {.budget = unlimited, .start = task.task.start});
        std::vector<double> end;
        play(*make_learned_optimizer({make_update_rule(rule, weights), task.rate}), *env, 1, steps,
             [&](const Action&, const StepResult& result, const EpisodeInfo&) {
               end.assign(result.observation.pose.begin(), result.observation.pose.end());
             });
        CHECK(task.task.landscape->value(end) == unrolled);
      }
    }
}

TEST_CASE("a learner lowers its meta-loss; resumed, and with other threads, it takes the same steps") {
  BackpropMetaOptions options = options_for(lstm);
  options.batch = 6, options.shortest = 4, options.longest = 12, options.curriculum = 10, options.meta_steps = 60;
  options.rescaling = 2, options.rate_spread = 1.5, options.learning_rate = 0.02, options.weight_decay = 1e-3;
  const TaskDistribution tasks("quadratic, sphere dimension=3");
  const auto draw = [&](std::uint64_t seed) { return tasks.draw(seed); };
  BackpropMetaLearner whole(options, draw, 3), begun(options, draw, 3);
  options.threads = 1;
  BackpropMetaLearner resumed(options, draw, 3), other(options, draw, 4);
  CHECK(whole.horizon(0) < 6);
  std::vector<double> losses;
  for (int k = 0; k < 60; ++k) {
    losses.push_back(whole.step());
    if (k == 29) {
      Checkpoint file;
      for (int j = 0; j < 30; ++j) begun.step();
      begun.save(file);
      resumed.load(file);
    }
  }
  for (int k = 0; k < 30; ++k) resumed.step();
  const auto of = [](const MetaLearner& learner) {
    return std::vector<float>(learner.weights().begin(), learner.weights().end());
  };
  CHECK(of(whole) == of(resumed));
  other.step();
  CHECK(of(whole) != of(other));
  CHECK(resumed.steps_done() == 60);
  CHECK_THROWS_AS(resumed.load({}), std::runtime_error);
  double first = 0, last = 0;
  for (std::size_t k = 0; k < 15; ++k) first += losses[k] / 15, last += losses[45 + k] / 15;
  CHECK(last < first - 0.3);
}

TEST_CASE("a walk that diverges does not reach the gradient, and what cannot be trained is refused in a sentence") {
  BackpropMetaOptions options = options_for(mlp);
  options.rule.output_scale = 100;
  const TaskDistribution draw("sinusoid");
  const std::vector<DrawnTask> tasks{{draw.draw(1), 0, {.learning_rate = 1e308}},
                                     {draw.draw(2), 0, {.learning_rate = 1e-3}}};
  const std::vector<float> weights = weights_of(mlp, 1);
  std::vector<double> gradient(weights.size()), alone(weights.size());
  CHECK(std::isfinite(unrolled_loss(options, weights, tasks, 5, gradient)));
  unrolled_loss(options, weights, std::span(tasks).subspan(1), 5, alone);
  for (std::size_t k = 0; k < alone.size(); ++k) CHECK(gradient[k] == doctest::Approx(alone[k] / 2));

  const auto never = [](std::uint64_t) { return MetaTask{}; };
  options = options_for(mlp), options.shortest = 20, options.longest = 10;
  CHECK_THROWS_WITH_AS(BackpropMetaLearner(options, never, 1), "shortest must not be above longest", UsageError);
  CHECK_THROWS_AS(BackpropMetaLearner(options_for({.rule = "celo2"}), never, 1), UsageError);
  const TaskDistribution below("mccormick");
  options = options_for(mlp), options.shortest = options.longest = 30;
  BackpropMetaLearner learner(
      options, [&](std::uint64_t seed) { return below.draw(seed); }, 1);
  CHECK_THROWS_AS(
      [&] {
        for (int k = 0; k < 20; ++k) learner.step();
      }(),
      std::runtime_error);
}

}  // namespace rover
