#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// Functions of one variable to be learned from noisy samples: "Second-Order Structure in Learned Optimizers" (Patel
/// 2025), section 3.1.
///
///   sinusoid     A sin(ωx + φ) + b         A ∈ [.5, 2], ω ∈ [.5, 3], φ ∈ [0, 2π], b ∈ [−.5, .5]      (eq. 4)
///   polynomial   Σ_i a_i xⁱ, degree 2 or 3  a_i ∈ [−1, 1]                                             (eq. 5)
///   exponential  A e^(βx) + c              A ∈ [.3, 1], β ∈ [−.5, .5], c ∈ [−.5, .5]                  (eq. 6)
enum class RegressionFamily { sinusoid, polynomial, exponential };
inline constexpr std::size_t regression_families = 3;
std::string_view regression_name(RegressionFamily family);

/// A drawn function: samples at uniform x ∈ [−2, 2] with noise, and a fixed noise-free grid for validation. Inputs are
/// halved, outputs standardised by the mean and deviation of the training outputs (n − 1 in the deviation).
/// The paper says neither how many points nor how much noise: 20, 40 and N(0, .1²).
struct RegressionTask {
  static constexpr std::size_t train = 20, validation = 40;
  static constexpr double noise = 0.1;
  RegressionFamily family;
  double x[train], y[train];
  double grid_x[validation], grid_y[validation];
};
RegressionTask draw_regression(RegressionFamily family, std::uint64_t seed);

/// What learns a regression task in the paper: 1-32-1, tanh, mean squared error (eqs. 7, 8). The parameters are W₁
/// [32], b₁ [32], W₂ [32], b₂.
struct RegressionNetwork {
  static constexpr std::size_t hidden = 32, parameters = 3 * hidden + 1;
  /// "Scaled Gaussian": weights N(0, 1/inputs), biases 0.
  static void sample_start(RandomStream& stream, MutReals start_d);
};

struct RegressionOptions {
  std::vector<std::size_t> hidden = {RegressionNetwork::hidden};
  std::string activation = "tanh";  ///< or relu, elu
  double target_scale = 1;          ///< the standardised outputs times this
};
/// The training loss of a network on a task as a function of its weights; its validation loss is that on the grid.
std::unique_ptr<Landscape> make_regression(const RegressionTask& task, const RegressionOptions& options = {});
/// That validation loss as a surface, with gradients.
std::unique_ptr<Landscape> make_regression_judge(const RegressionTask& task, const RegressionOptions& options = {});

}  // namespace rover
