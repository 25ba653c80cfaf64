#pragma once
#include <cstdint>
#include <limits>
#include <optional>
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

/// What an agent is told before it starts. `domain` outlives the episode.
struct Problem {
  std::size_t dimension = 0;
  const Box* domain = nullptr;
  std::uint64_t budget = 0;                ///< function evaluations
  std::uint64_t iterations = 0;            ///< of the agent at most; 0: not known
  bool start_known = true;                 ///< false: the start was drawn from the start region and says nothing
  std::optional<bool> noisy = {};          ///< whether looks are noisy; empty: not known
  Layout layout = {};                      ///< what the coordinates are; empty: not known
  std::uint64_t gradient_evaluations = 0;  ///< what a gradient costs; 0: 2d
};

struct StepResult {
  Observation observation;
  double reward = 0;  ///< −(best value seen so far); −infinity before anything was seen
  bool terminated = false, truncated = false;
};

/// What happened so far in an episode, for recorders: raw values of f, whatever the reward. They are values that were
/// seen, noise included; ask the landscape for noise-free ones.
struct EpisodeInfo {
  std::uint64_t iterations = 0, evaluations = 0, gradients = 0, hessians = 0;
  double best_value = std::numeric_limits<double>::infinity();  ///< lowest finite value seen; infinity: none yet
  std::vector<double> best_point;                               ///< [d]; the start before anything was seen
  double look_value = std::numeric_limits<double>::infinity();  ///< lowest finite value of the last look
  std::vector<double> look_point;                               ///< [d], where that was
};

/// Gymnasium's contract on one surface, any query. Charges every sample and computes nothing that it does not charge: a
/// value costs a value, a gradient (2d) one value and one gradient, a Hessian (2d + 2d²) one of each. An action whose
/// query the budget cannot pay is not carried out and truncates the episode.
class SurfaceEnv {
 public:
  virtual ~SurfaceEnv() = default;
  virtual const Landscape& landscape() const = 0;
  /// The seed draws the start (unless one was given) and the noise.
  virtual StepResult reset(std::uint64_t seed, const Query& first) = 0;
  /// Throws std::runtime_error when the surface returns NaN or infinity (unless they count as worst), std::logic_error
  /// when called after the end; info() keeps what was seen before.
  virtual StepResult step(const Action& action) = 0;
  virtual Problem problem() const = 0;
  virtual const EpisodeInfo& info() const = 0;
};

}  // namespace rover
