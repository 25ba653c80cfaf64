#include "agents/classical/tuning.h"

#include <doctest/doctest.h>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

TEST_CASE("tuning finds the step size that contracts a quadratic most") {
  // |1 − 2η| is least at η = 0.3 on the grid 0.1, 0.3, 1: 0.4 a step, 0.16 in regret
  const auto tuned = tune("gd", bowl(2), {{3, -2}, {1, 1}}, 44, false);
  CHECK(tuned.settings == Settings{{"learning_rate", "0.3"}});
  CHECK(tuned.candidates == 13);
  CHECK(tuned.score == doctest::Approx(10 * std::log10(0.16)));  // 44 evaluations: the first gradient and ten more
}

TEST_CASE("regrets are floored and equals go to the first") {
  const auto tuned = tune("newton", bowl(2), {{3, -2}}, 1000, false);
  CHECK(tuned.score == -12);
  CHECK(tuned.settings.at("damping") == "0");
}

TEST_CASE("what diverges is worst, and what the caller set stays") {
  // nan beyond 3.5: the large steps from −1 fall into it
  const auto cliff = surface_of(
      cube(1, -4, 4), [](Reals x) { return x[0] > 3.5 ? std::nan("") : x[0] * x[0]; },
      [](Reals x, MutReals g) { g[0] = 2 * x[0]; });
  const auto tuned = tune("gd", cliff, {{-1}}, 60, false);
  CHECK(std::isfinite(tuned.score));
  CHECK(tuned.settings.at("learning_rate") == "0.3");
  const auto fallen = tune("gd", cliff, {{-1}}, 60, false, {{"learning_rate", "10"}});
  CHECK(fallen.settings == Settings{{"learning_rate", "10"}});
  const auto momentum = tune("momentum", bowl(2), {{3, -2}}, 200, false, {{"momentum", "0.5"}});
  CHECK(momentum.settings.at("momentum") == "0.5");
  CHECK(momentum.candidates == 13);
}

TEST_CASE("a surface without a known optimum is measured against the best candidate") {
  const auto tuned = tune("nelder-mead", two_wells(), {{1, 1}, {1.5, -1}}, 150, false);
  CHECK(tuned.score < 0);
  CHECK(tuned.score >= -12);
  CHECK(tune("nelder-mead", two_wells(), {{1, 1}, {1.5, -1}}, 150, false).settings == tuned.settings);
}

TEST_CASE("tuning says what it cannot do") {
  CHECK(tune("random", bowl(2), {{3, -2}}, 100, false).candidates == 1);
  CHECK_THROWS_AS(tune("gd", bowl(2), {}, 100, false), std::invalid_argument);
  CHECK_THROWS_WITH_AS(tune("gdd", bowl(2), {{3, -2}}, 100, false),
                       "unknown agent 'gdd'; did you mean 'gd'? (rover list agents)", UsageError);
  CHECK_THROWS_AS(tune("gd", two_wells(), {{3, -2}}, 100, false), UsageError);  // no gradient
}

TEST_CASE("every grid holds values that its agent takes") {
  std::size_t tuned = 0;
  for (const auto& id : agents().ids()) {
    const TuningGrid grid = tuning_grid(id);
    tuned += !grid.empty();
    for (const auto& [key, values] : grid)
      for (const auto& value : values) CHECK_NOTHROW(agents().make(id, {{key, value}}));
  }
  CHECK(tuned == 10);
}
