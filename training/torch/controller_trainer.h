#pragma once
#include "training/controller_task.h"
#include "training/evolution.h"
#include "training/torch/ddpg.h"
#include "training/trainers.h"

namespace rover {

/// Everything about training a controller: what `rover train controller` reads.
struct ControllerTrainerOptions {
  SearchEnvOptions env;
  PolicyOptions policy{.hidden = 16, .memory = "none", .output_scale = 0};  ///< starts as the tuned rule
  std::string learner = "evolution";
  DdpgOptions ddpg{.episodes = 64,
                   .updates = 24,
                   .capacity = 2048,
                   .in_memory = 2048,
                   .learning_starts = 256,
                   .warmup_noise = 0.3,
                   .reward_scale = 1,
                   .validation = 1000};
  EvolutionOptions evolution{.generations = 300, .pairs = 16, .episodes = 128, .sigma = 0.1, .validation = 1000};
  std::uint64_t test = 2000;         ///< surfaces of the final test
  std::uint64_t test_budget = 1000;  ///< evaluations there; the horizon grows with it
  template <class Visit>
  void fields(Visit&& visit) {
    visit("env", env, "the search and its surfaces");
    visit("policy", policy, "the controller");
    visit("learner", learner, "who learns", one_of("ddpg", "evolution"));
    visit("ddpg", ddpg, "recurrent DDPG");
    visit("evolution", evolution, "evolution strategies");
    visit("test", test, "fresh surfaces of the final test", in(1, 100000));
    visit("test_budget", test_budget, "evaluations of its episodes", in(1, 1e6));
  }
};

/// A learned controller of the search that counts its evaluations, by evolution strategies or recurrent DDPG in
/// Rover/PerEvaluation-v0. Ends with a test on fresh surfaces beside the baselines: the tuned rule (u = 0) and random
/// actions, all on the same surfaces. Metrics, for the target 1e-3: test/evaluations (geometric mean, the budget
/// where the target was not reached), test/solved_100, test/solved_200, test/solved (within the budget), the same with
/// test/rule_… and test/random_…; test/ratio, the geometric mean over the rule's, and its bootstrap 95 % interval
/// test/ratio_low, test/ratio_high; test/mean_ratio over all targets; test/random_ratio.
class ControllerTrainer final : public Trainer {
 public:
  /// Throws UsageError when the options do not fit.
  ControllerTrainer(const ControllerTrainerOptions& options, const TrainerPlace& place);
  ~ControllerTrainer() override;
  std::uint64_t steps_done() const override;
  std::uint64_t steps_total() const override;
  std::string phase() const override { return "controller"; }
  std::vector<std::string> metric_names() const override;
  void step(Metrics& metrics) override;
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  void save_model(Checkpoint& out) const override;  ///< a ControllerModel, with the test's figures once it is done
  std::unique_ptr<Agent> agent() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
