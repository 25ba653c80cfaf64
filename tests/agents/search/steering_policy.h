#pragma once
#include "agents/env_policy.h"
#include "agents/search/steering.h"

namespace rover::test {

/// A policy for Rover/Search-v0 with random weights, which decides nothing with `output_scale` 0.
inline EnvPolicy steering_policy(double output_scale = 1, const Settings& settings = {{"pool", "1"}}) {
  EnvPolicy out;
  out.env = "Rover/Search-v0", out.settings = settings;
  const auto env = make_vec(out.env, 1, {{"pool", "1"}});
  constexpr std::size_t features = SearchSteering::features;
  out.rescaling = {env->observation_space(), env->action_space(), std::vector<float>(features),
                   std::vector<float>(features, 1)};
  PolicyOptions policy{.hidden = 4, .memory = "none"};
  policy.output_scale = output_scale;
  out.policy = std::make_shared<RecurrentPolicy>(
      policy, PolicyShape{features, 0, SearchSteering::decisions, ActionMap::direct}, 1);
  return out;
}

}  // namespace rover::test
