#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "agents/learned/update_rule.h"
#include "agents/schedule.h"

namespace rover {

/// An update rule and the learning rates it was meta-trained for: what a model file holds.
struct TrainedRule {
  std::shared_ptr<const UpdateRule> rule;
  ScheduleOptions rate{.learning_rate = 1};  ///< what multiplies its steps
};

/// Throws as load_update_rule().
TrainedRule load_trained_rule(const Checkpoint& in);
void save_trained_rule(const TrainedRule& trained, Checkpoint& out);

/// The walk of a rule over one surface, a step a call. The agent `lopt` and meta-training walk by it.
class RuleWalk {
 public:
  /// A rate that falls is constant where the number of steps is not known.
  RuleWalk(TrainedRule trained, const Problem& problem);
  /// The move from the pose by the rule's step times the learning rate, shortened where it would leave the box. [d]
  /// each.
  void next(Reals pose_d, Reals gradient_d, MutReals move_d);
  /// Goes on by another rule of the same kind and shape; what the walk remembers stays.
  void use(std::shared_ptr<const UpdateRule> rule) { trained_.rule = std::move(rule); }
  std::uint64_t steps() const { return state_.steps; }
  /// What the rule remembers.
  const RuleState& state() const { return state_; }
  /// The learning rate of step t, from 0.
  double rate(std::uint64_t t) const { return schedule_.at(t); }
  void save(Checkpoint& out) const;
  /// Into a walk over the same problem. Throws std::runtime_error for what does not fit.
  void load(const Checkpoint& in);

 private:
  TrainedRule trained_;
  Schedule schedule_;
  const Box* box_;
  RuleState state_;
  std::vector<float> gradient_, point_, step_;
};

}  // namespace rover
