#pragma once
#include <Eigen/Eigenvalues>
#include <cmath>

#include "agents/search/kernels.h"
#include "agents/search/options.h"
#include "agents/search/probe.h"

namespace rover::search {

/// What a descent in many dimensions knows around its window, the ball x = centre + half_width z with |z| ≤ 1: the
/// nearest samples and the quadratic through them that `RidgeFit` would fit. Its Hessian is a multiple of the identity
/// and a sum over samples, and is never written out: a product with it costs O(d n), a fit O(n³) for n samples, because
/// inner products are kept.
class WideModel {
 public:
  WideModel(Probe& probe, const WideOptions& options, const FitOptions& fit);

  void begin(Reals centre_d, double half_width);  ///< forgets all samples
  const Vector& centre() const { return centre_; }
  double half_width() const { return half_width_; }
  void move_to(const Eigen::Ref<const Vector>& point);
  void scale(double factor) { half_width_ *= factor; }

  /// In place of the farthest, where there is no room. The model holds no more until the next fit.
  void add(const Eigen::Ref<const Vector>& point, double value);
  std::size_t size() const { return count_; }
  std::size_t room() const { return most_; }
  /// How many samples lie within two half-widths.
  std::size_t near();

  /// `value`: at the centre. `noise`: what predictions missed lately, in ranges. `deviation`: of the values, in f's
  /// units.
  void fit(double value, double noise, double deviation);
  bool valid() const { return valid_; }
  double range() const { return range_; }
  double scaled(double value) const { return (value - offset_) / range_; }
  double at_centre() const { return c_; }
  /// How much it rises to the window's edge by its mean curvature, in ranges.
  double rise() const { return std::abs(kernel_.ball * ball_ + kernel_.square * ball_ / static_cast<double>(d_)); }
  /// The model at any point, and its slope there [d], per half-width of the last fit.
  double operator()(const Vector& point);
  void slope(const Vector& point, Vector& out);

  /// The step that the model asks for from the centre of the last fit: saddle-free Newton in a Krylov space, no longer
  /// than `limit` half-widths, inside the region by an active set of its faces.
  void find_step(double limit);
  const Vector& point() const { return point_; }   ///< where it leads
  double length() const { return length_; }        ///< in half-widths
  bool clipped() const { return clipped_; }        ///< by the limit
  double predicted() const { return predicted_; }  ///< gain, in ranges

 private:
  void measure();
  void set_origin();
  void times(const Vector& v, Vector& out);
  void krylov(double limit);
  void shorten(Eigen::Index size, double limit);

  Probe& probe_;
  WideOptions options_;
  FitOptions fit_;
  std::size_t d_, most_, stride_, count_ = 0;
  kernels::QuadraticKernel kernel_;
  Vector centre_, origin_, relative_;  // relative: centre − origin
  double half_width_ = 1;
  std::vector<double> points_, products_, values_;  // from the origin [d, stride]; their inner products [most, stride]
  std::vector<double> along_, squared_, scaled_squared_, weights_, cholesky_, dual_, spread_, work_;
  bool measured_ = false;

  bool valid_ = false;
  double c_ = 0, offset_ = 0, range_ = 1, sum_ = 0, ball_ = 0;
  Vector gradient_, fit_centre_, fit_relative_;
  double fit_half_width_ = 1;
  std::size_t fitted_ = 0;

  Vector point_, z_, base_, free_, steep_, product_, basis_gradient_, eigen_step_, diagonal_, beside_, overlaps_;
  Matrix basis_;
  Eigen::SelfAdjointEigenSolver<Matrix> solver_;
  double length_ = 0, predicted_ = 0;
  bool clipped_ = false;
};

}  // namespace rover::search
