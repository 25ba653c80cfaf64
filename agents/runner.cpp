#include "agents/runner.h"

namespace rover {

EpisodeInfo play(Agent& agent, SurfaceEnv& env, std::uint64_t budget, std::uint64_t seed, std::uint64_t max_iterations,
                 const Recorder& recorder) {
  const Landscape& landscape = env.landscape();
  if (!agent.zeroth_order() && !landscape.has_gradient())
    throw UsageError("the agent needs gradients, and the landscape '" + std::string(landscape.name()) + "' has none");
  Action action;
  agent.reset({landscape.dimension(), &landscape.domain(), budget}, seed, action);
  StepResult result = env.reset(seed, action.query);
  if (recorder) recorder(action, result, env.info());
  while (!result.terminated && !result.truncated && env.info().iterations < max_iterations) {
    agent.act(result.observation, action);
    result = env.step(action);
    if (recorder) recorder(action, result, env.info());
  }
  return env.info();
}

void rollout(BatchPolicy& policy, VectorEnv& env, std::uint64_t seed, std::size_t steps,
             const BatchRecorder& recorder) {
  const std::size_t observation_size = env.observation_space().size();
  // Two buffers: the recorder sees the observations before and after a step.
  BatchBuffer before(env.size(), observation_size), after(env.size(), observation_size);
  std::vector<float> actions(env.size() * env.action_space().size());
  env.reset(seed, before.view());
  policy.reset(env.size(), seed);
  for (std::size_t t = 0; t < steps; ++t) {
    policy.act(before.observations, actions);
    env.step(actions, after.view());
    if (recorder) recorder(t, before.observations, actions, after.view());
    std::swap(before, after);
  }
}

}  // namespace rover
