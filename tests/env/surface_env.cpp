#include "env/surface_env.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>

#include "env/landscapes/function.h"
#include "tests/env/small_landscapes.h"

using namespace rover;
using namespace rover::testing;

namespace {

template <class Call>
std::string message(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) { return error.what(); }
  return "";
}

std::vector<double> copy(Reals values) { return {values.begin(), values.end()}; }

Query grid_query(std::vector<Slice> slices, std::size_t n) {
  return {.kind = Query::Kind::slices, .points = {}, .slices = std::move(slices), .grid_size = n};
}

Query at(Query::Kind kind, std::vector<double> points = {}) {
  return {.kind = kind, .points = std::move(points), .slices = {}, .grid_size = 0};
}

std::unique_ptr<SurfaceEnv> on_bowl(SurfaceEnvOptions options, std::size_t d = 2) {
  return make_surface_env(std::make_shared<Bowl>(d), std::move(options));
}

}  // namespace

TEST_CASE("a move, a look, what it cost and what was best") {
  const auto env = on_bowl({.budget = 100, .start = {3, 1}});
  auto result = env->reset(1, {});
  CHECK(copy(result.observation.pose) == std::vector<double>{3, 1});
  CHECK(copy(result.observation.values) == std::vector<double>{13});
  CHECK(result.observation.evaluations == 1);
  CHECK(result.observation.budget == 100);
  CHECK(result.reward == -13);
  CHECK(env->info().iterations == 0);

  // a population elsewhere while the rover moves on
  Action action{.move = {-1, 0}, .query = at(Query::Kind::values, {0, 2, 0.5, 0, 4, 4}), .ends_iteration = false};
  result = env->step(action);
  CHECK(copy(result.observation.pose) == std::vector<double>{2, 1});
  CHECK(copy(result.observation.values) == std::vector<double>{16, 0.25, 80});
  CHECK(result.reward == -0.25);
  CHECK(env->info().best_point == std::vector<double>{0.5, 0});
  CHECK(env->info().iterations == 0);
  CHECK(env->info().evaluations == 4);

  // a better pose at which nothing was looked at is not known: only samples that were charged count
  result = env->step({.move = {-2, -1}, .query = at(Query::Kind::values, {5, 5})});
  CHECK(result.reward == -0.25);
  CHECK(env->info().best_point == std::vector<double>{0.5, 0});
  CHECK(env->info().iterations == 1);
  CHECK_FALSE(result.terminated);
}

TEST_CASE("gradients and Hessians come with their values and their price") {
  const auto env = on_bowl({.budget = 100, .start = {3, 1}});
  auto result = env->reset(1, at(Query::Kind::gradients));
  CHECK(copy(result.observation.values) == std::vector<double>{13});
  CHECK(copy(result.observation.gradients) == std::vector<double>{6, 8});
  CHECK(result.observation.evaluations == 4);
  result = env->step({.move = {}, .query = at(Query::Kind::hessians, {1, 0, 0, 1})});
  CHECK(copy(result.observation.values) == std::vector<double>{1, 4});
  CHECK(copy(result.observation.gradients) == std::vector<double>{2, 0, 0, 8});
  CHECK(copy(result.observation.hessians) == std::vector<double>{2, 0, 0, 8, 2, 0, 0, 8});
  CHECK(env->info().evaluations == 4 + 2 * 12);
  CHECK(env->info().gradients == 3);
  CHECK(env->info().hessians == 2);
}

TEST_CASE("slices: grids along coordinate pairs, the best cell is remembered") {
  const auto env = on_bowl({.budget = 100, .start = {0.25, 2, 1}}, 3);
  const auto result = env->reset(1, grid_query({{0, 1, 0.5}, {2, 0, 1}}, 3));
  REQUIRE(result.observation.grids.size() == 18);
  const auto f = [](double x, double y, double z) { return x * x + 4 * y * y + 9 * z * z; };
  CHECK(result.observation.grids[0] == f(-0.25, 1.5, 1));
  CHECK(result.observation.grids[5] == f(0.25, 2.5, 1));
  CHECK(result.observation.grids[9 + 1] == f(0.25, 2, 0));  // first index along z
  CHECK(result.observation.grids[9 + 3] == f(-0.75, 2, 1));
  CHECK(result.observation.evaluations == 18);
  CHECK(env->info().best_value == f(0.25, 2, 0));
  CHECK(env->info().best_point == std::vector<double>{0.25, 2, 0});
}

