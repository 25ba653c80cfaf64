#include "training/lopt_trainer.h"

#include "tests/training/trainer_conformance.h"

namespace rover {
namespace {

LoptTrainerOptions small() {
  LoptTrainerOptions options;
  options.unroll.meta_steps = 11, options.unroll.tasks = 3, options.unroll.unroll.steps = 4;
  options.meta_steps_per_step = 2, options.test = 20, options.validation = 20, options.validate_every = 2;
  return options;
}

}  // namespace

TEST_CASE("the trainer lopt keeps the contract of trainers") {
  ConformanceOptions walks;
  walks.agent = "lopt";
  check_trainer([] { return std::make_unique<LoptTrainer>(small(), TrainerPlace{3, ""}); }, walks);
}

TEST_CASE("the trainer lopt keeps the contract by evolution, too, and ships what validated best") {
  LoptTrainerOptions options = small();
  options.learner = "evolution", options.rule.rule = "celo2-rates", options.rule.start = "momentum";
  options.evolution.tasks = "mixture inputs=4 hidden=4 samples=60 minibatch=8, sphere";
  options.evolution.meta_steps = 7, options.evolution.pairs = 3, options.evolution.truncation = 4;
  options.evolution.shortest = 4, options.evolution.longest = 12, options.evolution.rate.learning_rate = 0.02;
  options.validation = options.test = 4, options.test_steps = 5, options.validate_every = 1;
  ConformanceOptions walks;
  walks.agent = "lopt";
  check_trainer([&] { return std::make_unique<LoptTrainer>(options, TrainerPlace{3, ""}); }, walks);

  options.rule.rule = "small-fc", options.learner = "unroll";
  CHECK_THROWS_WITH_AS(
      LoptTrainer(options, {1, ""}),
      "learner=unroll trains the rule mlp; for rule=small-fc take learner=backprop or learner=evolution", UsageError);
  options.learner = "backprop", options.rule.rule = "lstm";
  CHECK(lopt_lacks_libtorch({{"learner", "backprop"}}));
  CHECK_THROWS_WITH_AS(LoptTrainer(options, {1, ""}), doctest::Contains("needs LibTorch"), UsageError);
  options.learner = "evolution", options.rule.rule = "small-fc", options.rule.start = "no-such-model";
  CHECK_THROWS_AS(LoptTrainer(options, {1, ""}), UsageError);
}

TEST_CASE("lopt logs its test at the end, and says what it cannot do") {
  LoptTrainer trainer(small(), {1, ""});
  detail::RecordedMetrics metrics;
  CHECK(trainer.steps_total() == 6);
  while (trainer.steps_done() < trainer.steps_total()) trainer.step(metrics);
  const auto logged = [&](const std::string& name) {
    return std::ranges::count_if(metrics.rows, [&](const auto& row) { return row.name == name; });
  };
  CHECK(logged("lopt/loss") == 6);
  CHECK(logged("validation/loss") == 3);
  for (const char* name : {"test/loss", "test/median", "test/untrained", "test/adam"}) CHECK(logged(name) == 1);

  LoptTrainerOptions options = small();
  options.unroll.family = "sinus";
  CHECK_THROWS_AS(LoptTrainer(options, {1, ""}), UsageError);
  options = small(), options.unroll.learning_rate = 1e3, options.unroll.meta_steps = 400;
  options.unroll.start_deviation = 10;
  LoptTrainer wild(options, {1, ""});  // Adam's steps are as long as its rate: weights of 1e5, but numbers
  while (wild.steps_done() < wild.steps_total()) wild.step(metrics);
}

}  // namespace rover
