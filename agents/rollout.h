#pragma once
#include <functional>
#include <span>
#include <vector>

#include "core/random.h"
#include "env/vector_env.h"

namespace rover {

/// A policy for B environments at once.
class BatchPolicy {
 public:
  virtual ~BatchPolicy() = default;
  /// Begins episodes in B = seeds_b.size() rows and forgets earlier ones. All random draws for row b come from streams
  /// of seeds_b[b].
  virtual void reset(std::span<const std::uint64_t> seeds_b) = 0;
  /// Reads observations [B, O] and writes actions [B, A].
  virtual void act(std::span<const float> observations_bo, std::span<float> actions_ba) = 0;
};

/// The baseline `random_actions`: uniform in the action space. Throws UsageError where that has no bounds.
class RandomActions final : public BatchPolicy {
 public:
  explicit RandomActions(Space actions);
  void reset(std::span<const std::uint64_t> seeds_b) override;
  void act(std::span<const float> observations_bo, std::span<float> actions_ba) override;

 private:
  Space space_;
  std::vector<RandomStream> streams_;
};

/// The same action in every row and step.
class ConstantActions final : public BatchPolicy {
 public:
  explicit ConstantActions(std::vector<float> action) : action_(std::move(action)) {}
  void reset(std::span<const std::uint64_t>) override {}
  void act(std::span<const float> observations_bo, std::span<float> actions_ba) override;

 private:
  std::vector<float> action_;
};

/// What a rollout writes into: with buffers that are used again, nothing is allocated.
struct Rollout {
  explicit Rollout(const VectorEnv& env)
      : batch(env.size(), env.observation_space().size()),
        actions(env.size() * env.action_space().size()),
        rested_b(env.size()),
        returns_b(env.size()) {}
  BatchBuffer batch;                   ///< as the last step left it
  std::vector<float> actions;          ///< [B, A], of the last step
  std::vector<std::uint8_t> rested_b;  ///< [B], 1 where the episode had ended before the last step
  std::vector<double> returns_b;       ///< [B], sums of rewards
};

/// Called after the reset, t = 0, and after each step t = 1, 2, …; `seen` holds o_t, a_{t−1} and r_{t−1}.
using RolloutRecorder = std::function<void(std::size_t t, const Rollout& seen)>;

/// The one loop over batches: plays one episode in each row of `env`, which must have autoreset disabled
/// (std::logic_error), until all have ended. Row b, environment and policy, runs under seeds_b[b].
void rollout(BatchPolicy& policy, VectorEnv& env, std::span<const std::uint64_t> seeds_b, Rollout& into,
             const RolloutRecorder& recorder = {});

/// The same for episodes that `start` begins, where an environment offers starts of its own: it resets all rows of
/// `env` into `into.batch`.
void rollout_from(const std::function<void(Batch)>& start, BatchPolicy& policy, VectorEnv& env,
                  std::span<const std::uint64_t> seeds_b, Rollout& into, const RolloutRecorder& recorder = {});

}  // namespace rover
