#include "training/torch/ddpg_trainer.h"

#include <doctest/doctest.h>

#include "storage/episodes.h"
#include "tests/training/reacher.h"
#include "tests/training/trainer_conformance.h"

namespace rover {
namespace {

DdpgTrainerOptions small() {
  testing::register_reacher();
  DdpgTrainerOptions options;
  options.env = "Test/Reacher-v0", options.test = 20;
  options.policy = {.hidden = 6};
  options.ddpg = {.iterations = 6,
                  .episodes = 8,
                  .updates = 3,
                  .batch = 4,
                  .capacity = 20,
                  .in_memory = 20,
                  .learning_starts = 8,
                  .reward_scale = 0,
                  .critic_hidden = 8,
                  .evaluate_every = 2,
                  .validation = 8};
  return options;
}

}  // namespace

TEST_CASE("the trainer ddpg keeps the contract of trainers") {
  DdpgTrainerOptions options = small();
  check_trainer([=] { return std::make_unique<DdpgTrainer>(options, TrainerPlace{3, ""}); });
  options.env = "Rover/StepControl-v0";  // which shows its critics hidden state
  options.env_settings = {{"pool", "12"}, {"horizon", "4"}, {"observation", "context"}};
  check_trainer([=] { return std::make_unique<DdpgTrainer>(options, TrainerPlace{3, ""}); });
}

TEST_CASE("ddpg learns an environment with a scale of its own") {
  DdpgTrainerOptions options = small();
  options.policy = {.hidden = 16, .memory = "none"};
  options.ddpg = {.iterations = 60,
                  .episodes = 16,
                  .updates = 16,
                  .batch = 32,
                  .capacity = 512,
                  .in_memory = 512,
                  .learning_starts = 64,
                  .critic_learning_rate = 5e-3,
                  .actor_learning_rate = 5e-3,
                  .reward_scale = 0,
                  .critic_hidden = 32,
                  .evaluate_every = 10,
                  .validation = 50};
  DdpgTrainer trainer(options, {1, ""});
  detail::RecordedMetrics metrics;
  while (trainer.steps_done() < trainer.steps_total()) trainer.step(metrics);
  std::map<std::string, double> last;
  for (const auto& row : metrics.rows) last[row.name] = row.value;
  CAPTURE(last["test/return_learned"]);
  CAPTURE(last["test/return_random_actions"]);
  CHECK(last["test/return_learned"] > 0.7 * last["test/return_zero_actions"]);
  CHECK(last["test/return_learned"] > 0.7 * last["test/return_random_actions"]);
}

TEST_CASE("exported episodes are in the environment's own numbers") {
  const Scratch scratch;
  DdpgTrainerOptions options = small();
  options.ddpg.export_episodes = 5;
  DdpgTrainer trainer(options, {3, scratch.folder().string()});
  detail::RecordedMetrics metrics;
  while (trainer.steps_done() < trainer.steps_total()) trainer.step(metrics);
  const Recording recording = read_episodes(scratch / "replay");
  REQUIRE(recording.episodes.size() == 5);
  CHECK(recording.meta.action_space.find("[-100.0]") != std::string::npos);
  for (const Episode& episode : recording.episodes) {
    // The recorded actions lead from one recorded observation to the next, from where the seed says.
    const auto env = make("Test/Reacher-v0");
    BatchBuffer batch(1, 1);
    env->reset(std::vector<std::uint64_t>{episode.seed}, {}, batch.view());
    CHECK(episode.observations[0] == doctest::Approx(batch.observations[0]).epsilon(1e-4));
    for (std::size_t t = 0; t < episode.actions.size(); ++t)
      CHECK(episode.observations[t + 1] ==
            doctest::Approx(episode.observations[t] + episode.actions[t]).epsilon(1e-3).scale(100));
  }
}

}  // namespace rover
