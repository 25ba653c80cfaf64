#pragma once
#include <Eigen/Core>

namespace rover::search {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

/// Where a search may go, in its own coordinates: 0 to 1 between two bounds, infinite where there is none.
struct Region {
  Vector low, high;
  bool bounded = true;  ///< on all sides
  static Region cube(std::size_t d) {
    const auto size = static_cast<Eigen::Index>(d);
    return {Vector::Zero(size), Vector::Ones(size)};
  }
  void project(Eigen::Ref<Vector> point) const { point = point.cwiseMax(low).cwiseMin(high); }
  /// Squared distance to it.
  double outside(const Vector& point) const { return (point - point.cwiseMax(low).cwiseMin(high)).squaredNorm(); }
};

}  // namespace rover::search
