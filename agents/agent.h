#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "core/registry.h"
#include "env/env.h"

namespace rover {

/// An algorithm that searches a surface: the Rover, a learned update rule, CMA-ES, yours.
class Agent {
 public:
  virtual ~Agent() = default;
  /// Starts an episode: writes the first look (its `move` and `stop` are ignored). Throws UsageError when it cannot
  /// work on the problem.
  virtual void reset(const Problem& problem, std::uint64_t seed, Action& first) = 0;
  /// Sees what the last look saw, writes the next move and look, or `stop`.
  virtual void act(const Observation& observation, Action& next) = 0;
  /// False when its looks need derivatives: surfaces without them are then refused before the start.
  virtual bool zeroth_order() const { return true; }
};

/// Every agent by its id; `from` of an agent's settings names a run folder or model file where it was trained.
Registry<Agent>& agents();

}  // namespace rover
