#pragma once
#include <memory>

#include "training/kept_metrics.h"
#include "training/meta/backprop_options.h"
#include "training/meta/evolution_meta_learner.h"
#include "training/trainers.h"
#include "training/unroll/mlp_learner.h"

namespace rover {

/// How an update rule is meta-trained.
struct LoptTrainerOptions {
  RuleOptions rule{.output_scale = MlpLearnerOptions::stable().unroll.output_scale};
  std::string learner = "unroll";
  MlpLearnerOptions unroll = MlpLearnerOptions::stable();
  BackpropMetaOptions backprop;
  EvolutionMetaOptions evolution;
  std::uint64_t meta_steps_per_step = 20;
  std::uint64_t validation = 256, validate_every = 10;
  std::uint64_t test = 512, test_steps = 100;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("rule", rule.rule,
          "what is trained: mlp, lstm, transformer, relative, small-fc, celo2, celo2-base, celo2-rates");
    visit("features", rule.features,
          "what lstm and transformer see of a coordinate: of raw, log, andrychowicz, rich, point and time what is "
          "wanted, joined by +");
    visit("hidden", rule.hidden, "units of lstm and transformer", in(1, 64));
    visit("window", rule.window, "steps that transformer remembers", in(1, 256));
    visit("output_scale", rule.output_scale, "the output of mlp, lstm and transformer times this is the step",
          above(0, 100));
    visit(
        "start", rule.start,
        "the first weights: random; of celo2 also momentum, whose direction is Nesterov's; or a run or model to go on "
        "from");
    visit("learner", learner,
          "unroll: back through the unrolled inner loop, mlp on regression tasks; backprop: the same for mlp, lstm, "
          "transformer and relative on any tasks (needs LibTorch); evolution: evolution strategies",
          one_of("unroll", "backprop", "evolution"));
    visit("unroll", unroll, "how it is trained by learner=unroll");
    visit("backprop", backprop, "how it is trained by learner=backprop");
    visit("evolution", evolution, "how it is trained by evolution strategies");
    visit("meta_steps_per_step", meta_steps_per_step, "meta-steps between two reports", in(1, 10000));
    visit("validation", validation, "tasks of the validation set", in(1, 16384));
    visit("validate_every", validate_every, "reports between two validations", in(1, 1e6));
    visit("test", test, "fresh tasks of the final test", in(1, 16384));
    visit("test_steps", test_steps, "steps on tasks of the validation set and the test; learner=unroll has its own",
          in(1, 1e6));
  }
};

/// Meta-trains an update rule. Logs lopt/loss (what the learner reports), validation/loss (mean final loss on fixed
/// tasks), and at the end, on fresh tasks, test/loss and test/median beside test/untrained (the rule's first weights)
/// and test/adam, Adam with the constant learning rate that is best on the validation set. For learner=backprop and
/// evolution, whose tasks may differ in size, the validation is validation/log_loss, the mean of bounded_log_loss();
/// test/untrained_log_loss and test/adam_log_loss are the same of the other two, and the weights with the best
/// validation are what is kept.
///
/// A final loss is that on data which the surface was not made of, where the rule learned from such (`unroll`); else
/// the surface's own, without noise. It counts at most 1.5 times the loss at the start.
class LoptTrainer : public Trainer {
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
  using MakeAgent = std::function<std::unique_ptr<Agent>()>;
  std::vector<double> final_losses(const MakeAgent& make, std::uint64_t tasks, const char* purpose,
                                   bool relative) const;
  double validation_of(const MakeAgent& make) const;
  void validate(Metrics& metrics);
  void test(Metrics& metrics);
  TrainedRule trained(std::span<const float> weights) const;
  LoptTrainerOptions options_;
  std::uint64_t seed_, meta_steps_;
  bool on_any_task_;  ///< not only on regression tasks
  TaskDistribution tasks_;
  std::unique_ptr<MetaLearner> learner_;
  std::vector<float> first_, best_;
  double best_loss_;
  KeptMetrics tested_;
};

/// Whether these settings of the trainer ask for a learner that this program does not have.
bool lopt_lacks_libtorch(const Settings& settings);

/// Adds the trainer `lopt`. Again: does nothing.
void register_lopt_trainer();

}  // namespace rover
