#include "training/torch/controller_trainer.h"

#include <doctest/doctest.h>

#include "tests/training/trainer_conformance.h"

namespace rover {
namespace {

ControllerTrainerOptions tiny(const std::string& learner) {
  ControllerTrainerOptions options;
  options.env.pool = 14, options.env.budget = 60, options.env.horizon = 10;
  options.policy.hidden = 4;
  options.learner = learner;
  options.ddpg.iterations = 4, options.ddpg.episodes = 6, options.ddpg.updates = 2, options.ddpg.batch = 4;
  options.ddpg.capacity = options.ddpg.in_memory = 16;
  options.ddpg.learning_starts = 6, options.ddpg.critic_hidden = 6, options.ddpg.evaluate_every = 2,
  options.ddpg.validation = 7;
  options.evolution.generations = 4, options.evolution.pairs = 3, options.evolution.episodes = 3,
  options.evolution.evaluate_every = 2;
  options.evolution.validation = 7, options.evolution.threads = 2;
  options.test = 14, options.test_budget = 150;
  return options;
}

MakeTrainer maker(const ControllerTrainerOptions& options) {
  return [=] { return std::make_unique<ControllerTrainer>(options, TrainerPlace{3, ""}); };
}

}  // namespace

TEST_CASE("the controller's trainer keeps the contract of trainers, with episodes that end early") {
  for (const char* learner : {"ddpg", "evolution"}) {
    CAPTURE(learner);
    ConformanceOptions conformance;
    conformance.resume = {0, 2, 3}, conformance.agent = "rover-search";
    check_trainer(maker(tiny(learner)), conformance);
  }
}

TEST_CASE("the controller's trainer ends with a test beside the rule and chance, which its model remembers") {
  ControllerTrainerOptions options = tiny("evolution");
  options.evolution.learning_rate = 0;  // stays the rule
  const auto trainer = maker(options)();
  detail::RecordedMetrics metrics;
  while (trainer->steps_done() < trainer->steps_total()) trainer->step(metrics);
  std::map<std::string, double> last;
  for (const auto& row : metrics.rows) last[row.name] = row.value;
  CHECK(last.at("test/ratio") == 1);
  CHECK(last.at("test/ratio_low") == 1);
  CHECK(last.at("test/ratio_high") == 1);
  CHECK(last.at("test/evaluations") == last.at("test/rule_evaluations"));
  CHECK(last.at("test/random_evaluations") / last.at("test/rule_evaluations") ==
        doctest::Approx(last.at("test/random_ratio")));
  CHECK(last.at("test/solved") >= last.at("test/solved_100"));
  Checkpoint model;
  trainer->save_model(model);
  CHECK(model.number("test/ratio") == 1);
}

TEST_CASE("the controller's trainer refuses what cannot be") {
  CHECK_THROWS_WITH_AS(maker(tiny("evolutio"))(),
                       "unknown learner 'evolutio'; did you mean 'evolution'? (ddpg or evolution)", UsageError);
  auto options = tiny("ddpg");
  options.test = 0;
  CHECK_THROWS_WITH_AS(maker(options)(), "test=0 is out of range: at least 1, at most 100000", UsageError);
  options = tiny("ddpg"), options.test_budget = 59;
  CHECK_THROWS_WITH_AS(maker(options)(), "test_budget must be at least env.budget", UsageError);
  options = tiny("ddpg"), options.policy.encoder = "conv";
  CHECK_THROWS_WITH_AS(maker(options)(), "a controller sees no grid: its policy.encoder must be dense or linear",
                       UsageError);
  options = tiny("ddpg"), options.policy.memory = "lst";
  CHECK_THROWS_WITH_AS(maker(options)(), "unknown policy.memory 'lst'; did you mean 'lstm'? (lstm or none)",
                       UsageError);
}

}  // namespace rover
