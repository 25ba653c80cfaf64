#pragma once
#include <functional>

#include "agents/env_policy.h"
#include "training/policy_task.h"

namespace rover {

/// A validation or test set of any environment: one episode from each of some seeds, the same for every policy.
class EnvEpisodes {
 public:
  using MakeEnv = std::function<std::unique_ptr<VectorEnv>(std::size_t size)>;
  using MakePolicy = std::function<std::unique_ptr<BatchPolicy>()>;
  /// `make` gives environments with autoreset disabled; they are kept. Throws UsageError for no seeds.
  EnvEpisodes(MakeEnv make, std::vector<std::uint64_t> seeds, std::size_t threads);
  /// Of the policy that `make` gives; the result does not depend on the number of threads.
  double mean_return(const MakePolicy& make);

 private:
  struct Player {
    std::unique_ptr<VectorEnv> env;
    Rollout played;
  };
  MakeEnv make_;
  std::vector<std::uint64_t> seeds_;
  std::size_t rows_;
  std::vector<std::unique_ptr<Player>> players_;  ///< one a thread, made when it first plays
};

/// Any environment of environments() as a task: episodes by seeds, rescaled for policies.
///
/// Observations are rescaled by their mean and standard deviation in `probed` episodes of random actions, and a
/// decision u ∈ [−1, 1] to the bounds of the action space. Where the environment has a setting `seed` (for what it
/// draws once, such as a pool of surfaces) and none is given, training, validation and test each have their own.
class EnvTask final : public PolicyTask {
 public:
  static constexpr std::size_t probed = 64;
  /// Throws UsageError for an unknown id, settings that the environment refuses, or an action without bounds.
  EnvTask(std::string id, Settings settings, std::uint64_t seed, std::size_t threads = 0);
  static std::vector<std::string> metric_names() { return {"validation/return"}; }
  PolicyShape shape() const override;
  std::unique_ptr<VectorEnv> make(std::size_t size) const override;
  /// By the mean return on episodes("validation", …).
  std::unique_ptr<PolicyValidation> validation(std::size_t episodes) const override;
  std::vector<std::string> validation_metrics() const override { return metric_names(); }
  std::string id() const override { return id_; }
  Settings description() const override { return settings_; }
  const Rescaling* rescaling() const override { return &rescaling_; }

  EnvPolicy model(const RecurrentPolicy& policy) const;
  /// Root mean square of the returns of random actions, the typical size of a return.
  double return_size() const { return return_size_; }
  /// `purpose`: "validation", "test". Where the environment takes a seed, each has its own.
  EnvEpisodes episodes(const std::string& purpose, std::size_t count) const;
  /// The baselines: random_actions, and 0 brought into the action space.
  std::unique_ptr<BatchPolicy> random_actions() const;
  std::unique_ptr<BatchPolicy> zero_actions() const;

 private:
  std::unique_ptr<VectorEnv> make_raw(const std::string& purpose, std::size_t size) const;

  std::string id_;
  Settings settings_;
  std::uint64_t seed_;
  std::size_t threads_;
  bool has_seed_ = false;  ///< whether the environment has a setting `seed` that was not given
  Rescaling rescaling_;
  double return_size_ = 0;
};

}  // namespace rover
