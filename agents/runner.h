#pragma once
#include <functional>

#include "agents/agent.h"

namespace rover {

/// Called after reset and after every step with what the agent saw and what it cost.
using Recorder = std::function<void(const Action&, const StepResult&, const EpisodeInfo&)>;

/// The one loop: plays `agent` on `env` until the episode ends or `max_iterations` of the agent's iterations are done.
/// Throws what the environment and the agent throw.
EpisodeInfo play(Agent& agent, SurfaceEnv& env, std::uint64_t budget, std::uint64_t seed, std::uint64_t max_iterations,
                 const Recorder& recorder = {});

/// A policy for B environments at once. `act` reads observations [B, O] and writes actions [B, A].
class BatchPolicy {
 public:
  virtual ~BatchPolicy() = default;
  virtual void reset(std::size_t batch_size, std::uint64_t seed) = 0;
  virtual void act(std::span<const float> observations_bo, std::span<float> actions_ba) = 0;
};

/// Called with t, the observations before the step, the actions, and the batch after it.
using BatchRecorder = std::function<void(std::size_t t, std::span<const float> observations,
                                         std::span<const float> actions, const Batch& after)>;

/// The same loop for a batch: resets all B environments under `seed` and makes `steps` steps.
void rollout(BatchPolicy& policy, VectorEnv& env, std::uint64_t seed, std::size_t steps,
             const BatchRecorder& recorder = {});

}  // namespace rover
