#pragma once
#include <memory>
#include <vector>

#include "agents/nn/recurrent_policy.h"
#include "env/env.h"
#include "training/trainer.h"

namespace rover {

/// A measurement by which the best of the learned policies is kept: always on the same episodes.
class PolicyValidation {
 public:
  virtual ~PolicyValidation() = default;
  /// What selection minimises; logs the world's `validation/…` metrics.
  virtual double objective(const RecurrentPolicy& policy, Metrics& metrics) = 0;
};

/// Where a policy acts while it learns: episodes of at most horizon() steps, which may end earlier. All that
/// reinforcement learning and evolution strategies need to know about a POMDP.
class PolicyWorld {
 public:
  virtual ~PolicyWorld() = default;
  virtual PolicyShape shape() const = 0;
  virtual std::size_t horizon() const = 0;
  /// B training episodes at once, autoreset disabled, on surfaces that all environments of this world share. Where
  /// episodes may end before the horizon, an ended row rests: stepping it gives reward 0 and leaves its flags.
  virtual std::unique_ptr<VectorEnv> make(std::size_t size) const = 0;
  /// Starts of `episodes` training episodes, [episodes, S] for some S: what `start` takes.
  virtual std::vector<double> draw_starts(RandomStream& stream, std::size_t episodes) const = 0;
  /// Like reset(seed) of an environment that `make` gave, row b starting from row b of `starts`.
  virtual void start(VectorEnv& env, std::uint64_t seed, std::span<const double> starts, Batch out) const = 0;
  /// What evolution strategies maximise, added to `sums` [B] after each step; by default the reward.
  virtual void add_fitness(const VectorEnv& env, const Batch& after, std::span<double> sums) const;
  /// On fresh surfaces, the same for every learner.
  virtual std::unique_ptr<PolicyValidation> validation(std::size_t episodes) const = 0;
  virtual std::vector<std::string> validation_metrics() const = 0;
  /// For the description of recorded episodes: the data set's id and how the world was made.
  virtual std::string id() const = 0;
  virtual Settings description() const = 0;
};

}  // namespace rover
