#pragma once
#include "agents/search/archive.h"
#include "agents/search/eigen2.h"

namespace rover {

/// A quadratic through the neighbours, in window coordinates and units of their range: c + gᵀz + ½ zᵀHz.
struct LocalModel {
  double constant = 0, gradient[2] = {0, 0};
  Symmetric2 hessian{0, 0, 0};
  double range = 0;       ///< highest minus lowest value
  double residual = 0;    ///< root mean square, in ranges
  std::size_t count = 0;  ///< neighbours that entered
  bool valid = false;     ///< false: too few, flat, or degenerate; only range and count are set

  /// What the model expects a step to gain, in values.
  double gain(double a, double b) const {
    return -range * (gradient[0] * a + gradient[1] * b +
                     0.5 * (hessian.xx * a * a + 2 * hessian.xy * a * b + hessian.yy * b * b));
  }
};

/// Weighted least squares over the newest `most` neighbours, weights (1 + a² + b²)^−decay.
LocalModel fit_quadratic(const Neighbours& neighbours, double decay, std::size_t most = 40);

/// The saddle-free Newton step −|H|⁻¹g (Dauphin et al. 2014), curvatures at least a thousandth of the larger one.
void newton_step(const LocalModel& model, const Eigen2& curvature, double step[2]);
/// The minimum of the model along −g, curvature by its absolute value.
void gradient_step(const LocalModel& model, double step[2]);

}  // namespace rover
