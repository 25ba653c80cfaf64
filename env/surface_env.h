#pragma once
#include <memory>
#include <vector>

#include "env/env.h"

namespace rover {

/// What becomes of NaN and infinity.
enum class BadValue {
  fail,     ///< the run ends: step throws
  penalise  ///< seen as the highest finite value of the episode so far (1e100 if there is none), never the best;
            ///< derivatives that are not finite are seen as 0
};

struct SurfaceEnvOptions {
  std::uint64_t budget = 6400;  ///< function evaluations
  bool clamp = false;           ///< project the pose and every sample into the domain before evaluating (and count it)
  bool noisy = false;           ///< looks see noisy values
  std::vector<double> start = {};  ///< [d]; empty: drawn from the landscape's start region under the reset's seed
  BadValue on_bad_value = BadValue::fail;
  std::uint64_t gradient_evaluations = 0;  ///< what a gradient is charged; 0: 2d
  bool infinite_domain = false;  ///< the domain's bounds may be infinite: for agents that work without, from a start
};

/// Throws UsageError when the start does not fit the landscape.
std::unique_ptr<SurfaceEnv> make_surface_env(std::shared_ptr<const Landscape> landscape, SurfaceEnvOptions options);

}  // namespace rover
