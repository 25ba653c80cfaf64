#pragma once
#include "agents/search/archive.h"
#include "agents/search/eigen2.h"

namespace rover {

/// Where a descent looks: the ellipse centre + δ M {|a| ≤ 1}, det M = 1. Window coordinates (a, b) are in half-widths δ
/// along M.
struct SearchWindow {
  double x = 0.5, y = 0.5, resolution = 0.3;
  Symmetric2 metric;

  /// Window coordinates to an offset in the unit square.
  void to_square(double a, double b, double& dx, double& dy) const {
    dx = resolution * (metric.xx * a + metric.xy * b), dy = resolution * (metric.xy * a + metric.yy * b);
  }
  /// The inverse: (a, b) = M⁻¹ (x − centre) / δ, det M = 1.
  Whitening whitening() const {
    return {x, y, metric.yy / resolution, -metric.xy / resolution, metric.xx / resolution};
  }

  /// M = |H|^−1/2 up to its size, so that the model's curvature is the same along both axes, with an aspect ratio of at
  /// most `limit` ≥ 1. `hessian` in window coordinates.
  void stretch(const Symmetric2& hessian, double limit);
  double aspect() const;  ///< longer over shorter axis, ≥ 1
};

}  // namespace rover
