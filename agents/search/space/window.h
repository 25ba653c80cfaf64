#pragma once
#include <Eigen/Core>
#include <vector>

#include "env/landscape.h"

namespace rover::space {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

/// Where a descent stands and what it takes for near: the points x = centre + T z with |z| ≤ 1, in the unit cube. T
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

  /// How far the window has moved and changed its shape, its size apart, since this was called last: what the nearest
  /// samples depend on.
  struct Drift {
    double moved = 0;      ///< sum of |Δz| of the centre, in today's z; infinite: the window is new
    double stretched = 0;  ///< sum of the largest |ln factor|
  };
  const Drift& drift() const { return drift_; }
  void forget_drift() { drift_ = {}; }

 private:
  void invert();

  Vector centre_, step_;
  Matrix transform_, inverse_, work_;
  double half_width_ = 1;
  Drift drift_;
};

}  // namespace rover::space
