#include <doctest/doctest.h>

#include <algorithm>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

TEST_CASE("Nelder–Mead, BOBYQA and CMA-ES reach the optimum, and every evaluation is charged") {
  for (const std::string id : {"nelder-mead", "bobyqa", "cma-es"}) {
    CAPTURE(id);
    for (const std::uint64_t seed : {1, 2, 3}) {
      const auto sphere = play_on(bowl(5), id, {}, {3, -2, 1, 2, -3}, 2500, seed);
      CHECK(sphere.info.best_value < 1e-10);
      CHECK(sphere.looks.size() - 1 == 2500);  // one point a look, the last one refused
      CHECK(sphere.info.evaluations == 2500);
      CHECK(play_on(rosenbrock(), id, {}, {-1.2, 1}, 2500, seed).info.best_value < 1e-10);
    }
  }
}

TEST_CASE("restarts find the deeper well; without them an agent stays in the first") {
  for (const std::string id : {"nelder-mead", "bobyqa", "cma-es"}) {
    CAPTURE(id);
    const std::string step = id == "cma-es" ? "sigma0" : "initial_step";
    CHECK(play_on(two_wells(), id, {{step, "0.01"}}, {1, 1}, 3000).info.best_value < -0.3219);
    const auto alone = play_on(two_wells(), id, {{step, "0.01"}, {"restarts", "false"}}, {1, 1}, 3000);
    CHECK(alone.info.best_value == doctest::Approx(-0.180587).epsilon(1e-5));
    CHECK(alone.looks.back().action.query.points == alone.info.best_point);  // done: it stands on the best point
  }
}

TEST_CASE("a generation is an iteration of CMA-ES, and restarts double it") {
  const auto game = play_on(bowl(2), "cma-es", {{"population", "5"}}, {3, -2}, 4000);
  std::vector<std::size_t> generations;
  std::size_t size = 0;
  for (std::size_t t = 1; t + 1 < game.looks.size(); ++t) {
    ++size;
    if (game.looks[t].action.ends_iteration) generations.push_back(std::exchange(size, 0));
  }
  CHECK(generations.front() == 5);
  CHECK(std::ranges::is_sorted(generations));
  CHECK(std::ranges::count(generations, 10u) > 0);
  CHECK(std::ranges::all_of(generations, [](std::size_t n) { return n % 5 == 0 && ((n / 5) & (n / 5 - 1)) == 0; }));
}

TEST_CASE("an optimum on the boundary is reached") {
  const auto slope = std::make_shared<Surface>(cube(2, -4, 4), [](Reals x) { return x[0] + 2 * x[1]; });
  for (const char* id : {"nelder-mead", "bobyqa", "cma-es"})
    CHECK(play_on(slope, id, {}, {3, -2}, 1000).info.best_value == doctest::Approx(-12));
}

TEST_CASE("library agents refuse what they cannot do") {
  CHECK_THROWS_WITH_AS(agents().make("bobyqa", {{"initial_step", "0.6"}}), "the setting initial_step must lie in (0, 0.5]", UsageError);
  CHECK_THROWS_WITH_AS(agents().make("cma-es", {{"population", "4"}}), "the setting population must be 0 or at least 5", UsageError);
  CHECK_THROWS_WITH_AS(play_on(bowl(1), "bobyqa", {}, {3}, 100), "the agent 'bobyqa' needs a landscape of at least 2 dimensions",
                       UsageError);
}
