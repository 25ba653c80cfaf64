#include "env/landscapes/linear_algebra.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace rover {

double dot(Reals a, Reals b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

double condition_number(Reals matrix_dd) {
  const auto d = static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(matrix_dd.size()))));
  std::vector<double> work(matrix_dd.begin(), matrix_dd.end());
  const auto row = [&](std::size_t k) { return MutReals(work).subspan(k * d, d); };
  // Rotates pairs of rows until all are orthogonal; their norms are then the singular values.
  for (bool rotated = true; rotated;) {
    rotated = false;
    for (std::size_t p = 0; p < d; ++p)
      for (std::size_t q = p + 1; q < d; ++q) {
        const double pp = dot(row(p), row(p)), qq = dot(row(q), row(q)), pq = dot(row(p), row(q));
        if (std::abs(pq) <= 1e-13 * std::sqrt(pp * qq)) continue;
        rotated = true;
        const double zeta = (qq - pp) / (2 * pq);
        const double t = (zeta < 0 ? -1 : 1) / (std::abs(zeta) + std::sqrt(1 + zeta * zeta));
        const double c = 1 / std::sqrt(1 + t * t), s = c * t;
        for (std::size_t k = 0; k < d; ++k) {
          const double a = row(p)[k], b = row(q)[k];
          row(p)[k] = c * a - s * b, row(q)[k] = s * a + c * b;
        }
      }
  }
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (std::size_t k = 0; k < d; ++k)
    low = std::min(low, dot(row(k), row(k))), high = std::max(high, dot(row(k), row(k)));
  return low > 0 ? std::sqrt(high / low) : std::numeric_limits<double>::infinity();
}

std::vector<double> random_rotation(std::size_t d, RandomStream& stream) {
  std::vector<double> q(d * d);
  stream.normals(q);
  const auto row = [&](std::size_t k) { return MutReals(q).subspan(k * d, d); };
  double sign = 1;
  for (std::size_t i = 0; i < d; ++i) {
    // Householder would keep the determinant at hand; Gram–Schmidt, twice for accuracy, is shorter.
    for (int pass = 0; pass < 2; ++pass)
      for (std::size_t j = 0; j < i; ++j) {
        const double along = dot(row(i), row(j));
        for (std::size_t k = 0; k < d; ++k) row(i)[k] -= along * row(j)[k];
      }
    const double norm = std::sqrt(dot(row(i), row(i)));
    for (double& value : row(i)) value /= norm;
  }
  // The sign of the determinant by elimination with row exchanges; a reflection becomes a rotation by turning one row
  // round.
  std::vector<double> lu = q;
  for (std::size_t c = 0; c < d; ++c) {
    std::size_t pivot = c;
    for (std::size_t r = c + 1; r < d; ++r)
      if (std::abs(lu[r * d + c]) > std::abs(lu[pivot * d + c])) pivot = r;
    if (pivot != c) {
      sign = -sign;
      for (std::size_t k = 0; k < d; ++k) std::swap(lu[c * d + k], lu[pivot * d + k]);
    }
    if (lu[c * d + c] < 0) sign = -sign;
    for (std::size_t r = c + 1; r < d; ++r) {
      const double factor = lu[r * d + c] / lu[c * d + c];
      for (std::size_t k = c; k < d; ++k) lu[r * d + k] -= factor * lu[c * d + k];
    }
  }
  if (sign < 0)
    for (double& value : row(0)) value = -value;
  return q;
}

std::vector<double> random_direction(std::size_t d, RandomStream& stream) {
  std::vector<double> direction(d);
  stream.normals(direction);
  const double norm = std::sqrt(dot(direction, direction));
  for (double& value : direction) value /= norm;
  return direction;
}

}  // namespace rover
