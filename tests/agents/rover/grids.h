#pragma once
// Rescaled grids to show to headings, and the symmetries of the square.
#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "core/random.h"
#include "env/heading.h"

namespace rover::testing {

struct Headings {
  std::vector<float> directions, norms, features;
  bool operator==(const Headings&) const = default;
};

inline Headings look(const Heading& heading, std::span<const float> grids, std::size_t n) {
  const std::size_t count = grids.size() / (n * n);
  Headings out{std::vector<float>(2 * count), std::vector<float>(count),
               std::vector<float>(count * heading.feature_count())};
  heading.headings(grids, n, out.directions, out.norms, out.features);
  return out;
}

inline void rescale(std::span<float> grid) {
  const auto [low, high] = std::ranges::minmax(grid);
  for (float& f : grid) f = (f - low) / (high - low);
}

/// Smooth random surfaces: a random quadratic and a wave.
inline std::vector<float> smooth_grids(std::size_t count, std::size_t n, std::uint64_t key) {
  std::vector<float> out(count * n * n);
  RandomStream stream{key, 0};
  const double middle = (static_cast<double>(n) - 1) / 2;
  for (std::size_t k = 0; k < count; ++k) {
    double c[8];
    for (double& x : c) x = stream.normal();
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        const double u = static_cast<double>(a) / middle - 1, v = static_cast<double>(b) / middle - 1;
        out[(k * n + a) * n + b] = static_cast<float>(c[0] * u + c[1] * v + c[2] * u * u + c[3] * u * v + c[4] * v * v +
                                                      0.5 * std::sin(2 * c[5] * u + 2 * c[6] * v + c[7]));
      }
    rescale(std::span(out).subspan(k * n * n, n * n));
  }
  return out;
}

/// One of the 8 symmetries of the square, k = 0 … 7: the turned grid at p is the grid at S⁻¹p. `turn` applies S to a
/// vector.
struct Symmetry {
  unsigned k;
  std::pair<double, double> turn(double u, double v) const {
    if (k & 4) std::swap(u, v);
    return {k & 1 ? -u : u, k & 2 ? -v : v};
  }
  std::vector<float> turn(std::span<const float> grid, std::size_t n) const {
    std::vector<float> out(n * n);
    const double middle = (static_cast<double>(n) - 1) / 2;
    for (std::size_t a = 0; a < n; ++a)
      for (std::size_t b = 0; b < n; ++b) {
        const auto [u, v] = turn(static_cast<double>(a) - middle, static_cast<double>(b) - middle);
        out[static_cast<std::size_t>(u + middle) * n + static_cast<std::size_t>(v + middle)] = grid[a * n + b];
      }
    return out;
  }
};

/// Largest deviation of the heading of a turned grid from the turned heading, over all symmetries.
inline double worst_turn(const Heading& heading, std::span<const float> grids, std::size_t n) {
  const Headings straight = look(heading, grids, n);
  double worst = 0;
  for (std::size_t g = 0; g < straight.norms.size(); ++g)
    for (unsigned k = 0; k < 8; ++k) {
      const Symmetry symmetry{k};
      const Headings turned = look(heading, symmetry.turn(grids.subspan(g * n * n, n * n), n), n);
      const auto [u, v] = symmetry.turn(straight.directions[2 * g], straight.directions[2 * g + 1]);
      worst = std::max({worst, std::abs(turned.directions[0] - u), std::abs(turned.directions[1] - v)});
    }
  return worst;
}

}  // namespace rover::testing
