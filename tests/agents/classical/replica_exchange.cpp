#include "agents/classical/replica_exchange.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

TEST_CASE("replica exchange: one look a move of every walk, the pose the best point, and the deeper well") {
  const auto game = play_on(two_wells(), "replica-exchange", {{"replicas", "6"}}, {1, 1}, 3001);
  CHECK(game.info.best_value < -0.3219);
  CHECK(game.looks[1].action.query.points.size() == 5 * 2);
  for (std::size_t t = 2; t + 1 < game.looks.size(); ++t) REQUIRE(game.looks[t].action.query.points.size() == 6 * 2);
  CHECK(game.looks.back().pose == game.info.best_point);
  CHECK_THROWS_AS(agents().make("replica-exchange", {{"coldest", "2"}}), UsageError);
}

TEST_CASE("replica exchange: hot walks go far, cold ones stay near") {
  const auto game =
      play_on(bowl(1), "replica-exchange",
              {{"replicas", "2"}, {"coldest", "1e-3"}, {"hottest", "1"}, {"swap_every", "3"}}, {3}, 20001);
  double cold = 0, hot = 0;
  for (std::size_t t = 2000; t + 1 < game.looks.size(); ++t) {
    const auto& points = game.looks[t].action.query.points;
    cold += std::abs(points[0]), hot += std::abs(points[1]);
  }
  CHECK(hot > 5 * cold);
}
