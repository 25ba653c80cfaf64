#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "core/registry.h"
#include "env/env.h"

namespace rover {

/// What an agent is told before it starts. `domain` outlives the episode.
struct Problem {
  std::size_t dimension = 0;
  const Box* domain = nullptr;
  std::uint64_t budget = 0;  ///< function evaluations
};

/// Everybody who walks on a surface: the Rover, a learned update rule, CMA-ES, yours.
class Agent {
 public:
  virtual ~Agent() = default;
  /// Starts an episode: writes the first look (its `move` is ignored). Throws UsageError when it cannot work on the
  /// problem.
  virtual void reset(const Problem& problem, std::uint64_t seed, Action& first) = 0;
  /// Sees what the last look saw, writes the next move and look.
  virtual void act(const Observation& observation, Action& next) = 0;
  /// False: a look needs derivatives, so that surfaces without them are refused before the start.
  virtual bool zeroth_order() const { return true; }
};

/// Settings are the agent's own; `from` names a run folder or checkpoint for agents that were trained.
Registry<Agent>& agents();

}  // namespace rover
