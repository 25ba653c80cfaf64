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
    CHECK(alone.looks.back().action.stop);
  }
}

TEST_CASE(
    "differential evolution and particle swarms reach the optimum, a generation is an iteration, and every evaluation "
    "is charged") {
  for (const std::string id : {"differential-evolution", "particle-swarm"}) {
    CAPTURE(id);
    const std::uint64_t budget = id == "particle-swarm" ? 20000 : 6000;
    for (const std::uint64_t seed : {1, 2, 3}) {
      CHECK(play_on(bowl(5), id, {{"population", "20"}}, {3, -2, 1, 2, -3}, 4000, seed).info.best_value < 1e-6);
      CHECK(play_on(rosenbrock(), id, {{"population", "20"}}, {-1.2, 1}, budget, seed).info.best_value < 1e-10);
    }
    const auto game = play_on(bowl(2), id, {{"population", "12"}}, {3, -2}, 4000);
    CHECK(game.info.evaluations == 4000);
    std::size_t size = 1;  // the start is of the first generation
    for (std::size_t t = 1; t + 1 < game.looks.size(); ++t) {
      if (!game.looks[t].action.ends_iteration) {
        ++size;
        continue;
      }
      REQUIRE((size + 1 == 12 || size == 11));  // a restart begins with a generation of its own
      size = 0;
    }
    const auto alone = play_on(bowl(2), id, {{"restarts", "false"}}, {3, -2}, 6000);
    CHECK(alone.looks.back().action.stop);
    CHECK(play_on(two_wells(), id, {}, {1, 1}, 3000).info.best_value < -0.3219);
  }
}

TEST_CASE("DIRECT-L starts in the middle whatever the start, divides into thirds, and finds the deeper well") {
  const auto game = play_on(two_wells(), "direct-l", {}, {1.5, 1}, 400);
  CHECK(game.looks[1].action.query.points == std::vector<double>{0, 0});
  CHECK(std::abs(std::abs(game.looks[2].action.query.points[0]) + std::abs(game.looks[2].action.query.points[1]) -
                 4.0 / 3) < 1e-12);
  CHECK(game.info.best_value < -0.3219);
  const auto other = play_on(two_wells(), "direct-l", {}, {-1, -1}, 400, 5);
  for (std::size_t t = 1; t < game.looks.size(); ++t)
    REQUIRE(game.looks[t].action.query.points == other.looks[t].action.query.points);

  const auto again = play_on(two_wells(), "direct-l", {{"run_length", "50"}}, {1.5, 1}, 400);
  CHECK(again.looks[1].action.query.points == game.looks[1].action.query.points);
  std::size_t away = 0;  // later runs start elsewhere: none of their points is one of the first run's
  for (std::size_t t = 60; t < again.looks.size(); ++t)
    away += again.looks[t].action.query.points != game.looks[t].action.query.points;
  CHECK(away == again.looks.size() - 60);
  CHECK(again.info.evaluations == 400);
}

TEST_CASE("CRS2, LIPO and simulated annealing find the deeper well, and every evaluation is charged") {
  for (const std::string id : {"crs2", "lipo", "simulated-annealing"}) {
    CAPTURE(id);
    const auto game = play_on(two_wells(), id, {}, {1, 1}, 700);
    CHECK(game.info.best_value < -0.321);
    CHECK(game.info.evaluations == 700);
    CHECK(game.looks.size() == 701);  // one point a look, the last one refused
  }
  CHECK(play_on(two_wells(), "simulated-annealing", {{"restarts", "false"}}, {1, 1}, 5000).info.evaluations ==
        1 + 10 + 30 * 20 * 2);
  CHECK(play_on(two_wells(), "lipo", {{"run_length", "30"}}, {1, 1}, 100).info.best_value < -0.3);
  CHECK_THROWS_AS(agents().make("simulated-annealing", {{"coldest", "2"}}), UsageError);
}

TEST_CASE("two searches that draw NLopt's random numbers in turn do not disturb each other") {
  const auto alone = play_on(two_wells(), "crs2", {}, {1, 1}, 200, 7);
  const auto first = agents().make("crs2"), second = agents().make("crs2");
  const auto surface = two_wells();
  const auto env = make_surface_env(surface, {.budget = 200, .start = {1, 1}}),
             other = make_surface_env(surface, {.budget = 200, .start = {-1, 0.5}});
  Action a, b;
  Problem problem = env->problem(), problem_b = other->problem();
  first->reset(problem, 7, a), second->reset(problem_b, 8, b);
  StepResult seen = env->reset(7, a.query), seen_b = other->reset(8, b.query);
  while (!seen.truncated) {
    first->act(seen.observation, a), seen = env->step(a);
    if (!seen_b.truncated) second->act(seen_b.observation, b), seen_b = other->step(b);
  }
  CHECK(env->info().best_point == alone.info.best_point);
}

TEST_CASE("L-BFGS looks at gradients, which are charged, and starts again where it has converged") {
  const auto game = play_on(rosenbrock(), "l-bfgs", {}, {-1.2, 1}, 400);
  CHECK(game.info.best_value < 1e-12);
  CHECK(game.info.gradients == 100);  // 2d = 4 evaluations each, the start's among them
  CHECK(game.info.evaluations == 400);
  for (const Look& look : game.looks) CHECK(look.action.query.kind == Query::Kind::gradients);
  CHECK(play_on(bowl(5), "l-bfgs", {}, {3, -2, 1, 2, -3}, 50).info.best_value < 1e-20);  // five gradients
  const auto alone = play_on(rosenbrock(), "l-bfgs", {{"restarts", "false"}}, {-1.2, 1}, 1000);
  CHECK(alone.looks.back().action.stop);
  CHECK(alone.info.best_value < 1e-12);
}

