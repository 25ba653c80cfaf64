#include "env/kernels/relief.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace rover;
using kernels::Relief;

TEST_CASE("a relief's values are those of its formula, one point at a time or many") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    RandomStream stream = make_stream(seed, 0, "relief");
    Relief relief;
    relief.bowl = seed % 3 == 0;
    relief.bumps = relief.bowl ? 0 : 4 * stream.below(4), relief.cosines = 4 * stream.below(5);
    relief.kappa = seed % 2 == 0 ? 0 : stream.uniform(-0.3, 0.3);
    const double angle = stream.uniform(0, 6);
    relief.p[0] = std::cos(angle), relief.p[1] = -std::sin(angle), relief.q[0] = std::sin(angle),
    relief.q[1] = std::cos(angle);
    for (double& entry : relief.matrix) entry = stream.normal();
    double scale = 1;
    for (std::size_t k = 0; k < relief.bumps; ++k) {
      relief.centre_u[k] = stream.normal(), relief.centre_v[k] = stream.normal(), relief.weight[k] = stream.normal();
      scale += std::abs(relief.weight[k]);
    }
    for (std::size_t k = 0; k < relief.cosines; ++k) {
      relief.omega_x[k] = stream.uniform(-30, 30), relief.omega_y[k] = stream.uniform(-30, 30);
      relief.phase[k] = stream.uniform(0, 7), relief.amplitude[k] = stream.normal();
      scale += std::abs(relief.amplitude[k]);
    }
    constexpr std::size_t n = 37;
    std::vector<double> points(2 * n), fast(n), plain(n);
    for (double& x : points) x = stream.uniform(-5, 5);
    kernels::relief_values(relief, points, fast);
    kernels::reference::relief_values(relief, points, plain);
    for (std::size_t k = 0; k < n; ++k) {
      double alone = 0;
      kernels::relief_values(relief, Reals(points).subspan(2 * k, 2), {&alone, 1});
      CHECK(alone == fast[k]);
      // angles up to 300 round by 3e-14, a bowl's square by its size
      CHECK(std::abs(fast[k] - plain[k]) <= 1e-13 * scale + (relief.bowl ? 1e-14 * (std::abs(plain[k]) + scale) : 0));
    }
  }
}
