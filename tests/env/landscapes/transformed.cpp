#include "env/landscapes/transformed.h"

#include <doctest/doctest.h>

#include <cmath>

#include "env/landscapes/registry.h"

namespace rover {

// An update rule that sees its parameters would learn where the optimum of a fixed surface is (rover train lopt,
// evolution.tasks="rastrigin shifted=true rotated=true").
TEST_CASE("shifted and turned surfaces in the plane have gradients, and optima all over the middle of the box") {
  for (const char* id : {"quadratic", "rastrigin", "rosenbrock"}) {
    CAPTURE(id);
    double square[2] = {}, mean[2] = {}, width = 0;
    constexpr int surfaces = 400;
    for (int seed = 0; seed < surfaces; ++seed) {
      const auto f = landscapes().make(
          id, {{"dimension", "2"}, {"seed", std::to_string(seed)}, {"shifted", "true"}, {"rotated", "true"}});
      REQUIRE(f->has_gradient());
      const auto optimum = f->optimum()->point;
      width = f->domain().high[0] - f->domain().low[0];
      for (int k = 0; k < 2; ++k) mean[k] += optimum[k] / surfaces, square[k] += optimum[k] * optimum[k] / surfaces;
    }
    for (int k = 0; k < 2; ++k) {
      CHECK(std::abs(mean[k]) < 0.03 * width);
      CHECK(std::sqrt(square[k]) > 0.1 * width);  // uniform in ± a fifth of the width: .115
    }
  }
}

}  // namespace rover
