#pragma once
#include <memory>
#include <vector>

#include "env/step_control_env.h"
#include "training/policy_world.h"

namespace rover {

/// Length of an observation of the POMDP under these options.
std::size_t observation_size(const StepControlOptions& options, const Heading& heading);

/// Final normalised regrets of a policy on fixed instances of the POMDP.
struct PolicyScore {
  double mean = 0;        ///< regrets above 10 count as 10
  double mean_log10 = 0;  ///< of regrets floored at 1e-10
  double median = 0;
  std::vector<double> family_mean, family_log10;  ///< in the order of the pool's families
  /// What selection minimises: the mean decides between policies that fail, the logarithm between those that do not.
  double objective() const;
};

/// A fixed schedule: every action multiplies α by 2^u_α and δ by 2^u_δ. (0, 0) keeps both constant.
class SchedulePolicy final : public BatchPolicy {
 public:
  SchedulePolicy(float u_step_size, float u_resolution);
  void reset(std::size_t, std::uint64_t) override {}
  void act(std::span<const float> observations_bo, std::span<float> actions_ba) override;

 private:
  float rates_[2];
};

/// A set of episodes to measure policies on: fixed instances and starts, α₀ and δ₀ drawn once from the training ranges.
class PolicyExam {
 public:
  /// `count` instances drawn under `seed`, which must not be a training seed. `options` as for training; shears and
  /// warps apply as they say.
  PolicyExam(const StepControlOptions& options, std::shared_ptr<const Heading> heading, std::size_t count,
             std::uint64_t seed);
  /// Plays `policy` once from each start. Not thread-safe: an exam owns its environment.
  PolicyScore score(BatchPolicy& policy);
  PolicyScore score(const RecurrentPolicy& policy);
  /// The same with all episodes starting from one α₀ and δ₀.
  PolicyScore score_from(BatchPolicy& policy, double log_step_size, double log_resolution);
  const std::vector<std::string>& families() const { return env_->pool().families; }

 private:
  PolicyScore play(BatchPolicy& policy, std::span<const double> log_step_sizes,
                   std::span<const double> log_resolutions);
  std::unique_ptr<StepControlEnv> env_;
  std::vector<std::size_t> instances_;
  std::size_t horizon_;
  std::uint64_t seed_;
  std::vector<double> log_step_sizes_, log_resolutions_;
  BatchBuffer buffer_;
};

/// What a learned policy has to beat: the best constant α and δ, and the best geometric schedule (start and factors),
/// both chosen on `validation` by the smallest objective and measured on `test`.
struct TunedBaselines {
  double constant_step_size, constant_resolution;
  double schedule_step_size, schedule_resolution, schedule_u_step_size, schedule_u_resolution;
  PolicyScore constant, schedule;
};
TunedBaselines tune_baselines(PolicyExam& validation, PolicyExam& test);

/// The POMDP of section 3.2.3 with a fixed heading. Fitness is −⅓ Σ_t log10 max(regret_t, 1e-8): the precision that eq.
/// (7) asks for, without the noise of its denominator.
class StepControlWorld final : public PolicyWorld {
 public:
  /// Draws the training surfaces under `seed`.
  StepControlWorld(const StepControlOptions& options, std::shared_ptr<const Heading> heading, std::uint64_t seed);
  static std::vector<std::string> metric_names();
  PolicyShape shape() const override;
  std::size_t horizon() const override { return options_.horizon; }
  std::unique_ptr<VectorEnv> make(std::size_t size) const override;
  std::vector<double> draw_starts(RandomStream& stream,
                                  std::size_t episodes) const override;  ///< [episodes, 3]: instance, log α₀, log δ₀
  void start(VectorEnv& env, std::uint64_t seed, std::span<const double> starts, Batch out) const override;
  void add_fitness(const VectorEnv& env, const Batch& after, std::span<double> sums) const override;
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
