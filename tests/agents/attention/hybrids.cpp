#include "agents/attention/hybrids.h"

#include <doctest/doctest.h>

#include <cmath>

#include "env/landscapes/differenced.h"
#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

namespace {

std::shared_ptr<const Landscape> smooth_wells() { return make_differenced(two_wells()); }

/// What each look asks for: g a gradient, and the number of values.
std::string looks(const Game& game) {
  std::string out;
  for (const auto& look : game.looks)
    if (!look.action.stop)
      out +=
          look.action.query.kind == Query::Kind::gradients ? "g" : std::to_string(look.action.query.points.size() / 2);
  return out;
}

}  // namespace

TEST_CASE("hybrids 2 and 3: so many gradient steps, so many of attention, again") {
  const auto game =
      play_on(bowl(2), "hybrid-2",
              {{"learning_rate", "0.01"}, {"gradient_steps", "3"}, {"attention_steps", "2"}, {"attention.points", "5"}},
              {3, -2}, 74);
  CHECK(looks(game).starts_with("ggg55ggg55ggg"));
  for (std::size_t t = 1; t < 3; ++t)  // a gradient step by hand: η = 0.01, ∇f = 2x
    CHECK(game.looks[t].pose[0] == doctest::Approx(3 * std::pow(0.98, static_cast<double>(t))));
}

TEST_CASE("hybrid 1 calls for attention only where gradient descent has stopped gaining") {
  const Settings settings{
      {"learning_rate", "0.4"}, {"window", "2"}, {"attention_steps", "1"}, {"attention.points", "9"}};
  CHECK(looks(play_on(bowl(2), "hybrid-1", settings, {3, -2}, 60)).find('9') ==
        std::string::npos);  // it gains for ever
  const auto flat = surface_of(
      cube(2, -4, 4), [](Reals) { return 1.0; }, [](Reals, MutReals g) { g[0] = g[1] = 0; });
  CHECK(looks(play_on(flat, "hybrid-1", settings, {3, -2}, 100)).starts_with("ggggg9ggggg9"));
  CHECK(play_on(smooth_wells(), "hybrid-1",
                {{"learning_rate", "0.1"}, {"attention.sigma", "0.2"}, {"attention.beta", "20"}}, {1, 1}, 3000)
            .info.best_value < -0.3219);
}

TEST_CASE("hybrid 4: the mean of the rates, weighted by the loss that each would lead to") {
  const Settings settings{{"lowest_rate", "0.1"}, {"highest_rate", "0.5"}, {"rates", "2"}, {"beta", "0.5"}};
  const auto game = play_on(bowl(2), "hybrid-4", settings, {2, 0}, 30);
  CHECK(looks(game).starts_with("g2g2g2"));
  const double l1 = 1.6 * 1.6, l2 = 0, a1 = std::exp(-0.5 * l1), a2 = std::exp(-0.5 * l2);
  CHECK(game.looks[2].pose[0] == doctest::Approx(2 - 4 * (0.1 * a1 + 0.5 * a2) / (a1 + a2)));
  CHECK(game.info.iterations == game.looks.size() / 2 - 1);
  CHECK_THROWS_AS(agents().make("hybrid-4", {{"lowest_rate", "2"}}), UsageError);
}

TEST_CASE("gradient descent with restarts finds the deeper well") {
  const auto game = play_on(smooth_wells(), "gd-restart", {{"learning_rate", "0.2"}, {"steps", "20"}}, {1, 1}, 2000);
  CHECK(game.info.best_value < -0.3219);
}
