#pragma once
#include <memory>
#include <string>
#include <vector>

#include "agents/nn/recurrent_policy.h"
#include "env/step_control_env.h"

namespace rover {

/// Final normalised regrets of a policy on fixed instances of the POMDP.
struct PolicyScore {
  double mean = 0;        ///< regrets above 10 count as 10
  double mean_log10 = 0;  ///< of regrets floored at 1e-10
  double median = 0;
  std::vector<double> family_mean, family_log10;  ///< in the order of the pool's families
  /// What selection minimises: the mean decides between policies that fail, the logarithm between those that do not.
  double objective() const;
};

/// A validation or test set of the POMDP: fixed instances and starts, α₀ and δ₀ drawn once from the training ranges.
class StepControlEpisodes {
 public:
  /// `count` instances drawn under `seed`, which must not be a training seed. `options` as for training; shears and
  /// warps apply as they say.
  StepControlEpisodes(const StepControlOptions& options, std::shared_ptr<const Heading> heading, std::size_t count,
                      std::uint64_t seed);
  /// Plays `policy` once from each start. Not thread-safe: the set owns its environment.
  PolicyScore score(BatchPolicy& policy);
  PolicyScore score(const RecurrentPolicy& policy);
  /// The same with all episodes starting from one α₀ and δ₀.
  PolicyScore score_from(BatchPolicy& policy, double log_step_size, double log_resolution);
  const std::vector<std::string>& families() const { return env_->pool().families; }

 private:
  PolicyScore play(BatchPolicy& policy, std::span<const StepControlEnv::Start> starts);
  std::unique_ptr<StepControlEnv> env_;
  std::vector<std::uint64_t> seeds_;
  std::vector<StepControlEnv::Start> starts_;
  Rollout played_;
};

/// A fixed schedule: every action multiplies α by 2^u_α and δ by 2^u_δ. (0, 0) keeps both constant.
ConstantActions schedule_policy(float u_step_size, float u_resolution);

/// What a learned policy has to beat: the best constant α and δ, and the best geometric schedule (start and factors),
/// both chosen on `validation` by the smallest objective and measured on `test`.
struct TunedBaselines {
  double constant_step_size, constant_resolution;
  double schedule_step_size, schedule_resolution, schedule_u_step_size, schedule_u_resolution;
  PolicyScore constant, schedule;
};
TunedBaselines tune_baselines(StepControlEpisodes& validation, StepControlEpisodes& test);

}  // namespace rover
