#pragma once
#include "training/policy_task.h"

namespace rover {

/// What a policy learner is given.
struct PolicyProblem {
  std::shared_ptr<const PolicyTask> task;
  PolicyOptions policy;
  std::uint64_t seed = 0;
  std::string folder;                                      ///< for a replay that spills; may be empty
  std::shared_ptr<const RecurrentPolicy> first = nullptr;  ///< learning goes on from it; null: new weights
};

/// A way to learn a policy: recurrent DDPG or evolution strategies. A trainer, or the part of one that starts once the
/// heading is known.
class PolicyLearner {
 public:
  virtual ~PolicyLearner() = default;
  virtual std::uint64_t steps_done() const = 0;
  virtual void step(Metrics& metrics) = 0;
  virtual void save(Checkpoint& out) const = 0;
  virtual void load(const Checkpoint& in) = 0;
  /// The best policy so far by the validation.
  virtual const RecurrentPolicy& policy() const = 0;
};

/// The policy that learners of this problem start from.
RecurrentPolicy first_policy(const PolicyProblem& problem);

/// Keeps the best of the policies that it is shown, by the task's validation.
class PolicySelection {
 public:
  PolicySelection(const PolicyProblem& problem, const RecurrentPolicy& first, std::size_t episodes);
  /// Measures `candidate`, logs `validation/…`, keeps it if it is the best.
  void offer(const RecurrentPolicy& candidate, Metrics& metrics);
  const RecurrentPolicy& best() const { return best_; }
  void save(Checkpoint& out) const;
  void load(const Checkpoint& in);

 private:
  std::unique_ptr<PolicyValidation> validation_;
  RecurrentPolicy best_;
  double objective_;
};

}  // namespace rover
