#include "training/step_control_world.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/training/learners.h"

namespace rover {

using testing::small_problem;

TEST_CASE("an exam is the same for everybody and tells the families apart") {
  auto problem = small_problem(5);
  problem.env.families = "quadratic, plateau";  // spaces are no part of a name
  const RecurrentPolicy policy({.hidden = 4}, context_size, 8, 1);
  PolicyExam exam(problem.env, problem.heading, 21, 7);
  CHECK(exam.families() == std::vector<std::string>{"quadratic", "plateau"});
  const PolicyScore first = exam.score(policy), second = exam.score(policy);
  CHECK(first.mean == second.mean);
  CHECK(first.median == second.median);
  CHECK(first.mean == doctest::Approx((11 * first.family_mean[0] + 10 * first.family_mean[1]) / 21));
  CHECK(first.mean_log10 == doctest::Approx((11 * first.family_log10[0] + 10 * first.family_log10[1]) / 21));
  CHECK(first.objective() == doctest::Approx(std::log10(first.mean) + first.mean_log10 / 4));
}

TEST_CASE("baselines are what tuning on one exam gives on the other") {
  const auto problem = small_problem();
  PolicyExam validation(problem.env, problem.heading, 60, 7), test(problem.env, problem.heading, 60, 8);
  const TunedBaselines tuned = tune_baselines(validation, test);
  SchedulePolicy still(0, 0);
  const auto constant = [&](PolicyExam& exam, double factor) {
    return exam.score_from(still, std::log(factor * tuned.constant_step_size), std::log(tuned.constant_resolution))
        .objective();
  };
  CHECK(constant(test, 1) == tuned.constant.objective());
  for (const double factor : {0.5, 2.0}) CHECK(constant(validation, factor) >= constant(validation, 1));
  const auto schedule = [&](PolicyExam& exam, double u_step_size, double u_resolution) {
    SchedulePolicy policy(static_cast<float>(u_step_size), static_cast<float>(u_resolution));
    return exam.score_from(policy, std::log(tuned.schedule_step_size), std::log(tuned.schedule_resolution)).objective();
  };
  CHECK(schedule(test, tuned.schedule_u_step_size, tuned.schedule_u_resolution) == tuned.schedule.objective());
  const double chosen = schedule(validation, tuned.schedule_u_step_size, tuned.schedule_u_resolution);
  for (const float u : {-0.2f, -0.4f, -0.6f}) {
    CHECK(schedule(validation, u, tuned.schedule_u_resolution) >= chosen);
    CHECK(schedule(validation, tuned.schedule_u_step_size, u) >= chosen);
  }
}

}  // namespace rover
