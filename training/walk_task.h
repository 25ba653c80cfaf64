#pragma once
#include <memory>
#include <vector>

#include "agents/nn/recurrent_policy.h"
#include "env/walk_env.h"
#include "training/policy_task.h"

namespace rover {

/// Looks that a policy took to each target on fixed surfaces.
struct WalkScore {
  std::size_t targets = 0;
  std::vector<double> looks;    ///< [surfaces, Q]; missed · T where a target was not reached
  std::vector<double> returns;  ///< [surfaces]
  /// Geometric mean of the looks to a target.
  double looks_to(std::size_t target) const;
  double mean_return() const;
};

/// A validation or test set of the walk: fixed surfaces of make_walk_pool.
class WalkEpisodes {
 public:
  /// `count` surfaces drawn under `seed`, which must not be a training seed.
  WalkEpisodes(const WalkEnvOptions& options, std::shared_ptr<const Heading> heading, std::size_t count,
               std::uint64_t seed, std::size_t threads);
  WalkScore score(BatchPolicy& policy);
  WalkScore score(const RecurrentPolicy& policy);
  /// The baseline `random_actions`: u uniform in [−1, 1]², as of the deployed Rover with policy=random.
  WalkScore random_actions();

 private:
  std::unique_ptr<WalkEnv> env_;
  std::vector<std::uint64_t> seeds_;
  std::vector<std::size_t> instances_;
  Rollout played_;
  std::size_t targets_;
};

/// The deployed Rover's walk (env/walk_env.h) with a fixed heading. Validation minimises the mean logarithm of the
/// looks to the targets.
class WalkTask final : public PolicyTask {
 public:
  /// Draws the training surfaces under `seed`.
  WalkTask(const WalkEnvOptions& options, std::shared_ptr<const Heading> heading, std::uint64_t seed,
           std::size_t threads = 1);
  static std::vector<std::string> metric_names();
  PolicyShape shape() const override;
  std::unique_ptr<VectorEnv> make(std::size_t size) const override;
  std::unique_ptr<PolicyValidation> validation(std::size_t episodes) const override;
  std::vector<std::string> validation_metrics() const override { return metric_names(); }
  std::string id() const override { return "rover/walk-v0"; }
  Settings description() const override;

 private:
  WalkEnvOptions options_;
  std::shared_ptr<const Heading> heading_;
  std::uint64_t seed_;
  std::size_t threads_;
  std::shared_ptr<const InstancePool> pool_;
};

/// The target that reported figures refer to: 1e-3, or the last if it is not among them.
std::size_t main_target(const WalkEnvOptions& options);

}  // namespace rover
