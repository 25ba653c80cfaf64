#include "env/targets.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/settings.h"

namespace rover {

TEST_CASE("targets are falling numbers between 0 and 1") {
  CHECK(parse_targets("1e-1, 0.001") == std::vector<double>{0.1, 0.001});
  CHECK_THROWS_WITH_AS(parse_targets("1e-3,1e-1"), "targets must be falling numbers between 0 and 1, not '1e-3,1e-1'",
                       UsageError);
  CHECK_THROWS_AS(parse_targets("1"), UsageError);
  CHECK_THROWS_WITH_AS(parse_targets(""), "targets must name at least one normalised regret", UsageError);
}

TEST_CASE("an episode's return is minus the mean logarithm of the clock at each target") {
  TargetClock clock;
  clock.begin({0.5, 0.1, 0.01}, -2, 10);  // thresholds 3, −1, −1.9
  clock.see(4, 1);
  CHECK(clock.reached_count() == 0);
  double sum = 0;
  const auto at = [&](double value, double before, double now) {
    const std::size_t open = clock.reached_count();
    clock.see(value, now);
    sum += clock.reward(open, before, now);
  };
  at(4, 1, 2);
  at(-1, 2, 4);  // two targets at once, the second met exactly
  CHECK(clock.reached_count() == 2);
  CHECK(clock.reached()[0] == 4);
  CHECK(std::isnan(clock.reached()[2]));
  at(5, 4, 7);
  CHECK(!clock.all());
  SUBCASE("the last one, too") {
    at(-2, 7, 8);
    CHECK(clock.all());
    CHECK(sum == doctest::Approx(-(2 * std::log(4.0) + std::log(8.0)) / 3));
  }
  SUBCASE("what lies open at the end counts as the caller says") {
    const std::size_t open = clock.reached_count();
    clock.close(30);
    sum += clock.reward(open, 7, 8);
    CHECK(clock.reached()[2] == 30);
    CHECK(sum == doctest::Approx(-(2 * std::log(4.0) + std::log(30.0)) / 3));
  }
}

}  // namespace rover
