#pragma once
#include <cstdint>
#include <span>

#include "storage/checkpoint.h"

namespace rover {

/// Meta-training of one update rule. Everything that it draws is a function of its seed and the step's number.
class MetaLearner {
 public:
  virtual ~MetaLearner() = default;
  virtual std::uint64_t steps_done() const = 0;
  /// One meta-step; returns the mean meta-loss of its tasks before the update.
  virtual double step() = 0;
  virtual std::span<const float> weights() const = 0;
  virtual void save(Checkpoint& out) const = 0;
  /// Into a learner made with the same options. Throws std::runtime_error for what does not fit.
  virtual void load(const Checkpoint& in) = 0;
};

}  // namespace rover
