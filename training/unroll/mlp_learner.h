#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/settings.h"
#include "training/adam.h"
#include "training/meta/meta_learner.h"
#include "training/unroll/mlp_unroll.h"

namespace rover {

/// How the rule of agents/learned/mlp_rule.h is meta-trained on regression tasks ("Second-Order Structure in Learned
/// Optimizers", sections 3.4 and 3.5).
struct MlpLearnerOptions {
  UnrollOptions unroll;
  std::uint64_t meta_steps = 1000;
  std::uint64_t tasks = 16;       ///< a meta-step
  std::string family = "all";     ///< sinusoid, polynomial, exponential or all: each task's is drawn
  bool shuffled_targets = false;  ///< a control: each task's targets are permuted, so that nothing can be learned
  double learning_rate = 1e-3;    ///< of Adam
  bool cosine = false;            ///< the learning rate falls by a cosine to 3 % of itself
  double weight_decay = 0;        ///< a meta-step also shortens α by this times the learning rate
  double clip = 1;                ///< the meta-gradient's norm at most
  double start_deviation = 0.1;   ///< α₀: weights N(0, σ²), biases 0

  template <class Visit>
  void fields(Visit&& visit) {
    visit("steps", unroll.steps, "T: steps of the inner loop", in(1, 1000));
    visit("units", unroll.units, "hidden units of the base network", in(1, RegressionNetwork::hidden));
    visit("gradient_clip", unroll.gradient_clip,
          "norm that a task's gradient is shortened to, step by step on the way back; 0: it is not", in(0, 1e9));
    visit("log_loss", unroll.log_loss, "the meta-loss is the mean of ln(L + .1), not of L");
    visit("meta_steps", meta_steps, "updates of the rule", in(1, 1e7));
    visit("tasks", tasks, "tasks of a meta-step", in(1, 4096));
    visit("family", family, "what is learned: one family of regression tasks, or all",
          one_of("all", "sinusoid", "polynomial", "exponential"));
    visit("learning_rate", learning_rate, "of the outer Adam", above(0, 1e3));
    visit("cosine", cosine, "the learning rate falls by a cosine");
    visit("weight_decay", weight_decay, "of the outer Adam, decoupled", in(0, 100));
    visit("clip", clip, "norm that the meta-gradient is shortened to", above(0, 1e9));
    visit("start_deviation", start_deviation, "deviation of the rule's first weights", in(0, 10));
  }

  /// As printed, where the paper prints it; the deviation is ours: it gives the distances of its table.
  static MlpLearnerOptions literal() { return {}; }
  /// What keeps all seeds finite: a shorter step, ln(L + .1), per-task clipping on the way back.
  static MlpLearnerOptions stable();
};

/// The meta-training of one rule. Every task and start is a function of (seed, meta-step, index).
class MlpLearner final : public MetaLearner {
 public:
  /// Throws UsageError for options that cannot be.
  MlpLearner(const MlpLearnerOptions& options, std::uint64_t seed);
  /// One meta-step: draws tasks, unrolls, goes back, updates. Returns the mean validation loss over the tasks before
  /// the update.
  double step() override;
  std::uint64_t steps_done() const override { return steps_; }
  std::span<const float> weights() const override { return alpha_; }
  void set_alpha(std::span<const float> alpha);
  /// From now on, tasks of this family for base networks of so many units.
  void set_tasks(const std::string& family, std::size_t units);
  /// The outer Adam begins anew.
  void forget_moments() { adam_ = Adam<float>(MlpRule::parameters); }
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;

 private:
  MlpLearnerOptions options_;
  std::uint64_t seed_, steps_ = 0;
  RegressionBatch tasks_;
  MlpUnroll unroll_;
  std::vector<float> alpha_, update_, losses_;
  std::vector<double> gradient_;
  Adam<float> adam_;
};

/// `count` tasks of a family with their starts, drawn from the seed.
RegressionBatch regression_tasks(const std::string& family, std::size_t count, std::uint64_t seed);
/// The validation losses of a rule on them after the options' unroll.
std::vector<double> regression_losses(const MlpLearnerOptions& options, std::span<const float> alpha, std::size_t count,
                                      std::uint64_t seed);
/// α₀ of a seed.
std::vector<float> initial_mlp_rule(double deviation, std::uint64_t seed);
/// Task k of a stream of tasks: one of the families that `family` names, drawn. Throws UsageError for an unknown name.
RegressionTask draw_regression(const std::string& family, std::uint64_t seed);

}  // namespace rover
