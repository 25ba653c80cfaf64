#pragma once
#include <cmath>

namespace rover {

/// A symmetric 2×2 matrix.
struct Symmetric2 {
  double xx = 1, xy = 0, yy = 1;
};

/// Eigenvalues high ≥ low with eigenvectors (c, s) and (−s, c), in closed form.
struct Eigen2 {
  double high, low, c, s;
};

inline Eigen2 eigen(const Symmetric2& m) {
  const double mean = (m.xx + m.yy) / 2, half = (m.xx - m.yy) / 2, radius = std::sqrt(half * half + m.xy * m.xy);
  if (!(radius > 0)) return {mean, mean, 1, 0};
  // Half the angle of (half, xy): the larger component by its root, the other by a division that loses no digits.
  if (half >= 0) {
    const double c = std::sqrt((1 + half / radius) / 2);
    return {mean + radius, mean - radius, c, m.xy / (2 * radius * c)};
  }
  const double s = std::copysign(std::sqrt((1 - half / radius) / 2), m.xy);
  return {mean + radius, mean - radius, m.xy / (2 * radius * s), s};
}

/// high v vᵀ + low w wᵀ for the eigenvectors v = (c, s), w = (−s, c).
inline Symmetric2 compose(double high, double low, double c, double s) {
  return {high * c * c + low * s * s, (high - low) * c * s, high * s * s + low * c * c};
}

}  // namespace rover
