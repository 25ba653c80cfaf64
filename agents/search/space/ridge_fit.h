#pragma once
#include <Eigen/Cholesky>

#include "agents/search/space/neighbours.h"
#include "agents/search/space/options.h"

namespace rover::space {

/// f(x) ≈ offset + range (c + gᵀz + zᵀHz/2) in a window's coordinates.
struct Model {
  bool valid = false;
  double c = 0, offset = 0, range = 1;
  Vector gradient;
  Matrix hessian;
  std::size_t samples = 0;
  double operator()(const Vector& z) const { return c + gradient.dot(z) + 0.5 * z.dot(hessian * z); }
  double scaled(double value) const { return (value - offset) / range; }
};

/// Weighted least squares over the nearest samples with a ridge on every coefficient. Its prior is a ball in the
/// window's coordinates, α|z|²/2 with α nearly free and all other second derivatives near 0, so that with few samples
/// the window's metric is the Hessian's shape.
class RidgeFit {
 public:
  RidgeFit(std::size_t dimension, const FitOptions& options);
  std::size_t most() const { return most_; }          ///< samples that a fit takes
  std::size_t coefficients() const { return full_; }  ///< of a quadratic: 1 + d + d(d+1)/2

  /// `value`: at the window's centre. `noise`: what predictions missed lately, in ranges.
  void operator()(const Neighbours& near, double value, double noise, Model& model);

 private:
  void features(const double* z, double squared, double* row) const;
  bool solve();

  FitOptions options_;
  Eigen::Index d_, full_, terms_;
  std::size_t most_;
  Matrix rows_, system_;  // [terms, samples]
  Vector targets_, ridge_, solution_, dual_;
  std::vector<double> spread_;
};

}  // namespace rover::space
