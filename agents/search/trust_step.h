#pragma once
#include <Eigen/Eigenvalues>

#include "agents/search/ridge_fit.h"

namespace rover::search {

/// The step that a model asks for: saddle-free Newton (|λ|, floored at a thousandth of the largest), no longer than a
/// limit in z by Levenberg's shift, inside the region by an active set of its faces.
class TrustStep {
 public:
  explicit TrustStep(const Region& region);
  void operator()(const Model& model, const Window& window, double limit);

  const Vector& z() const { return z_; }
  const Vector& point() const { return point_; }  ///< centre + T z, in the region
  double length() const { return length_; }
  bool clipped() const { return clipped_; }  ///< by the limit
  /// Eigenvalues and eigenvectors of the model's Hessian.
  const Vector& eigenvalues() const { return whole_.eigenvalues(); }
  const Matrix& eigenvectors() const { return whole_.eigenvectors(); }

 private:
  void solve(const Vector& eigenvalues, const Vector& gradient, double limit);

  Region region_;
  Eigen::Index d_;
  Eigen::SelfAdjointEigenSolver<Matrix> whole_;
  Vector z_, point_, along_, eigen_step_;
  double length_ = 0;
  bool clipped_ = false;
};

}  // namespace rover::search
