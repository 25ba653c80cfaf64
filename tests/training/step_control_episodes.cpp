#include "training/step_control_episodes.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/training/learners.h"

namespace rover {

using testing::small_problem;

TEST_CASE("a test set is the same for everybody and tells the families apart") {
  auto problem = small_problem(5);
  problem.env.families = "quadratic, plateau";  // spaces are no part of a name
  const RecurrentPolicy policy({.hidden = 4}, context_size, 8, 1);
  StepControlEpisodes episodes(problem.env, problem.heading, 21, 7);
  CHECK(episodes.families() == std::vector<std::string>{"quadratic", "plateau"});
  const PolicyScore first = episodes.score(policy), second = episodes.score(policy);
  CHECK(first.mean == second.mean);
  CHECK(first.median == second.median);
  CHECK(first.mean == doctest::Approx((11 * first.family_mean[0] + 10 * first.family_mean[1]) / 21));
  CHECK(first.mean_log10 == doctest::Approx((11 * first.family_log10[0] + 10 * first.family_log10[1]) / 21));
  CHECK(first.objective() == doctest::Approx(std::log10(first.mean) + first.mean_log10 / 4));
}

TEST_CASE("baselines are what tuning on one set gives on the other") {
  const auto problem = small_problem();
  StepControlEpisodes validation(problem.env, problem.heading, 60, 7), test(problem.env, problem.heading, 60, 8);
  const TunedBaselines tuned = tune_baselines(validation, test);
  ConstantActions still = schedule_policy(0, 0);
  const auto constant = [&](StepControlEpisodes& episodes, double factor) {
    return episodes.score_from(still, std::log(factor * tuned.constant_step_size), std::log(tuned.constant_resolution))
        .objective();
  };
  CHECK(constant(test, 1) == tuned.constant.objective());
  for (const double factor : {0.5, 2.0}) CHECK(constant(validation, factor) >= constant(validation, 1));
  const auto schedule = [&](StepControlEpisodes& episodes, double u_step_size, double u_resolution) {
    ConstantActions policy = schedule_policy(static_cast<float>(u_step_size), static_cast<float>(u_resolution));
    return episodes.score_from(policy, std::log(tuned.schedule_step_size), std::log(tuned.schedule_resolution))
        .objective();
  };
  CHECK(schedule(test, tuned.schedule_u_step_size, tuned.schedule_u_resolution) == tuned.schedule.objective());
  const double chosen = schedule(validation, tuned.schedule_u_step_size, tuned.schedule_u_resolution);
  for (const float u : {-0.2f, -0.4f, -0.6f}) {
    CHECK(schedule(validation, u, tuned.schedule_u_resolution) >= chosen);
    CHECK(schedule(validation, tuned.schedule_u_step_size, u) >= chosen);
  }
}

}  // namespace rover
