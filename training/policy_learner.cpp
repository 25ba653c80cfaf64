#include "training/policy_learner.h"

#include <limits>

namespace rover {

RecurrentPolicy first_policy(const PolicyProblem& problem) {
  if (problem.first) return *problem.first;
  return {problem.policy, problem.task->shape(), derive_seed(problem.seed, 0, "policy")};
}

PolicySelection::PolicySelection(const PolicyProblem& problem, const RecurrentPolicy& first, std::size_t episodes)
    : validation_(problem.task->validation(episodes)),
      best_(first),
      objective_(std::numeric_limits<double>::infinity()) {}

void PolicySelection::offer(const RecurrentPolicy& candidate, Metrics& metrics) {
  if (const double objective = validation_->objective(candidate, metrics); objective < objective_)
    best_ = candidate, objective_ = objective;
}

void PolicySelection::save(Checkpoint& out) const {
  Checkpoint best;
  best_.save(best);
  out.put_group("best", best);
  out.put_number("best_objective", objective_);
}

void PolicySelection::load(const Checkpoint& in) {
  best_ = RecurrentPolicy::load(in.group("best"));
  objective_ = in.number("best_objective");
}

}  // namespace rover
