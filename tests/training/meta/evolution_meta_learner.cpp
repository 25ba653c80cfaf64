#include "training/meta/evolution_meta_learner.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace rover {
namespace {

EvolutionMetaOptions small(const std::string& rule) {
  EvolutionMetaOptions options;
  options.rule = {.rule = rule, .output_scale = 0.1};
  options.tasks = "sphere, mlp minibatch=8";
  options.rate = {.learning_rate = 0.01, .schedule = "linear"};
  options.meta_steps = 6, options.pairs = 3, options.truncation = 4, options.shortest = 4, options.longest = 12;
  options.loss_every = 2, options.rescaling = 10, options.rate_spread = 2;
  return options;
}

std::vector<float> weights_of(const MetaLearner& learner) {
  return {learner.weights().begin(), learner.weights().end()};
}

}  // namespace

TEST_CASE("a resumed learner takes the same steps, for any number of threads, persistent or not") {
  for (const bool persistent : {true, false}) {
    EvolutionMetaOptions options = small("celo2");
    options.persistent = persistent;
    EvolutionMetaLearner whole(options, 3), begun(options, 3);
    options.threads = 1;
    EvolutionMetaLearner resumed(options, 3), other(options, 4);
    for (int k = 0; k < 3; ++k) begun.step();
    Checkpoint file;
    begun.save(file);
    resumed.load(file);
    for (int k = 0; k < 6; ++k) whole.step(), other.step();
    double last = 0;
    for (int k = 0; k < 3; ++k) last = resumed.step();
    CHECK(std::isfinite(last));
    CHECK(weights_of(whole) == weights_of(resumed));
    CHECK(weights_of(whole) != weights_of(other));
    CHECK(resumed.steps_done() == 6);
    CHECK_THROWS_AS(resumed.load({}), std::runtime_error);
  }
}

TEST_CASE(
    "without perturbations that reach back, ES is the difference along ε; PES agrees with differences of the whole "
    "walk") {
  // The rule mlp on the sphere, two windows of five steps. Its weights stay where they are.
  EvolutionMetaOptions options;
  options.rule = {.rule = "mlp", .output_scale = 0.05};
  options.tasks = "sphere";
  options.truncation = 5, options.shortest = options.longest = 10, options.loss_every = 5;
  options.pairs = 1500, options.sigma = 0.02, options.learning_rate = 1e-12, options.meta_steps = 100;
  EvolutionMetaLearner learner(options, 1);
  const std::size_t size = learner.weights().size();
  std::vector<double> mean(size);
  constexpr int steps = 12;
  for (int k = 0; k < steps; ++k) {
    learner.step();
    for (std::size_t i = 0; i < size; ++i) mean[i] += learner.gradient()[i] / steps;
  }
  // The same by definition: the mean loss of a window, differentiated through all steps since the task began.
  const TaskDistribution tasks(options.tasks);
  const auto loss_of = [&](std::span<const float> weights) {
    double sum = 0;
    constexpr int count = 300;
    for (int k = 0; k < count; ++k) {
      const MetaTask task = tasks.draw(derive_seed(77, static_cast<std::uint64_t>(k), "task"));
      const Problem problem{.dimension = task.start.size(), .domain = &task.landscape->domain()};
      RuleWalk walk({make_update_rule(options.rule, weights)}, problem);
      std::vector<double> x = task.start, g(x.size()), move(x.size());
      const double first = task.landscape->value(x);
      for (int t = 1; t <= 10; ++t) {
        task.landscape->gradients(x, g, nullptr);
        walk.next(x, g, move);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] += move[i];
        if (t % 5 == 0) sum += bounded_log_loss(task.landscape->value(x), first) / (2 * count);
      }
    }
    return sum;
  };
  double dot = 0, a = 0, b = 0;
  for (std::size_t i = 0; i < size; ++i) {
    std::vector<float> plus = weights_of(learner), minus = plus;
    plus[i] += 0.01f, minus[i] -= 0.01f;
    const double slope = (loss_of(plus) - loss_of(minus)) / 0.02;
    dot += slope * mean[i], a += slope * slope, b += mean[i] * mean[i];
  }
  CHECK(a > 0);
  CHECK(dot / std::sqrt(a * b) > 0.9);
  CHECK(std::sqrt(b / a) == doctest::Approx(1).epsilon(0.25));
}

TEST_CASE("not persistent, a walk is whole, and by loss_every=0 its last loss alone counts") {
  EvolutionMetaOptions options;
  options.rule = {.rule = "mlp", .output_scale = 0.05};
  options.tasks = "sphere", options.persistent = false, options.truncation = 2, options.shortest = options.longest = 7;
  options.loss_every = 0, options.pairs = 1, options.sigma = 1e-9;
  EvolutionMetaLearner learner(options, 5);
  const auto rule = make_update_rule(options.rule, learner.weights());
  const MetaTask task = TaskDistribution(options.tasks).draw(derive_seed(5, 0, "meta-task"));
  RuleWalk walk({rule}, {.dimension = task.start.size(), .domain = &task.landscape->domain()});
  std::vector<double> x = task.start, g(x.size()), move(x.size());
  for (int t = 0; t < 7; ++t) {
    task.landscape->gradients(x, g, nullptr);
    walk.next(x, g, move);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] += move[i];
  }
  const double expected = bounded_log_loss(task.landscape->value(x), task.landscape->value(task.start));
  CHECK(learner.step() == doctest::Approx(expected).epsilon(1e-4));
}

TEST_CASE("losses count relative to the first, and bounded") {
  CHECK(bounded_log_loss(2, 2) == doctest::Approx(0));
  CHECK(bounded_log_loss(0, 2) == doctest::Approx(std::log(0.04 / 2.04)));
  CHECK(bounded_log_loss(1, 2) == doctest::Approx(std::log(1.04 / 2.04)));
  CHECK(bounded_log_loss(1, 2, 0.5) == doctest::Approx(std::log(2.0 / 3)));
  const double worst = std::log(3.04 / 2.04);
  for (const double loss :
       {3.0, 1e30, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()})
    CHECK(bounded_log_loss(loss, 2) == doctest::Approx(worst));
}

TEST_CASE("what cannot be trained on is refused in a sentence") {
  EvolutionMetaOptions options = small("celo2");
  options.shortest = 20;
  CHECK_THROWS_WITH_AS(EvolutionMetaLearner(options, 1), "shortest must not be above longest", UsageError);
  options = small("celo3");
  CHECK_THROWS_AS(EvolutionMetaLearner(options, 1), UsageError);
  options = small("celo2"), options.tasks = "mccormick";  // below 0
  EvolutionMetaLearner learner(options, 1);
  CHECK_THROWS_AS(
      [&] {
        for (int k = 0; k < 6; ++k) learner.step();
      }(),
      std::runtime_error);
}

}  // namespace rover
