#include "training/step_control_task.h"

#include "training/step_control_episodes.h"

namespace rover {
namespace {

class StepControlValidation final : public PolicyValidation {
 public:
  explicit StepControlValidation(StepControlEpisodes episodes) : episodes_(std::move(episodes)) {}
  double objective(const RecurrentPolicy& policy, Metrics& metrics) override {
    const PolicyScore score = episodes_.score(policy);
    metrics.log("validation/mean_regret", score.mean);
    metrics.log("validation/mean_log10", score.mean_log10);
    metrics.log("validation/median_regret", score.median);
    return score.objective();
  }

 private:
  StepControlEpisodes episodes_;
};

}  // namespace

std::size_t observation_size(const StepControlOptions& options, const Heading& heading) {
  const ObservationParts parts = parse_observation(options.observation);
  return parts.size(options.grid_size, heading.feature_count());
}

StepControlTask::StepControlTask(const StepControlOptions& options, std::shared_ptr<const Heading> heading,
                                 std::uint64_t seed)
    : options_(options), heading_(std::move(heading)), seed_(seed) {
  const auto first =
      make_step_control(1, options_, heading_, Autoreset::disabled, nullptr, derive_seed(seed, 0, "pool"));
  pool_ = std::make_shared<const InstancePool>(first->pool());
}

std::vector<std::string> StepControlTask::metric_names() {
  return {"validation/mean_regret", "validation/mean_log10", "validation/median_regret"};
}

PolicyShape StepControlTask::shape() const {
  return {observation_size(options_, *heading_), options_.grid_size, 2, ActionMap::rates};
}

std::unique_ptr<VectorEnv> StepControlTask::make(std::size_t size) const {
  return make_step_control(size, options_, heading_, Autoreset::disabled, pool_);
}

std::unique_ptr<PolicyValidation> StepControlTask::validation(std::size_t episodes) const {
  return std::make_unique<StepControlValidation>(
      StepControlEpisodes(options_, heading_, episodes, derive_seed(seed_, 0, "validation")));
}

Settings StepControlTask::description() const {
  Settings out = to_settings(options_);
  out["heading"] = heading_->name();
  return out;
}

}  // namespace rover
