#pragma once
#include <functional>

#include "agents/agent.h"

namespace rover {

/// Called after reset and after every step with what the agent saw and what it cost.
using Recorder = std::function<void(const Action&, const StepResult&, const EpisodeInfo&)>;

/// The one loop: plays `agent` on `env` until the budget is spent, the agent stops or `max_iterations` of the agent's
/// iterations are done. Throws what the environment and the agent throw; env.info() keeps what was seen before.
EpisodeInfo play(Agent& agent, SurfaceEnv& env, std::uint64_t seed,
                 std::uint64_t max_iterations = std::numeric_limits<std::uint64_t>::max(),
                 const Recorder& recorder = {});

}  // namespace rover
