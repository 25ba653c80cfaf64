#include "training/torch/ddpg_trainer.h"

#include <algorithm>

namespace rover {
namespace {

constexpr double wanted_return = 5;  // of random actions: what the critics have to learn is of this size

DdpgOptions scaled(DdpgOptions options, const EnvTask& task) {
  const double size = std::max(task.return_size(), 1e-9);
  if (options.reward_scale == 0) options.reward_scale = task.return_size() > 0 ? wanted_return / size : 1;
  return options;
}

}  // namespace

DdpgTrainer::DdpgTrainer(const DdpgTrainerOptions& options, const TrainerPlace& place)
    : DdpgTrainer(options, place, std::make_shared<const EnvTask>(options.env, options.env_settings, place.seed)) {}

DdpgTrainer::DdpgTrainer(const DdpgTrainerOptions& options, const TrainerPlace& place,
                         std::shared_ptr<const EnvTask> task)
    : EnvTrainer(task,
                 std::make_unique<DdpgLearner>(PolicyProblem{task, options.policy, place.seed, place.folder},
                                               scaled(options.ddpg, *task)),
                 options.ddpg.iterations, DdpgLearner::metric_names(), options.test) {}

}  // namespace rover
