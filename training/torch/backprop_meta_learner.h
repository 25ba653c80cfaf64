#pragma once
#include <string>
#include <vector>

#include "training/meta/backprop_options.h"
#include "training/meta/outer_adamw.h"

namespace rover {

/// The meta-loss J of a rule's weights, the mean over the tasks, after walks of `steps` steps by RuleWalk, as the agent
/// `lopt` walks; and its gradient [P], second derivatives of the surfaces included, or empty for the loss alone.
///
/// The way there keeps θ_t, g_t and what the rule remembered, so memory is linear in `steps`. The way back takes each
/// step anew by the rule's twin (rule_twins_torch.h), whose vector-Jacobian product LibTorch computes, and adds
/// H(θ_t)·∂J/∂g_t on the minibatch of that step (Landscape::hessian_product). So any surface with gradients will do.
/// A walk that stops being finite does not count in the gradient, and the losses that it did not reach count as 1.5
/// times its first. Throws UsageError for a rule without a twin, std::runtime_error for a loss that has no logarithm.
double unrolled_loss(const BackpropMetaOptions& options, std::span<const float> weights,
                     std::span<const DrawnTask> tasks, std::uint64_t steps, std::span<double> gradient);

/// Meta-training by unrolled_loss(). Every task is a function of (seed, meta-step, index).
class BackpropMetaLearner final : public MetaLearner {
 public:
  /// Throws UsageError for options that cannot be.
  BackpropMetaLearner(const BackpropMetaOptions& options, DrawTask draw, std::uint64_t seed);
  /// On tasks drawn from options.tasks.
  BackpropMetaLearner(const BackpropMetaOptions& options, std::uint64_t seed);
  std::uint64_t steps_done() const override { return steps_; }
  double step() override;
  std::span<const float> weights() const override { return current_; }
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  /// Of the last step, before it was shortened.
  std::span<const double> gradient() const { return gradient_; }
  /// T of a meta-step.
  std::uint64_t horizon(std::uint64_t meta_step) const;

 private:
  BackpropMetaOptions options_;
  DrawTask draw_;
  std::uint64_t seed_, steps_ = 0;
  std::vector<double> weights_, gradient_;
  std::vector<float> current_;
  OuterAdamW outer_;
};

}  // namespace rover
