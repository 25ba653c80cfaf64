#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "agents/agent.h"
#include "agents/rollout.h"
#include "storage/checkpoint.h"

namespace rover {

/// Where a trainer reports: named series, one value a call.
class Metrics {
 public:
  virtual ~Metrics() = default;
  virtual void log(const std::string& name, double value) = 0;
};

/// Everything that learns: imitation, DDPG, evolution strategies, meta-training, yours. The training loop is written
/// once, around this interface: progress, logging, checkpoints, Ctrl-C, kill −9 and resume. What a step does depends on
/// saved state and the step's number alone, never on the clock or on the number of threads.
class Trainer {
 public:
  virtual ~Trainer() = default;
  virtual std::uint64_t steps_done() const = 0;
  virtual std::uint64_t steps_total() const = 0;
  /// Share of the work that is done, in [0, 1], weighted by the time that steps take; the time left is estimated from
  /// it. The default is right where all steps take equally long.
  virtual double share_done() const {
    return static_cast<double>(steps_done()) / static_cast<double>(std::max<std::uint64_t>(1, steps_total()));
  }
  /// What is going on, for the progress line: "direction", "policy".
  virtual std::string phase() const = 0;
  /// Every name that `step` may log; fixed at construction (the run log cannot grow new series).
  virtual std::vector<std::string> metric_names() const = 0;
  /// The smallest unit that may be repeated after a crash, well under 5 s. Throws std::runtime_error on a NaN loss.
  virtual void step(Metrics& metrics) = 0;
  virtual void save(Checkpoint& out) const = 0;  ///< all of it: weights, moments, replay, streams
  virtual void load(const Checkpoint& in) = 0;   ///< into a trainer made with the same settings
  /// Only what is needed to use it: `from` of an agent's settings reads it, or load_policy (agents/env_policy.h).
  virtual void save_model(Checkpoint& out) const = 0;
  /// What it has learned so far, ready to walk on surfaces; null for a trainer of policies for other environments.
  virtual std::unique_ptr<Agent> agent() const { return nullptr; }
  /// What it has learned so far, ready to play in its environment; null for a trainer of agents.
  virtual std::unique_ptr<BatchPolicy> policy() const { return nullptr; }
};

/// Settings: the trainer's own options, plus `seed` and `folder` (the run folder, for trainers that keep data files
/// there).
Registry<Trainer>& trainers();

}  // namespace rover
