#include "imitation/torch/rover_trainer.h"

#include <doctest/doctest.h>

#include "agents/rover/rover_agent.h"
#include "tests/storage/scratch.h"
#include "tests/training/trainer_conformance.h"

namespace rover {
namespace {

RoverTrainerOptions tiny(const std::string& network, const std::string& learner) {
  RoverTrainerOptions options;
  options.heading.network = network, options.heading.grid_size = 6, options.heading.hidden = 8;
  options.heading.collection.functions = 60, options.heading.collection.shard = 30;
  options.heading.updates = 20, options.heading.updates_per_step = 10, options.heading.batch_size = 32,
  options.heading.held_out = 4;
  options.env.families = "quadratic,valley", options.env.pool = 20, options.env.horizon = 5, options.env.grid_size = 6;
  options.env.observation = network == "fit-net" ? "features+context" : "context";
  options.policy.hidden = 6;
  options.learner = learner;
  options.ddpg.iterations = 5, options.ddpg.episodes = 8, options.ddpg.updates = 2, options.ddpg.batch = 4,
  options.ddpg.capacity = options.ddpg.in_memory = 20;
  options.ddpg.learning_starts = 8, options.ddpg.critic_hidden = 8, options.ddpg.evaluate_every = 2,
  options.ddpg.validation = 8;
  options.evolution.generations = 5, options.evolution.pairs = 3, options.evolution.episodes = 4,
  options.evolution.evaluate_every = 2;
  options.evolution.validation = 8, options.evolution.threads = 2;
  options.test = 10, options.test_horizon = 4;
  return options;
}

MakeTrainer maker(const RoverTrainerOptions& options, const std::string& folder = "") {
  return [=] { return std::make_unique<RoverTrainer>(options, TrainerPlace{3, folder}); };
}

}  // namespace

TEST_CASE("the Rover's trainer keeps the contract of trainers") {
  ConformanceOptions conformance;
  conformance.agent = "rover";
  for (const char* learner : {"ddpg", "evolution"})
    for (const char* network : {"newton-fit", "fit-net"}) {
      CAPTURE(learner);
      CAPTURE(network);
      const auto make = maker(tiny(network, learner));
      conformance.resume = {0, 1, 3, 4, 5, 8};
      check_trainer(make, conformance);
      const auto trainer = make();
      CHECK(trainer->steps_total() == (std::string(network) == "fit-net" ? 2 + 2 + 5 : 5));
      CHECK(trainer->phase() == (std::string(network) == "fit-net" ? "collect" : "policy"));
    }
}

TEST_CASE("the Rover's trainer ends with a test of its own on every family") {
  const auto trainer = maker(tiny("newton-fit", "evolution"))();
  detail::RecordedMetrics metrics;
  while (trainer->steps_done() < trainer->steps_total()) {
    CHECK(std::ranges::none_of(metrics.rows, [](const auto& row) { return row.name.starts_with("test/"); }));
    trainer->step(metrics);
  }
  std::vector<std::string> tested;
  for (const auto& row : metrics.rows)
    if (row.name.starts_with("test/")) tested.push_back(row.name);
  const std::vector<std::string> expected{"test/mean_regret",          "test/mean_log10",
                                          "test/median_regret",        "test/constant_mean_regret",
                                          "test/constant_mean_log10",  "test/schedule_mean_regret",
                                          "test/schedule_mean_log10",  "test/mean_regret_quadratic",
                                          "test/mean_log10_quadratic", "test/mean_regret_valley",
                                          "test/mean_log10_valley"};
  CHECK(tested == expected);
}

TEST_CASE("a policy that goes on in the deployed walk: the contract of trainers, and a test at its end") {
  RoverTrainerOptions options = tiny("newton-fit", "evolution");
  options.evolution.generations = 2;
  options.walk.pool = 9, options.walk.horizon = 6, options.walk.test = 6;
  options.walk.evolution.generations = 3, options.walk.evolution.pairs = 2, options.walk.evolution.episodes = 2,
  options.walk.evolution.evaluate_every = 2, options.walk.evolution.validation = 6;
  const auto make = maker(options);
  ConformanceOptions conformance;
  conformance.agent = "rover";
  conformance.resume = {1, 2, 3, 4};
  check_trainer(make, conformance);
  const auto trainer = make();
  CHECK(trainer->steps_total() == 5);
  detail::RecordedMetrics metrics;
  trainer->step(metrics), trainer->step(metrics);
  CHECK(trainer->phase() == "walk");
  Checkpoint before, after;
  trainer->save_model(before);
  for (int k = 0; k < 3; ++k) trainer->step(metrics);
  trainer->save_model(after);
  CHECK(!RoverModel::load(before).remembers);
  CHECK(RoverModel::load(after).remembers);
  CHECK(std::ranges::count(metrics.rows, "walk/ratio", &detail::LoggedRow::name) == 1);
  CHECK(std::ranges::count(metrics.rows, "test/mean_regret", &detail::LoggedRow::name) == 1);
}

TEST_CASE("the Rover's trainer says what does not fit before anything is trained") {
  auto options = tiny("fit-net", "ddpg");
  options.env.grid_size = 8;
  CHECK_THROWS_WITH_AS(RoverTrainer(options, {}), "heading.grid_size=6 and env.grid_size=8 must be the same",
                       UsageError);
  options = tiny("fit-net", "ddpgg");
  CHECK_THROWS_WITH_AS(RoverTrainer(options, {}), "unknown learner 'ddpgg'; did you mean 'ddpg'? (ddpg or evolution)",
                       UsageError);
  options = tiny("fit-net", "ddpg"), options.policy.encoder = "conv";
  CHECK_THROWS_AS(RoverTrainer(options, {}), UsageError);  // no grid in the observation
  options = tiny("newton-fit", "ddpg"), options.env.observation = "features";
  CHECK_THROWS_AS(RoverTrainer(options, {}), UsageError);
  options = tiny("newton-fit", "ddpg"), options.test = 0;
  CHECK_THROWS_WITH_AS(RoverTrainer(options, {}), "test=0 is out of range: at least 1, at most 100000", UsageError);
  CHECK_THROWS_WITH_AS(RoverTrainer(tiny("fit-net", "ddpg"), {}).agent(),
                       "the Rover has no policy yet: its heading is still being trained", std::runtime_error);
}

TEST_CASE("a trained heading is taken over with heading.from") {
  const Scratch scratch;
  RoverTrainerOptions options = tiny("fit-net", "evolution");
  HeadingTrainer heading(options.heading, {5, ""});
  detail::RecordedMetrics metrics;
  while (heading.steps_done() < heading.steps_total()) heading.step(metrics);
  Checkpoint model, again, bare;
  heading.save_model(model);
  model.write(scratch / "model.h5");

  options.heading_from = scratch.folder().string();
  RoverTrainer rover(options, {3, ""});
  CHECK(rover.steps_total() == 5);
  CHECK(rover.phase() == "policy");
  rover.step(metrics);
  rover.save_model(again);
  Checkpoint taken = again.group("heading");
  heading.measured().save(taken);  // the angles stay with the heading's own model
  CHECK(taken == model);
  again.write(scratch / "rover.h5");
  options.heading_from = (scratch / "rover.h5").string();  // a Rover's model has a heading, too
  CHECK_NOTHROW(RoverTrainer(options, {3, ""}));

  options.env.grid_size = 7;
  CHECK_THROWS_WITH_AS(RoverTrainer(options, {3, ""}), "the n of heading.from=6 and env.grid_size=7 must be the same",
                       UsageError);
  bare.put_text("other", "thing");
  bare.write(scratch / "bare.h5");
  options.heading_from = (scratch / "bare.h5").string();
  CHECK_THROWS_WITH_AS(RoverTrainer(options, {3, ""}), ("'" + options.heading_from + "' holds no heading").c_str(),
                       std::runtime_error);
  options.heading_from = "nobody";  // no path: a model that ships
  CHECK_THROWS_AS(RoverTrainer(options, {3, ""}), UsageError);
}

}  // namespace rover
