#include <doctest/doctest.h>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

namespace {

// ½ xᵀ A x with A = [a b; b c].
std::shared_ptr<const Landscape> quadratic(double a, double b, double c) {
  return surface_of(
      cube(2, -4, 4), [=](Reals x) { return (a * x[0] * x[0] + 2 * b * x[0] * x[1] + c * x[1] * x[1]) / 2; },
      [=](Reals x, MutReals g) { g[0] = a * x[0] + b * x[1], g[1] = b * x[0] + c * x[1]; },
      [=](Reals, MutReals h) { h[0] = a, h[1] = h[2] = b, h[3] = c; });
}

}  // namespace

TEST_CASE("Newton solves a quadratic in one undamped step") {
  const auto game = play_on(quadratic(10, 3, 2), "newton", {{"damping", "0"}}, {3, -2}, 1000, 1, 2);
  CHECK(std::abs(game.looks[1].pose[0]) < 1e-14);
  CHECK(std::abs(game.looks[1].pose[1]) < 1e-14);
  CHECK(game.info.hessians == game.looks.size());
}

TEST_CASE("damping is Levenberg's, relative to the largest eigenvalue") {
  // H = diag(10, 2), λ = 0.1 · 10 = 1: x ← x (1 − 10/11), y ← y (1 − 2/3)
  const auto game = play_on(quadratic(10, 0, 2), "newton", {{"damping", "0.1"}}, {3, -2}, 1000, 1, 2);
  CHECK(game.looks[1].pose[0] == doctest::Approx(3.0 / 11));
  CHECK(game.looks[1].pose[1] == doctest::Approx(-2.0 / 3));
  const auto half =
      play_on(quadratic(10, 0, 2), "newton", {{"damping", "0"}, {"step_size", "0.5"}}, {3, -2}, 1000, 1, 2);
  CHECK(half.looks[1].pose[0] == doctest::Approx(1.5));
}

TEST_CASE("a saddle repels the saddle-free method and attracts the textbook's") {
  const auto saddle = quadratic(2, 0, -2);  // x² − y²
  const auto free = play_on(saddle, "newton", {{"damping", "0"}}, {1, 0.01}, 10000, 1, 20);
  CHECK(free.looks.back().pose == std::vector<double>{0, 4});
  const auto textbook = play_on(saddle, "newton", {{"damping", "0"}, {"saddle_free", "false"}, {"adaptive", "false"}},
                                {1, 0.01}, 10000, 1, 3);
  CHECK(textbook.looks[1].pose == std::vector<double>{0, 0});
}

TEST_CASE("a step that went up is taken back with more damping") {
  const auto game = play_on(rosenbrock(), "newton", {{"damping", "0"}}, {-1.2, 1}, 100000, 1, 60);
  CHECK(game.info.best_value < 1e-20);
  bool rose = false;
  double base = game.looks[0].values[0];
  std::size_t base_index = 0;
  for (std::size_t t = 1; t + 1 < game.looks.size() && base > 1e-12; ++t) {
    const double value = game.looks[t].values[0];
    if (value > base) {  // the next step starts from the same base again and is shorter
      rose = true;
      const auto distance = [&](std::size_t k) {
        return std::hypot(game.looks[k].pose[0] - game.looks[base_index].pose[0],
                          game.looks[k].pose[1] - game.looks[base_index].pose[1]);
      };
      CHECK(distance(t + 1) < distance(t));
    } else {
      base = value, base_index = t;
    }
  }
  CHECK(rose);  // Newton's second step on Rosenbrock from (−1.2, 1) goes up to 1411
}
