#pragma once
#include "training/kept_metrics.h"
#include "training/trainers.h"
#include "training/unroll/mlp_learner.h"

namespace rover {

/// How an update rule is meta-trained.
struct LoptTrainerOptions {
  MlpLearnerOptions learner = MlpLearnerOptions::stable();
  std::uint64_t meta_steps_per_step = 20;
  std::uint64_t validation = 256, validate_every = 10;
  std::uint64_t test = 512;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("steps", learner.unroll.steps, "T: steps of the inner loop", in(1, 1000));
    visit("output_scale", learner.unroll.output_scale, "the rule's output times this is the step", above(0, 100));
    visit("gradient_clip", learner.unroll.gradient_clip,
          "norm that a task's gradient is shortened to, step by step on the way back; 0: it is not", in(0, 1e9));
    visit("log_loss", learner.unroll.log_loss, "the meta-loss is the mean of ln(L + .1), not of L");
    visit("meta_steps", learner.meta_steps, "updates of the rule", in(1, 1e7));
    visit("tasks", learner.tasks, "tasks of a meta-step", in(1, 4096));
    visit("family", learner.family, "what is learned: one family of regression tasks, or all",
          one_of("all", "sinusoid", "polynomial", "exponential"));
    visit("learning_rate", learner.learning_rate, "of the outer Adam", above(0, 1e3));
    visit("cosine", learner.cosine, "the learning rate falls by a cosine");
    visit("clip", learner.clip, "norm that the meta-gradient is shortened to", above(0, 1e9));
    visit("start_deviation", learner.start_deviation, "deviation of the rule's first weights", in(0, 10));
    visit("meta_steps_per_step", meta_steps_per_step, "meta-steps between two reports", in(1, 10000));
    visit("validation", validation, "tasks of the validation set", in(1, 16384));
    visit("validate_every", validate_every, "reports between two validations", in(1, 1e6));
    visit("test", test, "fresh tasks of the final test", in(1, 16384));
  }
};

/// Meta-trains the rule of agents/learned/mlp_rule.h on regression tasks, through the unrolled inner loop. Logs
/// lopt/loss (mean validation loss of a meta-step's tasks), validation/loss (the same of fixed tasks),
/// and at the end, on fresh tasks, test/loss and test/median
/// beside those of the rule's first weights, test/untrained.
class LoptTrainer final : public Trainer {
 public:
  /// Throws UsageError when the options do not fit.
  LoptTrainer(const LoptTrainerOptions& options, const TrainerPlace& place);
  std::uint64_t steps_done() const override;
  std::uint64_t steps_total() const override;
  std::string phase() const override { return "meta-training"; }
  std::vector<std::string> metric_names() const override;
  void step(Metrics& metrics) override;
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  void save_model(Checkpoint& out) const override;
  std::unique_ptr<Agent> agent() const override;

 private:
  LoptTrainerOptions options_;
  std::uint64_t seed_;
  MlpLearner learner_;
  KeptMetrics tested_;
};

/// Adds the trainer `lopt`. Again: does nothing.
void register_lopt_trainer();

}  // namespace rover
