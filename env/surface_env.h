#pragma once
#include <memory>
#include <vector>

#include "env/env.h"

namespace rover {

struct SurfaceEnvOptions {
  std::uint64_t budget = 6400;  ///< function evaluations
  bool clamp = false;           ///< project the pose and every sample into the domain before evaluating (and count it)
  bool noisy =
      false;  ///< looks see noisy values; info stays noise-free: it evaluates each look's lowest sample and the pose
  std::vector<double> start;  ///< [d]; empty: drawn from the landscape's start region under the reset's seed
};

/// Throws UsageError when the start does not fit the landscape.
std::unique_ptr<SurfaceEnv> make_surface_env(std::shared_ptr<const Landscape> landscape, SurfaceEnvOptions options);

}  // namespace rover
