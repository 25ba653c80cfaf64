#pragma once
#include "agents/search/region.h"
#include "env/landscape.h"

namespace rover::search {

inline Reals column_of(const Matrix& points, std::size_t k) {
  return {points.data() + k * static_cast<std::size_t>(points.rows()), static_cast<std::size_t>(points.rows())};
}

/// Where a descent stands and what it takes for near: the points x = centre + T z with |z| ≤ 1. T
/// remembers the shape of the surface: in its coordinates the last Hessian is nearly a multiple of the identity.
class Window {
 public:
  explicit Window(std::size_t dimension);
  void begin(Reals centre_d, double half_width);  ///< a ball

  const Vector& centre() const { return centre_; }
  const Matrix& transform() const { return transform_; }
  const Matrix& inverse() const { return inverse_; }
  double half_width() const { return half_width_; }  ///< |det T|^(1/d)

  void move_to(Reals centre_d);
  void scale(double factor);
  /// T ← T V diag(factors) Vᵀ, for orthogonal V. Refused, and false, where T's axes would then differ by more than
  /// `aspect`, or the longest would be longer than `longest`.
  bool stretch(const Matrix& directions, const Vector& factors, double aspect, double longest);

  /// All samples with |z| up to this are known to whoever told so by `know`; it shrinks as the window moves.
  double known() const { return known_; }
  void know(double radius) { known_ = radius; }

 private:
  void invert();

  Vector centre_, step_;
  Matrix transform_, inverse_, work_;
  double half_width_ = 1;
  double known_ = 0;
};

}  // namespace rover::search
