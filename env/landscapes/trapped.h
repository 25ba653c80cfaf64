#pragma once
#include <cstdint>
#include <memory>

#include "env/landscape.h"

namespace rover {

struct TrappedOptions {
  std::size_t dimension = 3;  ///< weights, the bias among them
  std::size_t samples = 100;
  double trap = 0;       ///< λ: half the height of the traps; 0: linear regression
  double frequency = 5;  ///< s
  double noise = 0.1;    ///< standard deviation of the targets' noise
};

/// Linear regression on drawn data, and on it the trap of the report "Experiments with Attention", section 2.2:
///
///   f(w) = 1/n Σ_k (w·x_k − y_k)² + λ sin(s ‖w‖²)
///
/// x_k = (1, N(0, I)), y = w°·x + noise, w° uniform in [−3, 3]^d. Domain [−5, 5]^d, starts uniform in it. With A =
/// XᵀX/n and b = Xᵀy/n every stationary point solves (A + μI) w = b for μ = λ s cos(s ‖w‖²), and of those with one norm
/// the one with the greatest μ is lowest: the optimum is found on that curve.
std::unique_ptr<Landscape> make_trapped(const TrappedOptions& options, std::uint64_t seed);

}  // namespace rover
