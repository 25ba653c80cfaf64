#pragma once
#include "training/env_task.h"
#include "training/evolution.h"
#include "training/kept_metrics.h"
#include "training/policy_learner.h"
#include "training/trainers.h"

namespace rover {

/// Trains a policy on a registered environment (EnvTask) by some PolicyLearner, and ends with a test on fresh episodes
/// beside the baselines. Metrics: validation/return, the learner's, and at the end the mean returns
/// test/return_learned, test/return_random_actions and test/return_zero_actions. The model is an EnvPolicy with the
/// test's figures.
class EnvTrainer : public Trainer {
 public:
  ~EnvTrainer() override;
  std::uint64_t steps_done() const override { return learner_->steps_done(); }
  std::uint64_t steps_total() const override { return steps_; }
  std::string phase() const override { return "policy"; }
  std::vector<std::string> metric_names() const override;
  void step(Metrics& metrics) override;
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  void save_model(Checkpoint& out) const override;
  std::unique_ptr<BatchPolicy> policy() const override;

 protected:
  /// `test`: episodes of the final test.
  EnvTrainer(std::shared_ptr<const EnvTask> task, std::unique_ptr<PolicyLearner> learner, std::uint64_t steps,
             std::vector<std::string> learner_metrics, std::uint64_t test);

 private:
  std::shared_ptr<const EnvTask> task_;
  std::unique_ptr<PolicyLearner> learner_;
  std::uint64_t steps_, test_;
  std::vector<std::string> learner_metrics_;
  KeptMetrics tested_;
};

/// What the trainers of registered environments have in common: `env` names one, and env.KEY are its own settings.
struct EnvTrainerOptions {
  Settings env_settings;  ///< as the environment's entry takes them
  std::string env;
  std::uint64_t test = 400;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("env", env, "the environment, by its id (rover list envs)");
    visit("env", env_settings, "a setting KEY of that environment (rover list envs ID)");
    visit("test", test, "fresh episodes of the final test", in(1, 16384));
  }
};

struct EsTrainerOptions : EnvTrainerOptions {
  PolicyOptions policy{.hidden = 16, .memory = "none"};  ///< lstm helps where observations leave state hidden
  EvolutionOptions evolution{.generations = 300, .validation = 200};
  template <class Visit>
  void fields(Visit&& visit) {
    EnvTrainerOptions::fields(visit);
    visit("policy", policy, "the policy; memory=lstm pays where observations hide something");
    visit("evolution", evolution, "evolution strategies");
  }
};

/// `rover train es --set env=ID`: evolution strategies, without LibTorch.
class EsTrainer final : public EnvTrainer {
 public:
  /// Throws UsageError when the options do not fit the environment.
  EsTrainer(const EsTrainerOptions& options, const TrainerPlace& place);

 private:
  EsTrainer(const EsTrainerOptions& options, const TrainerPlace& place, std::shared_ptr<const EnvTask> task);
};

/// Adds the trainer `es`; a second call does nothing.
void register_es_trainer();

}  // namespace rover
