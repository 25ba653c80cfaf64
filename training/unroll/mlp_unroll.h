#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "agents/learned/mlp_rule.h"
#include "env/landscapes/regression.h"

namespace rover {

/// How the rule of agents/learned/mlp_rule.h is unrolled and judged ("Second-Order Structure in Learned Optimizers",
/// section 3.4). `literal`: what the paper prints. `stable`: what keeps all seeds finite.
struct UnrollOptions {
  std::uint64_t steps = 30;  ///< T
  double output_scale = 1;   ///< Δθ times this
  double gradient_clip = 0;  ///< > 0: on the way back ∂J/∂θ_t of each task is shortened to this norm; 0: it is not
  bool log_loss = false;     ///< J is the mean of ln(L + .1) instead of the mean of L
  std::size_t units = RegressionNetwork::hidden;  ///< of the base network that are there, the first ones: its capacity
  static UnrollOptions literal() { return {}; }
  static UnrollOptions stable() { return {30, 0.2, 0.05, true}; }
};

/// Regression tasks with start points, side by side: entry [row · stride() + b] belongs to task b.
class RegressionBatch {
 public:
  /// `size` ≥ 1 tasks.
  explicit RegressionBatch(std::size_t size);
  static constexpr std::size_t lanes = 16;  ///< the stride is a multiple of this
  std::size_t size() const { return size_; }
  std::size_t stride() const { return (size_ + lanes - 1) / lanes * lanes; }
  void set(std::size_t b, const RegressionTask& task, std::span<const double> start_d);
  std::span<const float> x() const { return x_; }
  std::span<const float> y() const { return y_; }
  std::span<const float> grid_y() const { return grid_y_; }
  std::span<const float> start() const { return start_; }
  const float* grid_x() const { return grid_x_; }

 private:
  std::size_t size_;
  std::vector<float> x_, y_, grid_y_, start_;
  float grid_x_[RegressionTask::validation];
};

/// The meta-loss J of α and its gradient, by hand: T steps of the rule on every task, L the validation loss after them
/// (eq. 14), and back through all of it, the gradients that the rule sees included. A SIMD lane is a task, so that
/// nothing is summed across lanes but the meta-gradient at the end, task by task in double: the same bits for any
/// vector width, but for fused multiplications. Nothing is allocated after the first call.
class MlpUnroll {
 public:
  explicit MlpUnroll(UnrollOptions options) : options_(options) {}
  const UnrollOptions& options() const { return options_; }
  /// Returns J. `gradient`: [81], or empty for the loss alone. `losses_b`: the validation losses, or empty. A task
  /// whose loss or gradient is not finite does not count in the gradient.
  double operator()(const RegressionBatch& tasks, std::span<const float> alpha, std::span<double> gradient,
                    std::span<float> losses_b);

 private:
  UnrollOptions options_;
  std::vector<float> memory_;
};

namespace reference {
/// J of the same unroll in plain code and double, without a gradient: finite differences of it are the test's.
double mlp_unroll(const UnrollOptions& options, const RegressionBatch& tasks, std::span<const double> alpha);
}  // namespace reference

}  // namespace rover
