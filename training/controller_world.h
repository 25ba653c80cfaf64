#pragma once
#include "agents/runner.h"
#include "agents/search/search_env.h"
#include "training/policy_world.h"

namespace rover {

/// Evaluations that a controller took to each target, on fixed surfaces: what exams of controllers measure.
struct ControllerScore {
  std::size_t targets = 0;
  std::vector<double> evaluations;            ///< [surfaces, Q]; the budget where a target was not reached
  double mean_log(std::size_t target) const;  ///< mean of ln evaluations over surfaces
  double mean_log() const;                    ///< over surfaces and targets: what training minimises, up to a constant
  /// Part of the surfaces on which the target was reached within `evaluations`, which is less than the budget.
  double solved(std::size_t target, double within) const;
};

/// A paired comparison on common surfaces: the ratio of geometric means of evaluations to a target, with a bootstrap 95
/// % interval over surfaces (percentiles of 2000 resamples).
struct PairedRatio {
  double ratio, low, high;
};
PairedRatio paired_ratio(const ControllerScore& score, const ControllerScore& reference, std::size_t target,
                         std::uint64_t seed);

/// Surfaces and search seeds that are the same for everybody who is measured.
class ControllerExam {
 public:
  /// `count` surfaces drawn under `seed`, which must not be a training seed.
  ControllerExam(const PerEvaluationTask& task, std::size_t count, std::uint64_t seed, std::size_t threads = 1);
  ControllerScore rule() const;
  ControllerScore random() const;
  ControllerScore score(const RecurrentPolicy& policy) const;

 private:
  ControllerScore play(const std::function<std::unique_ptr<BatchPolicy>()>& make_policy) const;
  PerEvaluationTask task_;
  std::shared_ptr<const InstancePool> pool_;
  std::uint64_t seed_;
  std::size_t threads_;
};

/// Rover/PerEvaluation-v0 as a world to learn in. Fitness is the return.
class ControllerWorld final : public PolicyWorld {
 public:
  /// Draws the training surfaces under `seed`.
  ControllerWorld(const PerEvaluationTask& task, std::uint64_t seed, std::size_t threads = 1);
  static std::vector<std::string> metric_names();
  PolicyShape shape() const override {
    return {SearchController::features, 0, SearchController::decisions, ActionMap::direct};
  }
  std::size_t horizon() const override { return task_.horizon; }
  std::unique_ptr<VectorEnv> make(std::size_t size) const override;
  std::vector<double> draw_starts(RandomStream& stream,
                                  std::size_t episodes) const override;  ///< [episodes, 2]: instance, seed
  void start(VectorEnv& env, std::uint64_t seed, std::span<const double> starts, Batch out) const override;
  std::unique_ptr<PolicyValidation> validation(std::size_t episodes) const override;
  std::vector<std::string> validation_metrics() const override { return metric_names(); }
  std::string id() const override { return "rover/per-evaluation-v0"; }
  Settings description() const override { return to_settings(task_); }

 private:
  PerEvaluationTask task_;
  std::uint64_t seed_;
  std::size_t threads_;
  std::shared_ptr<const InstancePool> pool_;
};

}  // namespace rover
