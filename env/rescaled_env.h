#pragma once
#include <memory>

#include "env/vector_env.h"

namespace rover {

/// How the numbers that a policy sees and decides relate to an environment's: observations are centred and scaled entry
/// by entry, o' = clamp((o − mean)/scale, ±10), and a decision u ∈ [−1, 1] is the action low + (u + 1)/2 (high − low).
struct Rescaling {
  static constexpr float largest = 10;  ///< bound on o'
  Space observations, actions;          ///< the environment's own; the actions have bounds
  std::vector<float> mean, scale;       ///< [O], scale > 0
  void see(std::span<const float> observations_bo, std::span<float> seen_bo) const;
  void act(std::span<const float> u_ba, std::span<float> actions_ba) const;
  /// The inverse: the environment's observation for a rescaled one that was not clamped.
  void unsee(std::span<const float> seen_bo, std::span<float> observations_bo) const;
};

/// An environment scaled for a policy: observations of unit size, actions in [−1, 1] (Gymnasium's RescaleAction, and
/// NormalizeObservation with fixed statistics). Everything else is the environment's.
class RescaledEnv final : public VectorEnv {
 public:
  /// Throws UsageError when the rescaling was made for other spaces.
  RescaledEnv(std::unique_ptr<VectorEnv> env, Rescaling rescaling);
  std::size_t size() const override { return env_->size(); }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return action_space_; }
  std::size_t horizon() const override { return env_->horizon(); }
  Autoreset autoreset() const override { return env_->autoreset(); }
  using VectorEnv::reset;
  void reset(std::span<const std::uint64_t> seeds_b, std::span<const std::uint8_t> mask_b, Batch out) override;
  void step(std::span<const float> actions, Batch out) override;
  std::span<const float> final_observations() const override { return final_observations_; }
  std::vector<std::string> info_keys() const override { return env_->info_keys(); }
  std::span<const double> info(std::string_view key) const override { return env_->info(key); }
  std::span<const float> privileged() const override { return env_->privileged(); }
  std::size_t privileged_size() const override { return env_->privileged_size(); }

 private:
  Batch inner(const Batch& out) { return {observations_, out.rewards, out.terminated, out.truncated}; }
  std::unique_ptr<VectorEnv> env_;
  Rescaling rescaling_;
  Space observation_space_, action_space_;
  std::vector<float> observations_, actions_, final_observations_;
};

}  // namespace rover