TEST_CASE("a generation is an iteration of CMA-ES; restarts double it, or take turns with small ones") {
  const auto generations = [](const Settings& settings) {
    const auto game = play_on(bowl(2), "cma-es", settings, {3, -2}, 8000);
    std::vector<std::size_t> sizes;
    std::size_t size = 0;
    for (std::size_t t = 1; t + 1 < game.looks.size(); ++t) {
      ++size;
      if (game.looks[t].action.ends_iteration) sizes.push_back(std::exchange(size, 0));
    }
    return sizes;
  };
  const auto growing = generations({{"population", "5"}});
  CHECK(growing.front() == 5);
  CHECK(std::ranges::is_sorted(growing));
  CHECK(std::ranges::count(growing, 10u) > 0);
  CHECK(std::ranges::all_of(growing, [](std::size_t n) { return n % 5 == 0 && ((n / 5) & (n / 5 - 1)) == 0; }));

  const auto turns = generations({{"population", "5"}, {"regime", "bipop"}});
  CHECK(turns.front() == 5);
  CHECK_FALSE(std::ranges::is_sorted(turns));
  CHECK(std::ranges::min(turns) == 5);
  CHECK(std::ranges::count(turns, 20u) > 0);
}

TEST_CASE("CMA-ES evaluates inside the box, and comes back from where it ran out of it") {
  const auto game = play_on(bowl(10), "cma-es", {{"sigma0", "2"}}, std::vector<double>(10, 4), 4000);
  for (const auto& look : game.looks)
    for (const double x : look.action.query.points) REQUIRE(std::abs(x) <= 4 + 1e-12);
  CHECK(game.info.best_value < 1e-8);
}

TEST_CASE("a renewed simplex goes on where one has degenerated") {
  const auto ellipsoid = surface_of(cube(10, -4, 4), [](Reals x) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i)
      sum += std::pow(10, static_cast<double>(i) * 2 / 3) * (x[i] - 1 + x[(i + 1) % 10] / 2) *
             (x[i] - 1 + x[(i + 1) % 10] / 2);
    return sum;
  });
  const std::vector<double> start(10, -3);
  const double renewed = play_on(ellipsoid, "nelder-mead", {}, start, 4000).info.best_value;
  CHECK(renewed == play_on(ellipsoid, "nelder-mead", {{"renewal", "on"}}, start, 4000).info.best_value);
  CHECK(renewed < 1e-3 * play_on(ellipsoid, "nelder-mead", {{"renewal", "off"}}, start, 4000).info.best_value);
}

TEST_CASE("an optimum on the boundary is reached") {
  const auto slope = surface_of(cube(2, -4, 4), [](Reals x) { return x[0] + 2 * x[1]; });
  for (const char* id : {"nelder-mead", "bobyqa", "cma-es", "differential-evolution", "particle-swarm"})
    CHECK(play_on(slope, id, {}, {3, -2}, 1000).info.best_value == doctest::Approx(-12));
}

TEST_CASE("BOBYQA takes a first step of half the box, however the box's width rounds") {
  for (int k = 0; k < 100; ++k) {
    const double half = 59.4 + 0.0137 * k;
    const Box box{{-half, -half / 7}, {half, half / 7}};  // NLopt scales the second coordinate to the first, and rounds
    const auto surface = surface_of(box, [](Reals x) { return x[0] * x[0] + x[1] * x[1]; });
    CHECK_NOTHROW(play_on(surface, "bobyqa", {{"initial_step", "0.5"}}, {1.3, 2.7}, 20));
  }
}

TEST_CASE("library agents refuse what they cannot do") {
  CHECK_THROWS_WITH_AS(agents().make("bobyqa", {{"initial_step", "0.6"}}),
                       "initial_step=0.6 is out of range: above 0, at most 0.5", UsageError);
  CHECK_THROWS_WITH_AS(agents().make("cma-es", {{"population", "4"}}),
                       "population=4 is out of range: at least 5, at most 100000, or 0", UsageError);
  CHECK_THROWS_WITH_AS(agents().make("differential-evolution", {{"population", "6"}}),
                       "population=6 is out of range: at least 7, at most 100000", UsageError);
  CHECK_THROWS_WITH_AS(agents().make("particle-swarm", {{"max_velocity", "0"}}),
                       "max_velocity=0 is out of range: above 0, at most 1", UsageError);
  CHECK_THROWS_WITH_AS(agents().make("l-bfgs", {{"tolerance", "0"}}), "tolerance=0 is out of range: above 0, at most 1",
                       UsageError);
  CHECK_THROWS_AS(play_on(two_wells(), "l-bfgs", {}, {1, 1}, 100), UsageError);  // no gradient
  CHECK_THROWS_WITH_AS(play_on(bowl(1), "bobyqa", {}, {3}, 100),
                       "the agent 'bobyqa' needs a landscape of at least 2 dimensions", UsageError);
}
