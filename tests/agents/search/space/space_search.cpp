#include "agents/search/space/space_search.h"

#include <doctest/doctest.h>

#include "tests/agents/classical/surfaces.h"

namespace rover {
namespace {

/// A bowl with axes of its own, its curvatures from 1 to `condition`; minimum 0 at (.7, −.7, .7, …).
std::shared_ptr<const Landscape> turned_bowl(std::size_t d, double condition) {
  return test::surface_of(test::cube(d, -4, 4), [=](Reals x) {
    double sum = 0, along = 0;
    for (std::size_t i = 0; i < d; ++i) along += (x[i] - (i % 2 ? -0.7 : 0.7)) / std::sqrt(static_cast<double>(d));
    for (std::size_t i = 0; i < d; ++i) {  // mirrored at the diagonal's plane
      const double z = x[i] - (i % 2 ? -0.7 : 0.7) - 2 * along / std::sqrt(static_cast<double>(d));
      sum += std::pow(condition, d > 1 ? static_cast<double>(i) / static_cast<double>(d - 1) : 0) * z * z;
    }
    return sum;
  });
}

}  // namespace

TEST_CASE("turned bowls are solved in little more than the evaluations that a quadratic needs, in any dimension") {
  for (const std::size_t d : {1, 2, 3, 5, 10}) {
    CAPTURE(d);
    const std::uint64_t coefficients = 1 + d + d * (d + 1) / 2;
    const auto surface = turned_bowl(d, 1e4);
    for (const std::uint64_t seed : {1, 2, 3}) {
      const auto game =
          test::play_on(surface, "rover-space", {}, std::vector<double>(d, -3), 30 + 5 * coefficients, seed);
      CHECK(game.info.best_value < 1e-8);
    }
  }
}

TEST_CASE("each part can be left out, and does something") {
  const std::vector<double> start{-3, 2, 1, -2, 3};
  const auto surface = turned_bowl(5, 1e3);
  const auto with = [&](const Settings& settings) {
    return test::play_on(surface, "rover-space", settings, start, 150).info.best_value;
  };
  const double whole = with({});
  CHECK(whole < 1e-6);
  CHECK(with({{"descent.metric", "0"}}) > 10 * whole);        // a round window
  CHECK(with({{"descent.fit.prior", "0.01"}}) > 10 * whole);  // an isotropic model
  // Restarts: two wells.
  const auto wells = test::two_wells();
  CHECK(test::play_on(wells, "rover-space", {}, {1, 1}, 1500).info.best_value < -0.3219);
  for (const Settings& one : {Settings{{"populations", "0"}}, Settings{{"sweeps", "false"}}})
    CHECK(test::play_on(wells, "rover-space", one, {1, 1}, 1500).info.best_value < -0.3219);
}

TEST_CASE("more dimensions than a full quadratic is for are refused") {
  CHECK_THROWS_WITH_AS(test::play_on(test::bowl(41), "rover-space", {}, std::vector<double>(41, 1), 10),
                       "the agent 'rover-space' fits quadratics in at most 40 dimensions", UsageError);
}

}  // namespace rover
