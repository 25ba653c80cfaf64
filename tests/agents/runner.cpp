#include "agents/runner.h"

#include <doctest/doctest.h>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

namespace {

// Moves by (1, 0) and looks at its pose; every second look ends an iteration.
struct Walker final : Agent {
  Problem problem;
  std::uint64_t seed = 0;
  int acts = 0;
  std::vector<double> seen_values;
  void reset(const Problem& what, std::uint64_t with, Action& first) override {
    problem = what, seed = with, acts = 0;
    seen_values.clear();
    first.move = {100, 100};  // ignored
  }
  void act(const Observation& seen, Action& next) override {
    seen_values.push_back(seen.values[0]);
    next.move = {1, 0};
    next.ends_iteration = acts++ % 2 == 1;
  }
};

}  // namespace

TEST_CASE("play tells the agent its problem, feeds it every observation and ends with the budget") {
  Walker walker;
  const auto surface = bowl(2);
  const auto game = play_on(surface, walker, {-3, 0}, 5, 42);
  CHECK(walker.problem.dimension == 2);
  CHECK(walker.problem.domain == &surface->domain());
  CHECK(walker.problem.budget == 5);
  CHECK(walker.seed == 42);
  CHECK(walker.seen_values == std::vector<double>{9, 4, 1, 0, 1});
  CHECK(game.info.evaluations == 5);
  CHECK(game.info.best_value == 0);
  CHECK(game.looks.size() == 6);  // reset, four steps, and the one that was refused
  CHECK(game.looks[0].pose == std::vector<double>{-3, 0});
}

TEST_CASE("play ends after max_iterations of the agent's own iterations") {
  Walker walker;
  const auto game = play_on(bowl(2), walker, {-3, 0}, 1000, 1, 4);
  CHECK(game.info.iterations == 4);
  CHECK(game.info.evaluations < 12);
}

TEST_CASE("play ends when the agent stops") {
  struct Quitter final : Agent {
    int acts = 0;
    void reset(const Problem&, std::uint64_t, Action& first) override { acts = 0, first = {}; }
    void act(const Observation&, Action& next) override { next.stop = ++acts == 4; }
  } quitter;
  const auto game = play_on(bowl(2), quitter, {-3, 0}, 1000);
  CHECK(game.info.evaluations == 4);
  CHECK(game.info.iterations == 3);
}

TEST_CASE("play refuses surfaces without the derivatives that an agent needs") {
  CHECK_THROWS_WITH_AS(play_on(two_wells(), "gd", {}, {1, 1}, 100),
                       "the agent needs gradients, and the landscape 'test surface' has none", UsageError);
  const auto first_order = surface_of(
      cube(2, -1, 1), [](Reals x) { return x[0]; }, [](Reals, MutReals g) { g[0] = 1, g[1] = 0; });
  CHECK_THROWS_WITH_AS(play_on(first_order, "newton", {}, {0, 0}, 100),
                       "the landscape 'test surface' has no Hessian: choose an agent that needs none", UsageError);
}
