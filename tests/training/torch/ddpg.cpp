#include "training/torch/ddpg.h"

#include <doctest/doctest.h>

#include <cmath>

#include "storage/episodes.h"
#include "tests/training/learners.h"
#include "tests/training/trainer_conformance.h"
#include "training/replay.h"

namespace rover {
namespace {

using testing::small_problem;
using testing::state_of;

DdpgOptions tiny() {
  DdpgOptions options;
  options.iterations = 8, options.episodes = 8, options.updates = 3, options.batch = 4, options.capacity = 20,
  options.learning_starts = 8;
  options.critic_hidden = 8, options.evaluate_every = 2, options.validation = 8, options.in_memory = 20;
  return options;
}

testing::SmallProblem tiny_problem(const std::string& folder = "") {
  auto problem = small_problem(5, 20);
  problem.folder = folder;
  return problem;
}

Checkpoint trained(const PolicyProblem& problem, const DdpgOptions& options, std::uint64_t steps = ~0u) {
  DdpgLearner learner(problem, options);
  detail::RecordedMetrics metrics;
  while (learner.steps_done() < std::min(steps, options.iterations)) learner.step(metrics);
  return state_of(learner);
}

}  // namespace

TEST_CASE("DDPG: same seed, same bits; and a resumed run takes the same steps") {
  DdpgOptions paper = tiny();
  paper.twin = paper.privileged = false, paper.smoothing = paper.logit_penalty = 0, paper.delay = 1;
  auto grids = tiny_problem();
  grids.env.observation = "grid", grids.env.grid_size = 6;
  grids.policy = {.hidden = 6, .encoder = "conv", .channels1 = 2, .channels2 = 3};
  for (const auto& [problem, options] : {std::pair{tiny_problem(), tiny()}, std::pair{grids, paper}}) {
    DdpgLearner whole(problem, options), resumed(problem, options);
    detail::RecordedMetrics metrics, more, resumed_metrics;
    for (int k = 0; k < 4; ++k) whole.step(metrics);
    resumed.step(resumed_metrics);  // what it did before is forgotten
    resumed_metrics.rows.clear();
    resumed.load(state_of(whole));
    CHECK(resumed.steps_done() == 4);
    for (int k = 0; k < 4; ++k) whole.step(more), resumed.step(resumed_metrics);
    CHECK(more.rows == resumed_metrics.rows);
    CHECK(state_of(whole) == state_of(resumed));
    CHECK(state_of(whole) == trained(problem, options));
    CHECK(std::ranges::any_of(metrics.rows,
                              [](const auto& row) { return row.name == "ddpg/critic_loss" && row.value > 0; }));
    auto names = DdpgLearner::metric_names();
    for (const auto& name : StepControlTask::metric_names()) names.push_back(name);
    for (const auto& row : more.rows) CHECK(std::ranges::find(names, row.name) != names.end());
  }
}

TEST_CASE("DDPG: a replay that spills to disk changes no bit") {
  const Scratch scratch;
  DdpgOptions spilling = tiny();
  spilling.in_memory = 5;
  CHECK(trained(tiny_problem(), tiny()) == trained(tiny_problem(scratch.folder().string()), spilling));
  CHECK_THROWS_AS(DdpgLearner(tiny_problem(), spilling), UsageError);  // no folder
}

TEST_CASE("DDPG learns the small problem") {
  const auto problem = small_problem();
  DdpgOptions options;
  options.iterations = 45, options.episodes = 48, options.updates = 16, options.batch = 32,
  options.capacity = options.in_memory = 2048;
  options.learning_starts = 128, options.critic_hidden = 32, options.evaluate_every = 10, options.validation = 100;
  options.critic_learning_rate = options.actor_learning_rate = 5e-3;
  DdpgLearner learner(problem, options);
  const PolicyScore before = testing::test_score(problem, learner.policy());
  detail::RecordedMetrics metrics;
  while (learner.steps_done() < options.iterations) learner.step(metrics);
  const PolicyScore after = testing::test_score(problem, learner.policy());
  CHECK(after.mean < 0.25 * before.mean);  // seeds 1 … 5: 0.41 → 0.008 … 0.034
  CHECK(after.mean_log10 < before.mean_log10 - 1);
}

TEST_CASE("DDPG: weights that burst end the run with a sentence") {
  detail::RecordedMetrics metrics;
  DdpgOptions options = tiny();
  options.critic_learning_rate = 1e30;
  CHECK_THROWS_WITH_AS(trained(tiny_problem(), options),
                       "the loss of the critic is not a number; try a smaller learning rate", std::runtime_error);
  options = tiny(), options.actor_learning_rate = 1e38;
  const std::string error = error_of([&] { trained(tiny_problem(), options); });
  CHECK(error.find("is not a number; try a smaller learning rate") != std::string::npos);
  CHECK_THROWS_AS(trained(tiny_problem(), options), std::runtime_error);
}

TEST_CASE("DDPG refuses what cannot be") {
  DdpgOptions options = tiny();
  options.evaluate_every = 0;
  CHECK_THROWS_WITH_AS(DdpgLearner(tiny_problem(), options),
                       "evaluate_every=0 is out of range: at least 1, at most 1e7", UsageError);
  options = tiny(), options.reward_scale = 0;
  CHECK_THROWS_WITH_AS(DdpgLearner(tiny_problem(), options), "DDPG needs reward_scale > 0", UsageError);
  DdpgLearner learner(tiny_problem(), tiny());
  CHECK_THROWS_AS(learner.load({}), std::runtime_error);
}

TEST_CASE("DDPG leaves its latest episodes in Minari's layout") {
  const Scratch scratch;
  DdpgOptions options = tiny();
  options.export_episodes = 11, options.iterations = 5;  // 40 episodes through a ring of 20
  options.final_rate = 1;                                // the number of iterations changes no step
  const Checkpoint finished = trained(tiny_problem(scratch.folder().string()), options);
  CHECK_FALSE(finished.contains("replay/episodes"));  // a finished training keeps no replay
  options.iterations = 6;
  const Checkpoint state = trained(tiny_problem(), options, 5);
  const Recording recording = read_episodes(scratch / "replay");
  REQUIRE(recording.episodes.size() == 11);
  CHECK(recording.meta.dataset_id == "rover/step-control-v0");
  CHECK(recording.meta.attributes.at("horizon") == "5");
  CHECK(recording.meta.attributes.at("heading") == "newton-fit");
  CHECK(recording.meta.action_space.find("[-0.5, -0.5]") != std::string::npos);

  // Against the ring in the checkpoint: its head is at slot 0 after 40 episodes, so the latest eleven are slots 9 … 19.
  const EpisodeShape shape{5, context_size, 6, 2};
  const auto& ring = state.get<float>("replay/episodes", 20 * shape.size());
  CHECK(state.integer("replay/next") == 0);
  for (std::size_t k = 0; k < 11; ++k) {
    const Episode& episode = recording.episodes[k];
    const EpisodeView<const float> view{std::span(ring).subspan((9 + k) * shape.size(), shape.size()), shape};
    CHECK(std::ranges::equal(episode.observations, view.observations));
    REQUIRE(episode.actions.size() == 10);
    for (std::size_t i = 0; i < 10; ++i) {
      CHECK(episode.actions[i] == rate_of(view.actions[i]));
      CHECK((episode.actions[i] >= -0.5f && episode.actions[i] <= 1));
    }
    for (std::size_t t = 0; t < 5; ++t) {
      CHECK(episode.rewards[t] == view.rewards[t]);
      CHECK(episode.rewards[t] <= 0);
    }
    CHECK(episode.terminations == std::vector<std::uint8_t>(5, 0));
    const std::vector<std::uint8_t> at_the_end{0, 0, 0, 0, 1};
    CHECK(episode.truncations == at_the_end);
    CHECK(episode.seed == derive_seed(4, 29 + k, "episode"));  // of 40 episodes the latest eleven
  }
}

}  // namespace rover
