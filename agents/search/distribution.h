#pragma once
#include <Eigen/Eigenvalues>

#include "agents/search/window.h"
#include "core/random.h"

namespace rover::search {

/// The distribution of an active CMA-ES (Hansen 2016, "The CMA Evolution Strategy: A Tutorial") in a region.
class Distribution {
 public:
  Distribution(const Region& region, std::size_t population);
  void begin(const Vector& mean, double sigma);

  /// A point of the region; drawn again where it would lie outside, as often as twenty times, then projected.
  void sample(RandomStream& stream, MutReals point_d);
  const Vector& mean() const { return mean_; }
  /// W (x − mean) is a standard normal point, x = mean + W⁻¹ w one of the distribution.
  const Matrix& whitening() const { return whitening_; }
  const Matrix& colouring() const { return colouring_; }
  /// The generation's points, coordinate by coordinate, coordinates `stride` apart; `order`: best first.
  void tell(const double* points, std::size_t stride, std::span<const std::size_t> order);
  /// Deviation along the longest axis, and the longest axis over the shortest.
  double deviation() const;
  double condition() const;

 private:
  void decompose();
  void prepare();

  Region region_;
  Eigen::Index d_;
  std::size_t population_, stride_;
  Vector weights_, mean_, sigma_path_, covariance_path_, deviations_, step_, white_, first_;
  Matrix covariance_, axes_, whitening_, colouring_, second_;
  double effective_, c_path_, c_sigma_, c_one_, c_mu_, damping_, expected_, sigma_ = 0;
  std::uint64_t generation_ = 0, decomposed_ = 0;
  std::vector<double> steps_, scaled_, lengths_;  // [d, stride], best first; their weights; |W step|²
  Eigen::SelfAdjointEigenSolver<Matrix> solver_;
};

}  // namespace rover::search
