#include "env/landscapes/plane.h"

#include <doctest/doctest.h>

#include <cmath>

#include "env/landscapes/registry.h"

namespace rover {

TEST_CASE("a plane is its surface with the other coordinates held") {
  const std::shared_ptr<const Landscape> base = landscapes().make("rosenbrock", {{"dimension", "4"}});
  const Plane plane("plane", base, {0.5, -1, 2, 0.25}, 2, 0);
  CHECK(plane.dimension() == 2);
  std::vector<double> points, seen(100);
  RandomStream stream = make_stream(1, 0, "points");
  for (int k = 0; k < 200; ++k) points.push_back(stream.uniform(-2, 2));
  plane.values(points, seen, nullptr);
  for (std::size_t k = 0; k < seen.size(); ++k)
    CHECK(seen[k] == base->value(std::vector<double>{points[2 * k + 1], -1, points[2 * k], 0.25}));
  CHECK_THROWS_AS(Plane("plane", base, {0, 0, 0, 0}, 1, 1), std::invalid_argument);
  CHECK_THROWS_AS(Plane("plane", base, {0, 0, 0}, 0, 1), std::invalid_argument);
}

TEST_CASE("the optimum of a plane: where it is known, and nothing lower among random points") {
  const std::shared_ptr<const Landscape> valley = landscapes().make("rosenbrock", {});
  const Plane whole("plane", valley, {0, 0}, 0, 1);
  CHECK(whole.optimum()->value < 1e-10);
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    const auto plane = draw_plane(seed);
    check_landscape(*plane);
    const Optimum lowest = *plane->optimum();
    CHECK(plane->value(lowest.point) == lowest.value);
    RandomStream stream = make_stream(seed, 0, "probe");
    std::vector<double> start(2);
    for (int k = 0; k < 500; ++k) {
      plane->sample_start(stream, start);
      CHECK(plane->value(start) >= lowest.value);
    }
  }
  CHECK(draw_plane(5)->optimum()->point == draw_plane(5)->optimum()->point);
}

}  // namespace rover
