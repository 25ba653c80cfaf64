#include "training/controller_task.h"

#include <doctest/doctest.h>

#include <cmath>

#include "agents/search/learned_controller.h"
#include "agents/search/search_agent.h"
#include "tests/training/trainer_conformance.h"
#include "training/evolution.h"
#include "training/policy_learner.h"

namespace rover {
namespace {

SearchEnvOptions small_env() {
  SearchEnvOptions env;
  env.pool = 21, env.budget = 100, env.horizon = 30;
  return env;
}

RecurrentPolicy lively(const SearchEnvOptions& env, const std::string& memory) {
  return first_policy(
      {std::make_shared<ControllerTask>(env, 1), {.hidden = 6, .memory = memory, .output_scale = 2}, 3, ""});
}

}  // namespace

TEST_CASE("a controller that starts at u = 0 is the rule, and scores do not depend on threads") {
  const SearchEnvOptions options = small_env();
  const ControllerEpisodes one(options, 70, 11, 1), two(options, 70, 11, 2);
  const auto task = std::make_shared<ControllerTask>(options, 1);
  const RecurrentPolicy still = first_policy({task, {.hidden = 6, .memory = "none", .output_scale = 0}, 3, ""});
  CHECK(one.score(still).evaluations == one.rule().evaluations);
  CHECK(one.random().evaluations == two.random().evaluations);
  CHECK(one.random().evaluations != one.rule().evaluations);
  const RecurrentPolicy other = lively(options, "lstm");
  CHECK(one.score(other).evaluations == two.score(other).evaluations);
  CHECK(one.score(other).evaluations != one.rule().evaluations);
}

TEST_CASE("scores and paired ratios by hand") {
  const ControllerScore a{2, {10, 100, 20, 100}}, b{2, {10, 50, 10, 50}};
  CHECK(a.mean_log(0) == doctest::Approx((std::log(10) + std::log(20)) / 2));
  CHECK(a.mean_log() == doctest::Approx((std::log(10) + std::log(20) + 2 * std::log(100)) / 4));
  CHECK(a.solved(0, 10) == 0.5);
  CHECK(a.solved(1, 99) == 0);
  const RatioInterval half = paired_ratio(b, a, 1, 1);
  CHECK(half.ratio == doctest::Approx(0.5));
  CHECK(half.low == doctest::Approx(0.5));
  CHECK(half.high == doctest::Approx(0.5));
  const RatioInterval mixed = paired_ratio(b, a, 0, 1);
  CHECK(mixed.ratio == doctest::Approx(std::sqrt(0.5)));
  CHECK(mixed.low == doctest::Approx(0.5));
  CHECK(mixed.high == doctest::Approx(1));
}

TEST_CASE("pairs of evolution with episodes of their own: the same bits for any thread count, resumed or not") {
  const auto task = std::make_shared<ControllerTask>(small_env(), 1);
  const PolicyProblem problem{task, {.hidden = 4, .memory = "none", .output_scale = 0}, 3, ""};
  EvolutionOptions options{.generations = 4,
                           .pairs = 4,
                           .episodes = 3,
                           .common = "pair",
                           .evaluate_every = 2,
                           .validation = 14,
                           .threads = 1};
  EvolutionLearner one(problem, options), resumed(problem, options);
  options.threads = 2;
  EvolutionLearner two(problem, options);
  detail::RecordedMetrics one_metrics, two_metrics;
  const auto state = [](const EvolutionLearner& learner) {
    Checkpoint out;
    learner.save(out);
    return out;
  };
  for (int k = 0; k < 2; ++k) one.step(one_metrics), two.step(two_metrics);
  resumed.load(state(one));
  for (int k = 0; k < 2; ++k) one.step(one_metrics), two.step(two_metrics), resumed.step(one_metrics);
  CHECK(state(one) == state(two));
  CHECK(state(one) == state(resumed));
  options.common = "pairs";
  CHECK_THROWS_WITH_AS(EvolutionLearner(problem, options), "unknown common 'pairs'; did you mean 'pair'? (all or pair)",
                       UsageError);
}

TEST_CASE("the deployed controller decides as the policy in the environment does") {
  SearchEnvOptions options = small_env();
  for (const char* memory : {"lstm", "none"}) {
    const auto policy = std::make_shared<RecurrentPolicy>(lively(options, memory));
    Checkpoint file;
    ControllerModel{policy, options.search}.save(file);
    const auto controller = ControllerModel::load(file).controller();
    controller->reset(0);
    const auto env = make_search_env(1, options, Autoreset::disabled, nullptr, 4);
    BatchBuffer buffer(1, SearchController::features);
    env->reset(5, buffer.view());
    RecurrentBatchPolicy player({policy.get()});
    player.reset(std::vector<std::uint64_t>{0});
    for (std::size_t t = 0; t < 12 && !buffer.terminated[0] && !buffer.truncated[0]; ++t) {
      std::vector<float> action(SearchController::decisions), expected(action), decided(action);
      player.act(buffer.observations, action);
      to_decisions(action, expected);
      controller->decide(buffer.observations, decided);
      CHECK(decided == expected);
      env->step(action, buffer.view());
    }
  }
}

TEST_CASE("what is no controller is said") {
  CHECK_THROWS_WITH_AS(ControllerModel::load({}), "the file holds no controller of the search", std::runtime_error);
  Checkpoint other;
  ControllerModel{std::make_shared<RecurrentPolicy>(PolicyOptions{.hidden = 4}, 6, 8, 1), {}}.save(other);
  CHECK_THROWS_WITH_AS(ControllerModel::load(other),
                       "the controller was made for a search with other features or decisions", std::runtime_error);
  CHECK_THROWS_WITH_AS(LearnedController(nullptr), "the policy is none that steers the search", UsageError);
}

}  // namespace rover
