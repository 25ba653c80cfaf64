#include "env/reward.h"

#include <doctest/doctest.h>

#include "core/settings.h"

using namespace rover;

TEST_CASE("eq. (7) divides by the mean of the last k regrets, the current one included") {
  RegretWindow window(3);
  window.reset(1);
  CHECK(window.push(0.5) == doctest::Approx(-0.5 / 0.75));
  CHECK(window.push(0.3) == doctest::Approx(-0.3 / 0.6));
  CHECK(window.push(0.1) == doctest::Approx(-0.1 / 0.3));  // the start has left the window
  CHECK(window.push(8) >= -3);                             // r ≥ −k, however far the jump
  CHECK(window.push(1e9) >= -3);
  window.reset(2);
  CHECK(window.push(2) == -1);
}

TEST_CASE("regrets at the floor divide cleanly") {
  RegretWindow window;
  window.reset(regret_floor);
  CHECK(window.push(regret_floor) == doctest::Approx(-1));
}

TEST_CASE("rewards are named by the paper's equations") {
  for (const char* text : {"final", "5", "6", "7", "log-regret"}) CHECK(to_text(parse_reward(text)) == text);
  CHECK_THROWS_AS(parse_reward("4"), UsageError);
}

TEST_CASE("the logarithmic reward is a third of the digits gained, within bounds") {
  CHECK(log_regret_reward(1) == 0);
  CHECK(log_regret_reward(1e-6) == doctest::Approx(2));
  CHECK(log_regret_reward(1e-12) == log_regret_reward(1e-8));
  CHECK(log_regret_reward(1e300) == doctest::Approx(-10. / 3));
}
