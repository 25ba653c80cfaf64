#pragma once
#include "agents/search/region.h"

namespace rover::search {

/// Newton's step from the last differences of gradients: the inverse Hessian of L-BFGS (Nocedal 1980, "Updating
/// Quasi-Newton Matrices with Limited Storage"), from a diagonal one, in the coordinates that are free. O(d·memory).
class Secants {
 public:
  Secants(std::size_t dimension, std::size_t memory);
  void clear() { count_ = 0; }
  std::size_t size() const { return count_; }
  /// One pair: a step and how the gradient changed along it. Refused, and false, where the surface does not curve up.
  bool add(const Vector& step, const Vector& change);
  /// direction = −H g over coordinates with free[i] = 1; 0 where it is 0. `diagonal`: of the first inverse Hessian, up
  /// to a factor that the last pair gives.
  void direction(const Vector& gradient, const Vector& free, const Vector& diagonal, Vector& direction);

 private:
  Eigen::Index column(std::size_t age) const;

  std::size_t memory_, count_ = 0, last_ = 0;
  Matrix steps_, changes_;
  Vector shares_, curvatures_;
};

}  // namespace rover::search
