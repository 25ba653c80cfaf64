#include "agents/schedule.h"

#include <doctest/doctest.h>

#include <cmath>

namespace rover {

TEST_CASE("learning rates fall over the steps that the iterations or the budget allow") {
  Problem problem{.dimension = 3, .budget = 66, .iterations = 20};
  CHECK(gradient_steps(problem) == 10);  // eleven looks of six evaluations
  const Schedule constant({0.5, "constant"}, problem), linear({0.5, "linear"}, problem),
      cosine({0.5, "cosine"}, problem);
  for (const std::uint64_t t : {0, 3, 10}) CHECK(constant.at(t) == 0.5);
  CHECK(linear.at(0) == 0.5);
  CHECK(linear.at(4) == doctest::Approx(0.3));
  CHECK(linear.at(10) == 0);
  CHECK(linear.at(11) == 0);
  CHECK(cosine.at(5) == doctest::Approx(0.25));
  CHECK(cosine.at(2) == doctest::Approx(0.25 * (1 + std::cos(0.2 * 3.14159265358979))));

  problem.budget = std::uint64_t{1} << 62;
  CHECK(gradient_steps(problem) == 20);
  problem.iterations = 0;
  CHECK(gradient_steps(problem) == 0);
  CHECK(Schedule({0.5, "constant"}, problem).at(7) == 0.5);
  CHECK_THROWS_WITH_AS(Schedule({0.5, "cosine"}, problem),
                       "schedule=cosine needs to know how many iterations the run has, or its budget", UsageError);
}

}  // namespace rover
