#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry.h"
#include "env/query.h"

namespace rover {

// ---- one pose, any query --------------------------------------------------------------------------------------------

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

// ---- B poses at once, for reinforcement learning --------------------------------------------------------------------

/// Gymnasium's Box: bounds per entry of one environment's vector.
struct Space {
  std::vector<float> low, high;
  std::size_t size() const { return low.size(); }
};

/// What happens when an episode ends (Gymnasium's AutoresetMode). next_step: the step after the last one resets,
/// ignores its action and gives reward 0. same_step: the last step returns the next episode's first observation, and
/// `final_observations` holds the one that ended. disabled: the caller resets with a mask.
enum class Autoreset { next_step, same_step, disabled };
Autoreset parse_autoreset(std::string_view text);  ///< "next-step" …; throws UsageError

/// Memory that the caller owns and the environment writes.
struct Batch {
  std::span<float> observations;                  ///< [B, O]
  std::span<float> rewards;                       ///< [B]
  std::span<std::uint8_t> terminated, truncated;  ///< [B], 0 or 1
};

/// Owns a batch's memory.
struct BatchBuffer {
  std::vector<float> observations, rewards;
  std::vector<std::uint8_t> terminated, truncated;
  BatchBuffer(std::size_t size, std::size_t observation_size)
      : observations(size * observation_size), rewards(size), terminated(size), truncated(size) {}
  Batch view() { return {observations, rewards, terminated, truncated}; }
};

class VectorEnv {
 public:
  virtual ~VectorEnv() = default;
  virtual std::size_t size() const = 0;  ///< B
  virtual const Space& observation_space() const = 0;
  virtual const Space& action_space() const = 0;
  virtual Autoreset autoreset() const = 0;
  /// Starts all B episodes; environment b draws from streams of (seed, b), whatever B is.
  virtual void reset(std::uint64_t seed, Batch out) = 0;
  /// Starts the episodes whose mask is set, drawing on; leaves the others' rows alone.
  virtual void reset_where(std::span<const std::uint8_t> mask_b, Batch out) = 0;
  /// actions [B, A]; entries outside the action space are clipped, NaN is refused with std::invalid_argument. No
  /// allocation.
  virtual void step(std::span<const float> actions, Batch out) = 0;
  /// Observations that ended an episode in the last step (autoreset same_step), [B, O]; other rows are stale.
  virtual std::span<const float> final_observations() const = 0;
  virtual std::vector<std::string> info_keys() const = 0;
  /// A named series of the current state, [B]: "value" is the raw noise-free f, "regret" the normalised one.
  /// Throws std::invalid_argument for an unknown key.
  virtual std::span<const double> info(std::string_view key) const = 0;
  /// State that a critic may see in training and no policy may (asymmetric actor-critic), [B, P]; empty if there is
  /// none.
  virtual std::span<const float> privileged() const { return {}; }
  virtual std::size_t privileged_size() const { return 0; }
};

/// Ids like `Rover/StepControl-v0`, `Rover/Valley2D-v0`. Settings: `size` (B), `autoreset`, and the environment's own.
Registry<VectorEnv>& environments();
std::unique_ptr<VectorEnv> make(const std::string& id, Settings settings = {});                        ///< B = 1
std::unique_ptr<VectorEnv> make_vec(const std::string& id, std::size_t size, Settings settings = {});  ///< B = size

}  // namespace rover
