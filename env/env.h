#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "env/query.h"

namespace rover {

/// What the last query saw. The spans point into the environment and hold until its next call.
struct Observation {
  Reals pose;       ///< [d]; optimizers need it, the Rover reads it for the safeguard alone
  Reals values;     ///< [n], for kinds values, gradients and hessians
  Reals gradients;  ///< [n, d]
  Reals hessians;   ///< [n, d, d]
  Reals grids;      ///< [slices, n, n]
  std::uint64_t evaluations = 0, budget = 0;
};

struct StepResult {
  Observation observation;
  double reward = 0;  ///< −(best value seen so far)
  bool terminated = false, truncated = false;
};

/// What happened so far in an episode, for recorders: the raw f stays visible beside any reward.
struct EpisodeInfo {
  std::uint64_t iterations = 0, evaluations = 0, gradients = 0, hessians = 0;
  double best_value = 0;           ///< lowest noise-free value among all samples that were charged
  std::vector<double> best_point;  ///< [d]
  double pose_value =
      0;  ///< noise-free f at the pose, for recorders: standing somewhere without a look is no knowledge
};

/// Gymnasium's contract on one surface, any query. Charges every sample; an action whose query the budget cannot pay is
/// not carried out and truncates the episode.
class SurfaceEnv {
 public:
  virtual ~SurfaceEnv() = default;
  virtual const Landscape& landscape() const = 0;
  /// The seed draws the start (unless one was given) and the noise.
  virtual StepResult reset(std::uint64_t seed, const Query& first) = 0;
  /// Throws std::runtime_error when the surface returns NaN or infinity, std::logic_error when called after the end.
  virtual StepResult step(const Action& action) = 0;
  virtual const EpisodeInfo& info() const = 0;
};

}  // namespace rover