TEST_CASE("what the budget cannot pay is not carried out and truncates") {
  const auto env = on_bowl({.budget = 10, .start = {3, 1}});
  env->reset(1, {});
  auto result = env->step({.move = {-1, 0}, .query = grid_query({{0, 1, 0.1}}, 3)});  // exactly 10
  CHECK_FALSE(result.truncated);
  CHECK(result.observation.evaluations == 10);
  const double best = env->info().best_value;
  result = env->step({.move = {-2, -1}, .query = {}});
  CHECK(result.truncated);
  CHECK_FALSE(result.terminated);
  CHECK(copy(result.observation.pose) == std::vector<double>{2, 1});
  CHECK(result.observation.values.empty());
  CHECK(env->info().evaluations == 10);
  CHECK(env->info().iterations == 1);
  CHECK(env->info().best_value == best);
  CHECK(message([&] { env->step({}); }) == "the episode has ended: reset the environment first");
  CHECK_FALSE(env->reset(1, {}).truncated);

  const auto poor = on_bowl({.budget = 3, .start = {3, 1}});
  result = poor->reset(1, at(Query::Kind::gradients));
  CHECK(result.truncated);
  CHECK(result.reward == -std::numeric_limits<double>::infinity());
  CHECK(poor->info().best_point == std::vector<double>{3, 1});
  CHECK(poor->info().evaluations == 0);
}

TEST_CASE("clamp projects the pose and every sample into the domain") {
  const auto env = on_bowl({.budget = 1000, .clamp = true, .start = {9, 4.5}});
  auto result = env->reset(1, grid_query({{0, 1, 1}}, 3));
  CHECK(copy(result.observation.pose) == std::vector<double>{5, 4.5});
  const auto f = [](double x, double y) { return x * x + 4 * y * y; };
  const std::vector<double> clamped = {f(4, 3.5), f(4, 4.5), f(4, 5),   f(5, 3.5), f(5, 4.5),
                                       f(5, 5),   f(5, 3.5), f(5, 4.5), f(5, 5)};
  CHECK(copy(result.observation.grids) == clamped);
  result = env->step({.move = {-20, 0}, .query = at(Query::Kind::values, {-8, 0, 0, 1})});
  CHECK(copy(result.observation.pose) == std::vector<double>{-5, 4.5});
  CHECK(copy(result.observation.values) == std::vector<double>{25, 4});
  CHECK(result.observation.evaluations == 11);
  result = env->step({.move = {5, -4.5}, .query = grid_query({{0, 1, 1}}, 3)});  // all inside
  CHECK(copy(result.observation.grids) == std::vector<double>{5, 1, 5, 4, 0, 4, 5, 1, 5});

  const auto free = on_bowl({.start = {9, 0}});
  CHECK(free->reset(1, {}).observation.values[0] == 81);
}

TEST_CASE("noisy looks are what info keeps, the same bits under the same seed") {
  const auto bowl = std::make_shared<Bowl>(2, 0.0, 0.5);
  const auto env = make_surface_env(bowl, {.noisy = true, .start = {1, 1}});
  const auto first = copy(env->reset(4, grid_query({{0, 1, 0.5}}, 4)).observation.grids);
  CHECK(env->info().best_value == *std::ranges::min_element(first));
  CHECK(env->info().look_value == env->info().best_value);
  CHECK(env->info().look_point == env->info().best_point);
  CHECK(copy(env->reset(4, grid_query({{0, 1, 0.5}}, 4)).observation.grids) == first);
  CHECK(copy(env->reset(5, grid_query({{0, 1, 0.5}}, 4)).observation.grids) != first);
  double best = env->reset(4, {}).observation.values[0];
  for (int k = 0; k < 5; ++k) {
    const double seen = env->step({}).observation.values[0];
    CHECK(seen != 5);
    CHECK(env->info().look_value == seen);
    best = std::min(best, seen);
  }
  CHECK(env->info().best_value == best);
  const auto quiet = make_surface_env(bowl, {.start = {1, 1}});
  CHECK(quiet->reset(4, {}).observation.values[0] == 5);
}

TEST_CASE("an environment tells the problem: budget, start and noise") {
  const auto noisy = std::make_shared<Bowl>(3, 0.0, 0.5);
  const Problem problem = make_surface_env(noisy, {.budget = 7, .noisy = true, .start = {1, 1, 1}})->problem();
  CHECK(problem.dimension == 3);
  CHECK(problem.domain == &noisy->domain());
  CHECK(problem.budget == 7);
  CHECK(problem.start_known);
  CHECK(problem.noisy == true);
  CHECK_FALSE(make_surface_env(noisy, {})->problem().start_known);
  CHECK(make_surface_env(noisy, {})->problem().noisy == false);
  CHECK(on_bowl({.noisy = true})->problem().noisy == false);
}

TEST_CASE("an agent that stops ends the episode without a look") {
  const auto env = on_bowl({.budget = 100, .start = {3, 1}});
  env->reset(1, {});
  const auto result = env->step({.move = {-3, -1}, .query = {}, .stop = true});
  CHECK(result.terminated);
  CHECK_FALSE(result.truncated);
  CHECK(result.reward == -13);
  CHECK(copy(result.observation.pose) == std::vector<double>{3, 1});
  CHECK(env->info().evaluations == 1);
  CHECK(env->info().iterations == 0);
  CHECK_THROWS_AS(env->step({}), std::logic_error);
}

