#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace rover {

/// What the deployed Rover adds to the paper's walk: after `patience` looks without a new best sample it goes back to
/// the best sample, α and δ halved; a walk whose window (in d > 2 every window of the last step) has shrunk to 1e-5 of
/// the first one has converged, and begins anew elsewhere instead.
struct Safeguard {
  static constexpr float rate = -0.5f;              ///< Δα and Δδ of eq. (4) on the way back
  static constexpr double converged_window = 1e-5;  ///< as a fraction of the first

  double best_value = std::numeric_limits<double>::infinity();
  std::vector<double> best_point;  ///< [d]
  std::uint64_t since_best = 0;    ///< looks

  /// Begins a walk.
  void begin(std::size_t dimension) {
    best_value = std::numeric_limits<double>::infinity();
    best_point.resize(dimension);
    since_best = 0;
  }
  /// True for a new best; the caller then writes best_point.
  bool improves(double value) {
    if (!(value < best_value)) return false;
    best_value = value, since_best = 0;
    return true;
  }
  bool due(std::uint64_t patience) const { return since_best >= patience; }
  static bool converged(double log_resolution, double first_log_resolution) {
    return log_resolution < first_log_resolution + std::log(converged_window);
  }
};

}  // namespace rover
