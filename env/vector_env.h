#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/registry.h"

namespace rover {

/// Gymnasium's Box: bounds per entry of one environment's vector.
struct Space {
  std::vector<float> low, high;
  std::size_t size() const { return low.size(); }
  friend bool operator==(const Space&, const Space&) = default;
};

/// What happens when an episode ends (Gymnasium's AutoresetMode). next_step: the step after the last one resets,
/// ignores its action and gives reward 0. same_step: the last step returns the next episode's first observation, and
/// `final_observations` holds the one that ended. disabled: an ended row rests until the caller resets it; stepping it
/// gives reward 0, leaves flags, observation and info as they are, and does not read its action.
enum class Autoreset { next_step, same_step, disabled };
std::vector<std::string> autoreset_names();
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

/// Independent seeds for the B rows of a batch: row b's is derive_seed(seed, b, "row").
std::vector<std::uint64_t> spread_seed(std::uint64_t seed, std::size_t size);

/// B episodes of one POMDP side by side, with the contract of Gymnasium's vector environments. Derive from
/// VectorEnvBase (env/vector_env_base.h), which keeps it, and say what one row does; `check_env` tests it.
class VectorEnv {
 public:
  virtual ~VectorEnv() = default;
  virtual std::size_t size() const = 0;  ///< B
  virtual const Space& observation_space() const = 0;
  virtual const Space& action_space() const = 0;
  /// Steps after which every episode has ended, at least 1 (Gymnasium's max_episode_steps).
  virtual std::size_t horizon() const = 0;
  virtual Autoreset autoreset() const = 0;
  /// Starts episodes in the rows whose mask is set (`mask_b` empty: in all) and leaves the other rows alone. Row b's
  /// episode follows from seeds_b[b] and its actions: not from b, from B, from its neighbours or from what it played
  /// before; so do the episodes that autoreset starts after it. `seeds_b` empty: each row goes on to the episode that
  /// autoreset would start (Gymnasium's seed=None). Throws std::invalid_argument for spans of another size, and
  /// std::logic_error where a row without a seed is asked to go on.
  virtual void reset(std::span<const std::uint64_t> seeds_b, std::span<const std::uint8_t> mask_b, Batch out) = 0;
  /// All rows, with the seeds of spread_seed.
  void reset(std::uint64_t seed, Batch out) { reset(spread_seed(seed, size()), {}, out); }
  /// actions [B, A]; entries outside the action space are clipped. Throws std::invalid_argument for NaN and spans of
  /// another size, std::logic_error before the first reset. No allocation.
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
