#include "env/landscapes/gaussian_field.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

using namespace rover;

namespace {

double whitened_radius(const GaussianField& field, const double* x) {
  const double* w = field.process().whiten;
  return std::hypot(w[0] * x[0] + w[1] * x[1], w[2] * x[0] + w[3] * x[1]);
}

}  // namespace

TEST_CASE("the mean passes through the anchors, where a Gaussian process knows f") {
  const FieldShape shape{{{0.5, 0.7}, {-0.9, 0.4}, {-0.3, -0.6}, {0.8, -0.5}}, {1, -2, 1.5, -0.25}, {9, 12}, 0.4};
  const GaussianField field("saddle", shape, {}, true);
  RandomStream noise{1, 0};
  for (std::size_t k = 0; k < 4; ++k) {
    // K's condition number is about 1e5 here, so that much of eps shows
    CHECK(field.value(shape.anchors[k]) == doctest::Approx(shape.values[k]).epsilon(1e-9));
    double f;
    field.values(shape.anchors[k], {&f, 1}, &noise);
    CHECK(std::abs(f - shape.values[k]) < 1e-4);  // no variance is left: √(1e-9) of noise at most
  }
}

TEST_CASE("one anchor is v exp(-x'S^-1 x/2), with noise of the conditional deviation") {
  const double angle = 0.3, c = std::cos(angle), s = std::sin(angle);
  const GaussianField field("valley", {{{0, 0}}, {-3}, {4, 25}, angle}, {true, 1, 2}, true);
  const double x[2] = {1.5, -2};
  // S⁻¹ = Rᵀ diag(1/λ) R with R = (c, −s; s, c)
  const double u = c * x[0] - s * x[1], v = s * x[0] + c * x[1], q = u * u / 4 + v * v / 25;
  CHECK(field.value(x) == doctest::Approx(-3 * std::exp(-q / 2)).epsilon(1e-14));
  CHECK(field.optimum()->value == -3);

  const std::size_t n = 20000;
  std::vector<double> points, f(n);
  for (std::size_t k = 0; k < n; ++k) points.insert(points.end(), x, x + 2);
  RandomStream noise{7, 0};
  field.values(points, f, &noise);
  double squares = 0;
  for (const double value : f) squares += (value - field.value(x)) * (value - field.value(x));
  const double prior = 1 / (2 * std::numbers::pi * 10), variance = prior * (1 - std::exp(-q));
  CHECK(std::abs(squares / n / variance - 1) < 5 * std::sqrt(2.0 / n));
}

TEST_CASE("valleys and plateaus keep the bounds of their laws") {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const auto valley = draw_valley(seed, false), plateau = draw_plateau(seed, false);
    CHECK((valley->optimum()->value >= -5 && valley->optimum()->value <= -0.5));
    CHECK((plateau->optimum()->value <= -0.5 && plateau->optimum()->value > -12));
    CHECK(valley->optimum()->point == std::vector<double>{0, 0});
    RandomStream stream = make_stream(seed, 0, "start");
    double start[2];
    valley->sample_start(stream, start);
    CHECK((whitened_radius(*valley, start) >= 0.7 - 1e-12 && whitened_radius(*valley, start) <= 2.5 + 1e-12));
    plateau->sample_start(stream, start);
    CHECK((whitened_radius(*plateau, start) >= 1.5 - 1e-12 && whitened_radius(*plateau, start) <= 3.3 + 1e-12));
    // λ₂/λ₁ ∈ [100, 200] shows in the Hessian at 0, v S⁻¹
    double h[4];
    valley->hessians(valley->optimum()->point, h);
    const double mean = (h[0] + h[3]) / 2, radius = std::hypot((h[0] - h[3]) / 2, h[1]),
                 ratio = (mean + radius) / (mean - radius);
    CHECK((ratio >= 100 - 1e-6 && ratio <= 200 + 1e-6));
  }
}

TEST_CASE("a saddle's optimum is the lowest point of a fine grid over the domain, and outside the anchors' square") {
  int outside = 0;
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    const auto saddle = draw_saddle(seed, false);
    const Optimum optimum = *saddle->optimum();
    const double origin[2] = {0, 0};
    const Slice slice{0, 1, 0.1};
    std::vector<double> grid(241 * 241);
    saddle->slices(origin, {&slice, 1}, 241, grid, nullptr);
    const double lowest = *std::min_element(grid.begin(), grid.end());
    CHECK(lowest >= optimum.value);
    CHECK(lowest <= optimum.value * 0.99);  // a place at most 0.07 away, σ ≥ 1
    outside += std::max(std::abs(optimum.point[0]), std::abs(optimum.point[1])) > 1;
  }
  CHECK(outside == 25);
}
