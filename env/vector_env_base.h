#pragma once
#include <functional>

#include "core/random.h"
#include "env/vector_env.h"

namespace rover {

/// Keeps VectorEnv's contract: seeds, masks, autoreset, resting rows, the horizon, and the refusal of what does not
/// fit. A derived class says how an episode begins, what a step does and what is seen.
class VectorEnvBase : public VectorEnv {
 public:
  /// Throws UsageError unless size ≥ 1 and horizon ≥ 1.
  VectorEnvBase(std::size_t size, Space observations, Space actions, std::size_t horizon, Autoreset autoreset);
  VectorEnvBase(const VectorEnvBase&) = delete;
  VectorEnvBase& operator=(const VectorEnvBase&) = delete;

  std::size_t size() const final { return rows_.size(); }
  const Space& observation_space() const final { return observation_space_; }
  const Space& action_space() const final { return action_space_; }
  std::size_t horizon() const final { return horizon_; }
  Autoreset autoreset() const final { return autoreset_; }
  using VectorEnv::reset;
  void reset(std::span<const std::uint64_t> seeds_b, std::span<const std::uint8_t> mask_b, Batch out) final;
  void step(std::span<const float> actions, Batch out) final;
  std::span<const float> final_observations() const final { return final_observations_; }
  std::vector<std::string> info_keys() const override { return {}; }
  std::span<const double> info(std::string_view key) const override;  ///< throws std::invalid_argument: no such key

 protected:
  struct Outcome {
    double reward = 0;
    bool terminated = false;
    bool truncated = false;  ///< before the horizon, which the base class applies
  };
  /// Starts an episode in row b. All that is random in it comes from streams of `seed`.
  virtual void begin(std::size_t b, std::uint64_t seed) = 0;
  /// reset(seeds_b, {}, out) with `begin` in place of the virtual one: for environments that offer starts of their own.
  using Begin = std::function<void(std::size_t b, std::uint64_t seed)>;
  void reset_by(const Begin& begin, std::span<const std::uint64_t> seeds_b, Batch out);
  /// One step of row b. `action` [A] lies in the action space.
  virtual Outcome advance(std::size_t b, std::span<const float> action) = 0;
  /// Writes what these rows see now into their places in `observations` [B, O], and brings their info up to date.
  /// Called once for each row after `begin` and after `advance`, for at most `chunk` rows at a time.
  virtual void observe(std::span<const std::uint32_t> rows, std::span<float> observations) = 0;
  /// Steps of row b's episode, the one that is being made included.
  std::size_t steps(std::size_t b) const { return rows_[b].steps; }
  /// Rows whose `advance` and `observe` follow each other: what they touch stays in the cache in between.
  static constexpr std::size_t chunk = 256;

 private:
  struct Row {
    std::uint64_t seed = 0, episode = 0;  ///< episode: how many were started under the seed; 0: none
    std::size_t steps = 0;
    bool terminated = false, truncated = false;
    bool ended() const { return terminated || truncated; }
  };
  void check(const Batch& out) const;
  void reset_rows(const Begin& begin, std::span<const std::uint64_t> seeds_b, std::span<const std::uint8_t> mask_b,
                  Batch out);
  void next_episode(std::size_t b, const Begin& begin);

  std::vector<Row> rows_;
  Space observation_space_, action_space_;
  std::size_t horizon_;
  Autoreset autoreset_;
  Begin begin_;  ///< the virtual one
  std::vector<std::uint32_t> chosen_;
  std::vector<float> action_, final_observations_;
};

}  // namespace rover
