#pragma once
#include "agents/rollout.h"
#include "agents/search/search_env.h"
#include "core/statistics.h"
#include "training/policy_task.h"

namespace rover {

/// Evaluations that a controller took to each target, on fixed surfaces: the measure of controllers.
struct ControllerScore {
  std::size_t targets = 0;
  std::vector<double> evaluations;            ///< [surfaces, Q]; the budget where a target was not reached
  double mean_log(std::size_t target) const;  ///< mean of ln evaluations over surfaces
  double mean_log() const;                    ///< over surfaces and targets: what training minimises, up to a constant
  /// Part of the surfaces on which the target was reached within `evaluations`, which is less than the budget.
  double solved(std::size_t target, double within) const;
};

/// A paired comparison on common surfaces: the ratio of geometric means of evaluations to a target.
RatioInterval paired_ratio(const ControllerScore& score, const ControllerScore& reference, std::size_t target,
                           std::uint64_t seed);

/// A validation or test set: surfaces and search seeds that are the same for every controller.
class ControllerEpisodes {
 public:
  /// `count` surfaces drawn under `seed`, which must not be a training seed.
  ControllerEpisodes(const SearchEnvOptions& options, std::size_t count, std::uint64_t seed, std::size_t threads = 1);
  ControllerScore rule() const;    ///< of the tuned rule, u = 0
  ControllerScore random() const;  ///< of random_actions
  ControllerScore score(const RecurrentPolicy& policy) const;

 private:
  ControllerScore play(const std::function<std::unique_ptr<BatchPolicy>(const VectorEnv&)>& make_policy) const;
  SearchEnvOptions options_;
  std::shared_ptr<const InstancePool> pool_;
  std::uint64_t seed_;
  std::size_t threads_;
};

/// Steering the search that counts its evaluations, Rover/PerEvaluation-v0.
class ControllerTask final : public PolicyTask {
 public:
  /// Draws the training surfaces under `seed`.
  ControllerTask(const SearchEnvOptions& options, std::uint64_t seed, std::size_t threads = 1);
  static std::vector<std::string> metric_names();
  PolicyShape shape() const override {
    return {SearchController::features, 0, SearchController::decisions, ActionMap::direct};
  }
  std::unique_ptr<VectorEnv> make(std::size_t size) const override;
  std::unique_ptr<PolicyValidation> validation(std::size_t episodes) const override;
  std::vector<std::string> validation_metrics() const override { return metric_names(); }
  std::string id() const override { return "rover/per-evaluation-v0"; }
  Settings description() const override { return to_settings(options_); }

 private:
  SearchEnvOptions options_;
  std::uint64_t seed_;
  std::size_t threads_;
  std::shared_ptr<const InstancePool> pool_;
};

}  // namespace rover
