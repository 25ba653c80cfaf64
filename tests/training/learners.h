#pragma once
// A small known problem for policy learners: quadratics, Newton's direction, ten steps.
#include "env/analytic_heading.h"
#include "training/policy_learner.h"
#include "training/step_control_episodes.h"
#include "training/step_control_task.h"

namespace rover::testing {

struct SmallProblem {
  StepControlOptions env;
  PolicyOptions policy;
  std::shared_ptr<const Heading> heading = make_analytic_heading("newton-fit");
  std::uint64_t seed = 4;
  std::string folder;
  operator PolicyProblem() const {
    return {std::make_shared<StepControlTask>(env, heading, seed), policy, seed, folder};
  }
};

inline SmallProblem small_problem(std::uint64_t horizon = 10, std::uint64_t pool = 200) {
  SmallProblem problem;
  problem.env.families = "quadratic", problem.env.pool = pool, problem.env.horizon = horizon,
  problem.env.observation = "context";
  problem.policy.hidden = 8;
  return problem;
}

/// The score on test surfaces, on which no learner trains or validates.
inline PolicyScore test_score(const SmallProblem& problem, const RecurrentPolicy& policy) {
  return StepControlEpisodes(problem.env, problem.heading, 200, 12345).score(policy);
}

inline Checkpoint state_of(const PolicyLearner& learner) {
  Checkpoint out;
  learner.save(out);
  return out;
}

}  // namespace rover::testing
