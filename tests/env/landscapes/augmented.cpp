#include "env/landscapes/augmented.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "env/landscapes/gaussian_field.h"
#include "env/landscapes/quadratic.h"
#include "env/landscapes/test_functions.h"

using namespace rover;

TEST_CASE("a shear bends the surface and keeps values along the map, optimum and start values") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::shared_ptr<const Landscape> base = draw_quadratic(2, seed);
    const Sheared sheared(base, seed);
    CHECK(std::abs(sheared.kappa()) <= 1.5);
    CHECK(sheared.kappa() != 0);
    CHECK(sheared.optimum()->point == base->optimum()->point);
    RandomStream stream = make_stream(seed, 0, "start"), same = stream;
    double start[2], mapped[2];
    base->sample_start(stream, start);
    sheared.sample_start(same, mapped);
    if (stream == same) {  // the first draw lay inside
      CHECK(sheared.value(mapped) == doctest::Approx(base->value(start)).epsilon(1e-9));
    }
  }
}

TEST_CASE("a warp keeps the order of values and puts the optimum at 0 and typical starts near 1") {
  int powers = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const std::shared_ptr<const Landscape> base = draw_plateau(seed, false);
    const Warped warped(base, seed);
    CHECK((warped.power() >= 0.5 && warped.power() <= 3.5));
    CHECK(warped.optimum()->value == 0);
    CHECK(warped.value(warped.optimum()->point) == 0);
    RandomStream stream = make_stream(seed, 0, "start");
    double a[2], b[2];
    base->sample_start(stream, a);
    base->sample_start(stream, b);
    CHECK((base->value(a) < base->value(b)) == (warped.value(a) < warped.value(b)));
    if (warped.kind() == Warped::Kind::power) {
      ++powers;
      CHECK(warped.value(a) <
            std::pow(1.5, warped.power()));  // a plateau's f* is all of the gap, but for the holes' edges
    }
  }
  CHECK(std::abs(powers - 120) < 5 * 7);  // √(200·0.6·0.4) ≈ 7
}

TEST_CASE("a clamped function is constant outside its domain") {
  const Clamped f(make_test_function("mccormick", 2));
  const double outside[2] = {-3.7, -4.7}, corner[2] = {-1.5, -3};
  CHECK(f.value(outside) == f.value(corner));
  double g[2];
  f.gradients(outside, g, nullptr);
  CHECK((g[0] == 0 && g[1] == 0));
}

TEST_CASE(
    "a shift moves the optimum by at most a fifth of the domain's width, and a rotation keeps its distance from the "
    "centre") {
  const std::shared_ptr<const Landscape> base = make_test_function("beale", 2);
  bool moved = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Transformed shifted(base, {.shifted = true}, seed), rotated(base, {.rotated = true}, seed);
    const auto x = shifted.optimum()->point;
    CHECK((std::abs(x[0] - 3) <= 1.8 && std::abs(x[1] - 0.5) <= 1.8));
    CHECK(x[0] <= 4.5);
    moved |= std::abs(x[0] - 3) > 0.5;
    const auto y = rotated.optimum()->point;
    CHECK(std::hypot(y[0], y[1]) == doctest::Approx(std::hypot(3, 0.5)));
  }
  CHECK(moved);
}
