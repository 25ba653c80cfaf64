#include "env/landscapes/noisy.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/settings.h"
#include "env/landscapes/registry.h"

namespace rover {

TEST_CASE("A noisy surface adds white noise to looks, and none to noise-free values") {
  const std::shared_ptr<const Landscape> base = landscapes().make("rosenbrock", {});
  const Noisy noisy(base, 0.5);
  CHECK(noisy.is_noisy());
  CHECK_FALSE(Noisy(base, 0).is_noisy());
  CHECK_FALSE(noisy.has_gradient());
  const std::vector<double> point = {0.3, -0.2};
  const double value = base->value(point);
  CHECK(noisy.value(point) == value);
  RandomStream stream = make_stream(1, 0, "noise");
  constexpr std::size_t count = 20000;
  std::vector<double> points, seen(count);
  for (std::size_t k = 0; k < count; ++k) points.insert(points.end(), point.begin(), point.end());
  noisy.values(points, seen, &stream);
  double sum = 0, squares = 0;
  for (const double x : seen) sum += x - value, squares += (x - value) * (x - value);
  CHECK(std::abs(sum / count) < 5 * 0.5 / std::sqrt(count));
  CHECK(squares / count == doctest::Approx(0.25).epsilon(0.05));
  CHECK_THROWS_AS(Noisy(base, -1), UsageError);
  CHECK_THROWS_AS(Noisy(base, NAN), UsageError);
}

}  // namespace rover
