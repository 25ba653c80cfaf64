#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "env/env.h"

namespace rover {

/// Does an environment keep VectorEnv's contract, as Gymnasium's check_env asks of its own? Plays a few hundred random
/// steps and gives a sentence for each violation (empty: none found): spaces, observations inside them, the same bits
/// under the same seed, finite rewards, flags 0 or 1, malformed and nan actions refused, autoreset as announced, rows
/// independent of each other, info series. For tests of your own environments; leaves the environment in some state.
std::vector<std::string> check_env(VectorEnv& env, std::uint64_t seed = 0);

}  // namespace rover
