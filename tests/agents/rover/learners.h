#pragma once
// A small known problem for whoever learns policies: quadratics, Newton's direction, ten steps.
#include "agents/rover/policy_learner.h"
#include "env/analytic_heading.h"

namespace rover::testing {

inline PolicyProblem small_problem(std::uint64_t horizon = 10, std::uint64_t pool = 200) {
  PolicyProblem problem;
  problem.env.families = "quadratic", problem.env.pool = pool, problem.env.horizon = horizon, problem.env.observation = "context";
  problem.policy.hidden = 8;
  problem.heading = make_analytic_heading("newton-fit");
  problem.seed = 4;
  return problem;
}

/// On surfaces that no learner trains or validates on.
inline PolicyScore exam(const PolicyProblem& problem, const RecurrentPolicy& policy) {
  return PolicyExam(problem.env, problem.heading, 200, 12345).score(policy);
}

inline Checkpoint state_of(const PolicyLearner& learner) {
  Checkpoint out;
  learner.save(out);
  return out;
}

}  // namespace rover::testing
