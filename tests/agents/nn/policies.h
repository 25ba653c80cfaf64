#pragma once
#include "agents/nn/recurrent_policy.h"

namespace rover::testing {

/// An untrained policy that reacts to what it sees: the last layer, small at the start, is as large as the others.
inline RecurrentPolicy lively_policy(const PolicyOptions& options, std::size_t observation_size, std::size_t grid_size,
                                     std::uint64_t seed) {
  RecurrentPolicy policy(options, observation_size, grid_size, seed);
  for (float& w : policy.parameters()["out.w"]) w *= 20;
  return policy;
}

}  // namespace rover::testing
