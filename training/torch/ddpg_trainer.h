#pragma once
#include "training/env_trainer.h"
#include "training/torch/ddpg.h"

namespace rover {

struct DdpgTrainerOptions : EnvTrainerOptions {
  PolicyOptions policy{.memory = "none"};  ///< lstm helps where observations leave state hidden
  DdpgOptions ddpg{.iterations = 200,
                   .episodes = 32,
                   .updates = 24,
                   .batch = 32,
                   .capacity = 2048,
                   .in_memory = 2048,
                   .learning_starts = 128,
                   .gamma = 0.99,
                   .reward_scale = 0,
                   .reward_clip = 1e9,
                   .validation = 200};
  template <class Visit>
  void fields(Visit&& visit) {
    EnvTrainerOptions::fields(visit);
    visit("policy", policy, "the policy");
    visit("ddpg", ddpg, "recurrent DDPG; reward_scale 0: 5 over the size of random actions' returns");
  }
};

/// `rover train ddpg --set env=ID`: recurrent DDPG on a registered environment.
class DdpgTrainer final : public EnvTrainer {
 public:
  /// Throws UsageError when the options do not fit the environment.
  DdpgTrainer(const DdpgTrainerOptions& options, const TrainerPlace& place);

 private:
  DdpgTrainer(const DdpgTrainerOptions& options, const TrainerPlace& place, std::shared_ptr<const EnvTask> task);
};

}  // namespace rover
