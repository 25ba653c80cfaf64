#pragma once
#include <memory>
#include <vector>

#include "env/step_control_env.h"
#include "training/policy_task.h"

namespace rover {

/// Length of an observation of the POMDP under these options.
std::size_t observation_size(const StepControlOptions& options, const Heading& heading);

/// The POMDP of section 3.2.3 with a fixed heading. Evolution strategies do best with the reward log-regret.
class StepControlTask final : public PolicyTask {
 public:
  /// Draws the training surfaces under `seed`.
  StepControlTask(const StepControlOptions& options, std::shared_ptr<const Heading> heading, std::uint64_t seed);
  static std::vector<std::string> metric_names();
  PolicyShape shape() const override;
  std::unique_ptr<VectorEnv> make(std::size_t size) const override;
  std::unique_ptr<PolicyValidation> validation(std::size_t episodes) const override;
  std::vector<std::string> validation_metrics() const override { return metric_names(); }
  std::string id() const override { return "rover/step-control-v0"; }
  Settings description() const override;

 private:
  StepControlOptions options_;
  std::shared_ptr<const Heading> heading_;
  std::uint64_t seed_;
  std::shared_ptr<const InstancePool> pool_;
};

}  // namespace rover
