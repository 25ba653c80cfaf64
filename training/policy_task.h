#pragma once
#include <memory>
#include <vector>

#include "agents/nn/recurrent_policy.h"
#include "env/rescaled_env.h"
#include "training/trainer.h"

namespace rover {

/// A measurement by which the best of the learned policies is kept: always on the same episodes.
class PolicyValidation {
 public:
  virtual ~PolicyValidation() = default;
  /// What selection minimises; logs the task's `validation/…` metrics.
  virtual double objective(const RecurrentPolicy& policy, Metrics& metrics) = 0;
};

/// What a policy is trained on: all that reinforcement learning and evolution strategies need to know. Both maximise
/// the return.
class PolicyTask {
 public:
  virtual ~PolicyTask() = default;
  /// The sizes of what policies observe and decide.
  virtual PolicyShape shape() const = 0;
  /// B training episodes at once, autoreset disabled. What is drawn beforehand (surfaces) is drawn once and shared.
  virtual std::unique_ptr<VectorEnv> make(std::size_t size) const = 0;
  /// `episodes` episodes that no training plays, the same for every learner.
  virtual std::unique_ptr<PolicyValidation> validation(std::size_t episodes) const = 0;
  virtual std::vector<std::string> validation_metrics() const = 0;
  /// For the description of recorded episodes: the data set's id and how the environment was made.
  virtual std::string id() const = 0;
  virtual Settings description() const = 0;
  /// The rescaling, where `make` gives a rescaled environment, else null.
  virtual const Rescaling* rescaling() const { return nullptr; }
};

}  // namespace rover
