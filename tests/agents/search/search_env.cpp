#include "agents/search/search_env.h"

#include <doctest/doctest.h>

#include <cmath>

#include "env/check_env.h"
#include "env/landscapes/extended.h"
#include "env/targets.h"

namespace rover {
namespace {

SearchEnvOptions small_env() {
  SearchEnvOptions options;
  options.pool = 14, options.budget = 120, options.horizon = 40;
  return options;
}

std::shared_ptr<const InstancePool> small_pool() {
  static const auto pool = std::make_shared<const InstancePool>(make_extended_pool(14, 5));
  return pool;
}

}  // namespace

TEST_CASE("the per-evaluation environment keeps the contract, in every autoreset mode") {
  for (const Autoreset mode : {Autoreset::next_step, Autoreset::same_step, Autoreset::disabled})
    for (const std::size_t size : {1, 5}) {
      const auto env = make_search_env(size, small_env(), mode, small_pool());
      for (const auto& sentence : check_env(*env, 3)) FAIL_CHECK(sentence);
    }
  const auto made = make_vec("Rover/PerEvaluation-v0", 3, {{"pool", "7"}, {"budget", "60"}});
  CHECK(made->size() == 3);
  CHECK(made->observation_space().size() == SearchController::features);
  CHECK(made->action_space().size() == SearchController::decisions);
  CHECK(made->privileged_size() == 7 + 3);
}

TEST_CASE("rewards add up to the mean logarithm of the evaluations that the targets took") {
  const SearchEnvOptions options = small_env();
  const std::size_t size = 14;
  const auto env = make_search_env(size, options, Autoreset::disabled, small_pool());
  std::vector<std::size_t> instances(size);
  std::vector<std::uint64_t> seeds(size);
  for (std::size_t k = 0; k < size; ++k) instances[k] = k, seeds[k] = 100 + k;
  BatchBuffer buffer(size, SearchController::features);
  env->reset_from(seeds, instances, buffer.view());
  std::vector<double> first(env->info("evaluations").begin(), env->info("evaluations").end()), returns(size);
  std::vector<double> reached(size * 4);
  for (std::size_t q = 0; q < 4; ++q)
    for (std::size_t b = 0; b < size; ++b) reached[4 * b + q] = env->info("reached_" + std::to_string(q + 1))[b];
  std::vector<bool> before(4 * size);
  for (std::size_t k = 0; k < before.size(); ++k) before[k] = !std::isnan(reached[k]);
  RandomStream random{3, 0};
  std::vector<float> actions(size * SearchController::decisions);
  for (std::size_t t = 0; t < options.horizon; ++t) {
    for (float& a : actions) a = static_cast<float>(random.uniform(-0.3, 0.3));
    env->step(actions, buffer.view());
    for (std::size_t b = 0; b < size; ++b) returns[b] += buffer.rewards[b];
  }
  std::size_t terminated = 0, truncated = 0;
  for (std::size_t b = 0; b < size; ++b) {
    CAPTURE(b);
    CHECK(buffer.terminated[b] + buffer.truncated[b] == 1);
    terminated += buffer.terminated[b], truncated += buffer.truncated[b];
    double expected = 0, last = 0;
    for (std::size_t q = 0; q < 4; ++q) {
      const double n = env->info("reached_" + std::to_string(q + 1))[b];
      CHECK(n >= last);
      CHECK(n <= 120);
      if (!before[4 * b + q]) expected -= (std::log(n) - std::log(first[b])) / 4;
      last = n;
    }
    CHECK(returns[b] == doctest::Approx(expected).epsilon(1e-5));
    if (buffer.terminated[b]) CHECK(env->info("regret")[b] <= 1e-5);
    CHECK(env->info("evaluations")[b] <= 120);
  }
  CHECK(terminated > 0);
  CHECK(truncated > 0);
  // An ended row rests.
  const auto resting = buffer.observations;
  env->step(actions, buffer.view());
  CHECK(buffer.observations == resting);
  for (std::size_t b = 0; b < size; ++b) {
    CHECK(buffer.rewards[b] == 0);
    CHECK(buffer.terminated[b] + buffer.truncated[b] == 1);
  }
}

TEST_CASE("action 0 is the rule of the search, driven by hand") {
  const SearchEnvOptions options = small_env();
  const auto env = make_search_env(1, options, Autoreset::disabled, small_pool());
  const auto& instance = env->pool().instances[2];
  const std::size_t chosen[] = {2};
  const std::uint64_t seed[] = {9};
  BatchBuffer buffer(1, SearchController::features);
  env->reset_from(seed, chosen, buffer.view());
  const std::vector<float> rule(SearchController::decisions);
  std::size_t steps = 0;
  for (; !buffer.terminated[0] && !buffer.truncated[0]; ++steps) env->step(rule, buffer.view());

  PlaneSearch search(options.search, options.budget);
  search.reset(9);
  const Box& box = instance.landscape->domain();
  double start[2];
  for (std::size_t i = 0; i < 2; ++i) start[i] = (instance.start[i] - box.low[i]) / (box.high[i] - box.low[i]);
  search.know(start, instance.start_value);
  std::size_t decisions = 0;
  const double target = instance.optimum_value + 1e-5 * (instance.start_value - instance.optimum_value);
  while (search.best_value() > target && search.evaluations() < options.budget) {
    if (search.needs_decision()) {
      search.decide(), ++decisions;
      continue;
    }
    const auto asked = search.ask();
    std::vector<double> values;
    for (std::size_t k = 0; k < asked.size() / 2 && search.evaluations() + k < options.budget; ++k) {
      const double point[] = {box.low[0] + (box.high[0] - box.low[0]) * asked[2 * k],
                              box.low[1] + (box.high[1] - box.low[1]) * asked[2 * k + 1]};
      values.push_back(instance.landscape->value(point));
    }
    search.tell(values);
  }
  CHECK(env->info("value")[0] == search.best_value());
  CHECK(env->info("evaluations")[0] == static_cast<double>(search.evaluations()));
  CHECK(steps == decisions);
}

TEST_CASE("what a learner has to move reaches decisions by their gains") {
  float action[SearchController::decisions] = {}, u[SearchController::decisions], back[SearchController::decisions];
  action[SearchDecision::look] = 0.34f, action[SearchDecision::restart] = -0.1f,
  action[SearchDecision::downhill] = 0.5f;
  to_decisions(action, u);
  CHECK(u[SearchDecision::look] == doctest::Approx(0.85));
  CHECK(u[SearchDecision::restart] == doctest::Approx(-0.3));
  CHECK(u[SearchDecision::downhill] == doctest::Approx(0.15));
  to_action(u, back);
  for (std::size_t k = 0; k < SearchController::decisions; ++k) CHECK(back[k] == doctest::Approx(action[k]));
  action[SearchDecision::second_try] = -1;
  to_decisions(action, u);
  CHECK(u[SearchDecision::second_try] == -1);
}

TEST_CASE("the per-evaluation environment refuses what cannot be") {
  SearchEnvOptions options = small_env();
  options.targets = "1e-3,1e-1";
  CHECK_THROWS_WITH_AS(make_search_env(1, options, Autoreset::disabled, small_pool()),
                       "targets must be falling numbers between 0 and 1, not '1e-3,1e-1'", UsageError);
  options.targets = "";
  CHECK_THROWS_WITH_AS(parse_targets(options.targets), "targets must name at least one normalised regret", UsageError);
  options = small_env(), options.budget = 9, options.search.first_look = 3;
  CHECK_THROWS_WITH_AS(make_search_env(1, options, Autoreset::disabled, small_pool()),
                       "the setting budget must be greater than the 10 evaluations of the first look", UsageError);
  CHECK_THROWS_WITH_AS(make_search_env(0, small_env(), Autoreset::disabled, small_pool()),
                       "an environment needs at least one copy of itself: size ≥ 1", UsageError);
  CHECK(small_env().main_target() == 2);
}

}  // namespace rover
