#include "agents/runner.h"

#include <algorithm>

namespace rover {

EpisodeInfo play(Agent& agent, SurfaceEnv& env, std::uint64_t seed, std::uint64_t max_iterations,
                 const Recorder& recorder) {
  const Landscape& landscape = env.landscape();
  if (!agent.zeroth_order() && !landscape.has_gradient())
    throw UsageError("the agent needs gradients, and the landscape '" + std::string(landscape.name()) + "' has none");
  Action action;
  Problem problem = env.problem();
  problem.iterations = std::max<std::uint64_t>(max_iterations, 1);
  agent.reset(problem, seed, action);
  StepResult result = env.reset(seed, action.query);
  if (recorder) recorder(action, result, env.info());
  while (!result.terminated && !result.truncated && env.info().iterations < max_iterations) {
    agent.act(result.observation, action);
    result = env.step(action);
    if (recorder) recorder(action, result, env.info());
  }
  return env.info();
}

}  // namespace rover
