#include "agents/classical/fiber_agent.h"

#include <doctest/doctest.h>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

TEST_CASE("a library's loop sees the environment's values, one charge a call") {
  std::uint64_t calls = 0;
  bool right = true;
  const auto agent = make_fiber_agent([&](Evaluator& f) {
    right = right && f.start_value() == 13;
    for (int k = 0;; ++k) {
      const std::vector<double> point{0.01 * k, 1};
      ++calls;
      right = right && f.value(point, k % 5 == 4) == point[0] * point[0] + 1;
    }
  });
  const auto game = play_on(bowl(2), *agent, {3, -2}, 51);
  CHECK(right);
  CHECK(game.info.evaluations == 51);  // the start, and one for each call that got its answer
  CHECK(calls == 51);                  // the one that the budget could not pay is suspended
  CHECK(game.info.best_value == 1);
}

TEST_CASE("where looks are gradients, every call brings one and is charged as one") {
  bool right = true;
  const auto agent = make_fiber_agent(
      [&](Evaluator& f) {
        right = right && f.start_gradient()[0] == 6 && f.start_gradient()[1] == -4;
        while (true)
          right = right && f.value(std::vector<double>{0.5, 1}, true) == 1.25 && f.gradient()[0] == 1 &&
                  f.gradient()[1] == 2;
      },
      {}, Query::Kind::gradients);
  CHECK(!agent->zeroth_order());
  const auto game = play_on(bowl(2), *agent, {3, -2}, 40);
  CHECK(right);
  CHECK(game.info.gradients == 10);
}

TEST_CASE("points outside are projected before they are asked for") {
  const auto agent = make_fiber_agent([](Evaluator& f) { f.value(std::vector<double>{7, 1}, true); });
  const auto game = play_on(bowl(2), *agent, {3, -2}, 10);
  CHECK(game.looks[1].action.query.points == std::vector<double>{4, 1});
}

TEST_CASE("where a loop returns the agent stops") {
  const auto agent = make_fiber_agent([](Evaluator& f) {
    f.value(std::vector<double>{0.5, 0}, true), f.value(std::vector<double>{2, 2}, true);
  });
  const auto game = play_on(bowl(2), *agent, {3, -2}, 10);
  CHECK(game.info.evaluations == 3);
  CHECK(game.info.best_point == std::vector<double>{0.5, 0});
  CHECK(game.looks.back().action.stop);
}

TEST_CASE("an exception of the library comes out of act") {
  const auto agent = make_fiber_agent([](Evaluator& f) {
    f.value(f.start(), true);
    throw std::runtime_error("the simplex collapsed");
  });
  CHECK_THROWS_WITH_AS(play_on(bowl(2), *agent, {3, -2}, 10), "the simplex collapsed", std::runtime_error);
  CHECK_THROWS_WITH_AS(play_on(bowl(2), *agent, {3, -2}, 10), "the simplex collapsed",
                       std::runtime_error);  // and again after reset
}

TEST_CASE("the end of an episode unwinds the loop, even one that swallows exceptions") {
  struct Guard {
    int& open;
    explicit Guard(int& count) : open(count) { ++open; }
    ~Guard() { --open; }
  };
  int open = 0, ended = 0;
  {
    const auto agent = make_fiber_agent([&](Evaluator& f) {
      const Guard guard(open);
      while (true) {
        try {
          f.value(f.start(), true);
        } catch (...) {  // as C++ wrappers of C libraries do
        }
        if (f.cancelled()) break;
      }
      ++ended;
    });
    play_on(bowl(2), *agent, {3, -2}, 10);
    CHECK(open == 1);
    play_on(bowl(2), *agent, {3, -2}, 10);  // reset ends the first loop
    CHECK(open == 1);
    CHECK(ended == 1);
  }
  CHECK(open == 0);
  CHECK(ended == 2);
}

TEST_CASE("a surface that fails in mid-episode unwinds the loop too") {
  int open = 0;
  const auto trap = surface_of(cube(2, -4, 4), [](Reals x) { return x[0] > 3.5 ? std::nan("") : x[0]; });
  try {
    struct Guard {
      int& count;
      ~Guard() { --count; }
    };
    const auto agent = make_fiber_agent([&](Evaluator& f) {
      const Guard guard{++open};
      f.value(std::vector<double>{1, 1}, true), f.value(std::vector<double>{3.9, 1}, true);
    });
    play_on(trap, *agent, {0, 0}, 10);
    FAIL("nan passed");
  } catch (const std::runtime_error& error) { CHECK(std::string(error.what()).find("nan") != std::string::npos); }
  CHECK(open == 0);
}
