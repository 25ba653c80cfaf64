#include <doctest/doctest.h>

#include <set>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

TEST_CASE("random search spends the budget to the last evaluation, uniformly in the domain") {
  const auto game = play_on(bowl(2), "random", {}, {3, -2}, 105);
  CHECK(game.info.evaluations == 105);  // five looks of 10·d and one of 5
  std::vector<double> mean(2);
  std::size_t n = 0;
  const auto large = play_on(bowl(2), "random", {}, {3, -2}, 20000);
  for (const Look& look : large.looks)
    for (std::size_t k = 0; k < look.action.query.points.size(); ++k)
      mean[k % 2] += look.action.query.points[k], n += k % 2;
  CHECK(n >= 19000);
  for (const double sum : mean)
    CHECK(std::abs(sum / static_cast<double>(n)) <
          5 * 8 / std::sqrt(12.0 * static_cast<double>(n)));  // 5 standard errors
}

TEST_CASE("random search stands on the best point it has seen") {
  const auto game = play_on(bowl(2), "random", {}, {3, -2}, 200);
  double best = 1e300;
  for (std::size_t t = 0; t + 1 < game.looks.size(); ++t) {
    for (const double value : game.looks[t].values) best = std::min(best, value);
    const auto& pose = game.looks[t + 1].pose;
    CHECK(pose[0] * pose[0] + pose[1] * pose[1] == doctest::Approx(best).epsilon(1e-9));
  }
}

TEST_CASE("pattern search halves its window inside, doubles it at the edge and jumps to the best sample") {
  // domain width 8, window 0.3 · 8, n = 3: samples 0.8 apart; from (1.6, 0) the second look's best sample is (0, 0)
  const auto game = play_on(bowl(2), "patsearch", {{"grid_size", "3"}, {"window", "0.3"}}, {1.6, 0}, 40);
  REQUIRE(game.looks.size() == 6);  // the pose, four grids, and the one that was refused
  const auto spacing = [&](std::size_t t) {
    return game.looks[t].action.query.points[3] - game.looks[t].action.query.points[1];
  };
  CHECK(spacing(1) == doctest::Approx(0.8));
  CHECK(game.looks[2].pose[0] == doctest::Approx(0.8));
  CHECK(spacing(2) == doctest::Approx(0.8));  // at the edge: doubled, but never wider than the first window
  CHECK(std::abs(game.looks[3].pose[0]) < 1e-12);
  CHECK(spacing(3) == doctest::Approx(0.8));
  CHECK(spacing(4) == doctest::Approx(0.4));  // inside
}

TEST_CASE("pattern search finds the bottom in the plane and beyond") {
  CHECK(play_on(bowl(2), "patsearch", {}, {3.3, -2.1}, 1600).info.best_value < 1e-12);
  CHECK(play_on(bowl(5), "patsearch", {}, {3.3, -2.1, 1, 2, -3}, 20000).info.best_value < 1e-6);
  CHECK_THROWS_WITH_AS(play_on(bowl(1), "patsearch", {}, {3}, 100),
                       "the agent 'patsearch' looks at planes: the landscape must have at least 2 dimensions",
                       UsageError);
}

TEST_CASE("beyond the plane every coordinate is looked at in every matching") {
  const auto game = play_on(bowl(5), "patsearch", {{"grid_size", "2"}}, {0.5, 0.5, 0.5, 0.5, 0.5}, 200);
  const auto& points = game.looks[1].action.query.points;
  CHECK(points.size() == 3 * 4 * 5);  // three pairs, 2×2 each
  std::set<std::size_t> moved;
  for (std::size_t k = 0; k < points.size(); ++k)
    if (points[k] != 0.5) moved.insert(k % 5);
  CHECK(moved.size() == 5);
}
