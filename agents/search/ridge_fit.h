#pragma once
#include "agents/search/kernels.h"
#include "agents/search/neighbours.h"
#include "agents/search/options.h"

namespace rover::search {

/// f(x) ≈ offset + range (c + gᵀz + zᵀHz/2) in a window's coordinates.
struct Model {
  bool valid = false;
  double c = 0, offset = 0, range = 1;
  Vector gradient;
  Matrix hessian;
  std::size_t samples = 0;
  double operator()(const Eigen::Ref<const Vector>& z) const { return c + gradient.dot(z) + 0.5 * z.dot(hessian * z); }
  double scaled(double value) const { return (value - offset) / range; }
};

/// How many samples a fit takes at most.
std::size_t fit_samples(std::size_t dimension, const FitOptions& options);

/// Weighted least squares over the nearest samples with a ridge on every coefficient. Its prior is a ball in the
/// window's coordinates, α|z|²/2 with α nearly free and all other second derivatives near 0, so that with few samples
/// the window's metric is the Hessian's shape. Solved in the dual, over samples instead of coefficients: the ridge
/// makes it regression by a kernel (kernels.h), which costs O(n² d + n³) for n samples, whatever the
/// number of coefficients is, and takes one sample more in O(n² + n d²). Where samples are more than twice the
/// coefficients p, as among noise, it is solved over these, in O(n p² + p³).
///
/// How well a quadratic fits is seen in the samples: the dual is a Gaussian process, and its marginal likelihood says
/// whether values far from the window may be trusted more than the weights say (FitOptions::finest). A quadratic is
/// then known as soon as there are little more samples than coefficients, wherever they lie. A fit tries one step more
/// precise or less, by turns, and keeps what is likelier for the next.
class RidgeFit {
 public:
  RidgeFit(std::size_t dimension, const FitOptions& options);
  /// For another place: forgets how precise samples were.
  void begin() { finer_by_ = 1, up_ = false; }
  void set_prior(double prior);
  std::size_t coefficients() const { return coefficients_; }  ///< of a quadratic: 1 + d + d(d+1)/2

  /// `value`: at the window's centre. `noise`: what predictions missed lately, in ranges. `deviation`: of the noise on
  /// every value, in f's units.
  void operator()(const Neighbours& near, double value, double noise, Model& model, double deviation = 0);
  /// How many samples can be added.
  std::size_t room() const { return (by_coefficients_ ? most_ : dual_room_) - count_; }
  /// The same model with one sample more, at z [d], in the same coordinates and units. Only if there is room.
  void add(const Eigen::Ref<const Vector>& z, double value, Model& model);

 private:
  /// (I + W K W) β = W y at a precision, factored.
  struct System {
    double precision = 1;                            // in ranges
    std::vector<double> cholesky, weights, forward;  // [room, stride]; forward: L⁻¹ of the weighted targets
  };
  double weight(double squared, double target, double precision) const;
  bool factor(System& system, std::size_t count) const;
  double log_likelihood(const System& system, std::size_t count) const;
  void solve(Model& model);
  void add_row(const double* z, std::size_t z_stride, double squared, double target);
  void add_pending();
  void solve_coefficients(Model& model);

  FitOptions options_;
  std::size_t d_, coefficients_, most_, dual_room_, stride_;
  kernels::QuadraticKernel kernel_;
  double deviation_ = 0;  // in ranges
  std::size_t count_ = 0;
  System system_, finer_;
  double finer_by_ = 1;                               // the samples are so many times as precise as their weights say
  bool up_ = false;                                   // which step was tried last
  std::vector<double> z_, squared_, targets_, dual_;  // z: [d, stride]
  std::vector<double> spread_;

  // Over coefficients: those of features with a ridge of 1, the last row is the right-hand side's.
  bool by_coefficients_ = false;
  std::size_t rows_ = 0, system_stride_ = 0, pending_ = 0;  // pending: rows not in the system yet
  std::vector<double> row_, normal_, factor_, solution_;
};

}  // namespace rover::search
