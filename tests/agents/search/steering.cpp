#include <doctest/doctest.h>

#include <cmath>

#include "agents/search/learned_steering.h"
#include "agents/search/search_agent.h"
#include "agents/search/steering_env.h"
#include "agents/trials.h"
#include "env/check_env.h"
#include "env/landscapes/varied.h"
#include "tests/agents/search/steering_policy.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

SteeringEnvOptions small_env() {
  SteeringEnvOptions options;
  options.pool = 9, options.budget = 60, options.dimensions = "2,4";
  return options;
}

/// mean ln(evaluations to the 50 targets), those not reached at the budget
double mean_log(const TrialCurve& curve, const Trial& trial, std::uint64_t budget) {
  double sum = 0;
  std::size_t at = 0;
  for (int i = 1; i <= 50; ++i) {
    const double target = trial.optimum_value + std::pow(10, -8.0 * i / 50) * (trial.start_value - trial.optimum_value);
    while (at < curve.best_value.size() && !(curve.best_value[at] <= target)) ++at;
    sum += std::log(static_cast<double>(at < curve.best_value.size() ? curve.evaluations[at] : budget)) / 50;
  }
  return sum;
}

}  // namespace

TEST_CASE("Rover/Search-v0 keeps the contract, in every autoreset mode") {
  for (const Autoreset mode : {Autoreset::next_step, Autoreset::same_step, Autoreset::disabled})
    for (const std::size_t size : {1, 5}) {
      const auto env = make_steering_env(size, small_env(), mode);
      for (const auto& sentence : check_env(*env, 3)) FAIL_CHECK(sentence);
    }
  const auto made = make_vec("Rover/Search-v0", 3, {{"pool", "9"}, {"families", "-bowl,-bent"}});
  CHECK(made->observation_space().size() == SearchSteering::features);
  CHECK(made->action_space().size() == SearchSteering::decisions);
  CHECK(made->privileged_size() == 7 + 3);
  for (const auto& [key, value] : Settings{{"families", "bowls"}, {"dimensions", "0"}, {"dimensions", ""}})
    CHECK_THROWS_AS(make_vec("Rover/Search-v0", 1, {{key, value}}), UsageError);
  std::string all;
  for (const auto& family : varied_families()) all += (all.empty() ? "-" : ",-") + family;
  CHECK_THROWS_WITH_AS(parse_families(all), "the setting families leaves none", UsageError);
}

TEST_CASE("without steering an episode is the rule's search, and rewards add up to the evaluations that it took") {
  const SteeringEnvOptions options = small_env();
  const std::size_t size = 18;
  const auto env = make_steering_env(size, options, Autoreset::disabled);
  REQUIRE(env->pool().instances.size() == size);
  std::vector<std::size_t> instances(size);
  std::vector<std::uint64_t> seeds(size);
  for (std::size_t k = 0; k < size; ++k) instances[k] = k, seeds[k] = 40 + k;
  BatchBuffer buffer(size, SearchSteering::features);
  const std::vector<float> zeros(size * SearchSteering::decisions);
  env->reset_from(seeds, instances, buffer.view());
  const auto copy = [&](const char* key) {
    const auto info = env->info(key);
    return std::vector<double>(info.begin(), info.end());
  };
  const auto first = copy("evaluations"), before = copy("log_evaluations"), regret = copy("regret");
  std::vector<double> returns(size);
  for (std::size_t t = 0; t < options.horizon; ++t) {
    env->step(zeros, buffer.view());
    for (std::size_t b = 0; b < size; ++b) returns[b] += buffer.rewards[b];
    for (const float x : buffer.observations) REQUIRE(std::abs(x) <= 4);
  }
  const auto after = copy("log_evaluations");
  const auto agent = agents().make("rover-search", {});
  for (std::size_t b = 0; b < size; ++b) {
    CAPTURE(b);
    const Trial& trial = env->pool().instances[b];
    const std::uint64_t budget = options.budget * trial.start.size();
    const TrialCurve curve = play_trial(*agent, trial, {.evaluations = budget, .clamp = true}, seeds[b], {});
    CHECK(after[b] == doctest::Approx(mean_log(curve, trial, budget)));
    double open = 0;
    for (int i = 1; i <= 50; ++i) open += std::pow(10, -8.0 * i / 50) < regret[b];
    CHECK(after[b] ==
          doctest::Approx(before[b] - open / 50 * std::log(static_cast<double>(budget) / first[b]) - returns[b]));
  }
}

TEST_CASE("a policy steers the search: one that decides nothing is the rule, one that does is not") {
  const InstancePool pool = make_varied_pool(varied_families(), 3, 9, 5);
  const Scratch scratch;
  const auto save = [&](double output_scale, const std::string& name) {
    Checkpoint out;
    test::steering_policy(output_scale, {{"budget", "300"}, {"search.sweeps", "false"}}).save(out);
    out.write(scratch / name, CheckpointKind::model);
  };
  save(0, "idle.h5"), save(100, "busy.h5");
  const auto total = [&](const Settings& settings) {
    const auto agent = agents().make("rover-search", settings);
    double sum = 0;
    for (std::uint64_t k = 0; k < 9; ++k)
      sum += mean_log(play_trial(*agent, pool.instances[k], {.evaluations = 900, .clamp = true}, k, {}),
                      pool.instances[k], 900);
    return sum;
  };
  const double rule = total({{"sweeps", "false"}});
  CHECK(total({{"from", (scratch / "idle.h5").string()}}) == rule);
  CHECK(total({{"from", (scratch / "busy.h5").string()}}) != rule);
  CHECK(total({{"from", (scratch / "busy.h5").string()}, {"control", "rule"}}) == rule);
  CHECK(total({{"control", "random"}, {"sweeps", "false"}}) != rule);
  CHECK_THROWS_AS(agents().make("rover-search", {{"control", "learned"}}), UsageError);
}

}  // namespace rover