TEST_CASE("the seed draws the start inside the domain") {
  const auto env = on_bowl({});
  const auto a = copy(env->reset(1, {}).observation.pose), b = copy(env->reset(2, {}).observation.pose);
  CHECK(a != b);
  CHECK(copy(env->reset(1, {}).observation.pose) == a);
  CHECK(std::ranges::all_of(a, [](double x) { return x >= -5 && x < 5; }));
}

TEST_CASE("a surface that returns nan stops the run and says where") {
  const auto env = make_surface_env(std::make_shared<Hole>(), {.start = {2.5, -1}});
  const std::string where = "the landscape 'hole' returned nan at ";
  env->reset(1, {});
  CHECK(message([&] { env->step({.move = {1, 0}, .query = {}}); }) == where + "(3.5, -1)");
  CHECK_THROWS_AS(env->step({}), std::logic_error);
  env->reset(1, {});
  CHECK(message([&] {
          env->step({.move = {}, .query = at(Query::Kind::values, {1, 1, 3.2, 3.4})});
        }) == where + "(3.2, 3.4)");
  CHECK(message([&] { env->reset(1, grid_query({{1, 0, 0.75}}, 3)); }) == where + "(3.25, -1.75)");
  CHECK(message([&] { env->reset(1, at(Query::Kind::gradients)); }) ==
        "the landscape 'hole' has no gradient: choose an agent that needs none");
}

TEST_CASE("what was seen before a surface fails is kept, finite samples of the failing look included") {
  const auto env = make_surface_env(std::make_shared<Hole>(), {.start = {2.5, -1}});
  env->reset(1, {});
  CHECK_THROWS_AS(env->step({.move = {}, .query = at(Query::Kind::values, {1, 1, 3.2, 3.4, 4, 4})}),
                  std::runtime_error);
  CHECK(env->info().evaluations == 4);
  CHECK(env->info().best_value == 5);
  CHECK(env->info().best_point == std::vector<double>{1, 1});
}

TEST_CASE("bad values may count as the worst seen so far, and are never the best") {
  const auto env = make_surface_env(std::make_shared<Hole>(), {.start = {4, -1}, .on_bad_value = BadValue::penalise});
  CHECK(env->reset(1, {}).observation.values[0] == 1e100);  // nothing to compare with
  CHECK(env->info().best_value == std::numeric_limits<double>::infinity());
  auto result = env->step({.move = {}, .query = at(Query::Kind::values, {3.2, 0, 1, 1, 2, 1})});
  CHECK(copy(result.observation.values) == std::vector<double>{8, 5, 8});
  CHECK(env->info().best_value == 5);
  result = env->step({.move = {}, .query = at(Query::Kind::values, {0, 0, 3.5, 0})});
  CHECK(copy(result.observation.values) == std::vector<double>{0, 8});
  result = env->step({.move = {-1.5, 0}, .query = grid_query({{0, 1, 1}}, 3)});  // columns at 1.5, 2.5 and 3.5
  for (std::size_t b = 0; b < 3; ++b) CHECK(result.observation.grids[6 + b] == 22.25);
  CHECK(env->info().best_value == 0);
  CHECK(env->info().look_value == 2.25);

  const std::shared_ptr<const Landscape> slope = make_function(
      [](Reals x) { return x[0]; }, {{-1}, {1}}, {.gradient = [](Reals, MutReals g) { g[0] = std::nan(""); }});
  const auto flat = make_surface_env(slope, {.start = {0.5}, .on_bad_value = BadValue::penalise});
  CHECK(copy(flat->reset(1, at(Query::Kind::gradients)).observation.gradients) == std::vector<double>{0});
}

TEST_CASE("malformed actions are refused in one sentence") {
  const auto env = on_bowl({.start = {1, 1}});
  CHECK(message([&] { env->step({}); }) == "reset the environment before the first step");
  env->reset(1, {});
  CHECK(message([&] {
          env->step({.move = {1, 2, 3}, .query = {}});
        }) == "the move has 3 coordinates, but the landscape 'bowl' has 2");
  CHECK(message([&] { env->step({.move = {1, std::nan("")}, .query = {}}); }) == "the move (1, nan) is not finite");
  CHECK_THROWS_AS(env->step({.move = {}, .query = at(Query::Kind::values, {1, 2, 3})}), std::invalid_argument);
  for (const Slice slice : {Slice{0, 2, 1}, Slice{1, 1, 1}, Slice{0, 1, 0}, Slice{0, 1, std::nan("")}})
    CHECK_THROWS_AS(env->step({.move = {}, .query = grid_query({slice}, 3)}), std::invalid_argument);
  CHECK_THROWS_AS(env->step({.move = {}, .query = grid_query({}, 3)}), std::invalid_argument);
  CHECK_THROWS_AS(env->step({.move = {}, .query = grid_query({{0, 1, 1}}, 0)}), std::invalid_argument);
  CHECK(env->info().evaluations == 1);
  CHECK(message([&] {
          on_bowl({.start = {1, 2, 3}});
        }) == "the start has 3 coordinates, but the landscape 'bowl' has 2");
}
