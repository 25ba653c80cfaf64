#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "env/vector_env.h"

namespace rover {

/// Checks that an environment keeps VectorEnv's contract, like Gymnasium's check_env. Plays random episodes and returns
/// a sentence for each violation (empty: none found): spaces, observations inside them, the same bits under the same
/// seed wherever the row stands, other seeds other episodes, masked resets, finite rewards, flags 0 or 1, episodes no
/// longer than the horizon, malformed and nan actions refused, autoreset as announced, resting rows, rows independent
/// of each other, info series. For tests of your own environments; leaves the environment in some state.
std::vector<std::string> check_env(VectorEnv& env, std::uint64_t seed = 0);

}  // namespace rover
