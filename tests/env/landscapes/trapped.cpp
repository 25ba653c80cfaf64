#include "env/landscapes/trapped.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/random.h"
#include "core/settings.h"
#include "env/landscapes/registry.h"

using namespace rover;

TEST_CASE("linear regression: the residual at the optimum is the noise's, and the gradient there is zero") {
  const auto f = make_trapped({.dimension = 4, .samples = 2000, .noise = 0.1}, 3);
  const Optimum best = *f->optimum();
  CHECK(best.value == doctest::Approx(0.01).epsilon(0.1));
  std::vector<double> g(4);
  f->gradients(best.point, g, nullptr);
  for (const double gi : g) CHECK(std::abs(gi) < 1e-10);
}

TEST_CASE("the trap: λ sin(s ‖w‖²) on the regression, and no descent from anywhere ends below its optimum") {
  const TrappedOptions plain{.dimension = 3}, hard{.dimension = 3, .trap = 5, .frequency = 10};
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    CAPTURE(seed);
    const auto regression = make_trapped(plain, seed), trapped = make_trapped(hard, seed);
    const std::vector<double> w{0.3, -1, 2};
    CHECK(trapped->value(w) == doctest::Approx(regression->value(w) + 5 * std::sin(10 * (0.09 + 1 + 4))));
    const Optimum best = *trapped->optimum();
    CHECK(best.value < regression->optimum()->value - 4.5);  // a trap's bottom lies near the regression's
    CHECK(best.value >= regression->optimum()->value - 5);
    RandomStream stream = make_stream(seed, 0, "descents");
    std::vector<double> x(3), g(3);
    double lowest = 1e9;
    for (int k = 0; k < 300; ++k) {
      for (std::size_t i = 0; i < 3; ++i) x[i] = regression->optimum()->point[i] + 0.5 * stream.normal();
      for (int t = 0; t < 300; ++t) {
        trapped->gradients(x, g, nullptr);
        for (std::size_t i = 0; i < 3; ++i) x[i] -= 2e-4 * g[i];
      }
      lowest = std::min(lowest, trapped->value(x));
    }
    CHECK(lowest >= best.value - 1e-9);
    CHECK(lowest < best.value + 0.5);
  }
}

TEST_CASE("regression needs more samples than weights") {
  CHECK_THROWS_AS(landscapes().make("linear-regression", {{"dimension", "10"}, {"samples", "10"}}), UsageError);
  CHECK(landscapes().make("trapped", {{"dimension", "30"}})->dimension() == 30);
}
