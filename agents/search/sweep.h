#pragma once
#include "agents/search/options.h"
#include "agents/search/probe.h"
#include "core/random.h"

namespace rover::search {

/// One pass of line searches along the axes from the best point, in random order: equally spaced places with a random
/// offset, then two parabolas through the best of them. Finds the basins of functions that are sums over coordinates,
/// which no quadratic sees. Returns whether it gained enough for another.
bool sweep(Probe& probe, RandomStream& stream, const SweepOptions& options);

}  // namespace rover::search
