#pragma once
#include <memory>
#include <string>
#include <vector>

#include "env/heading.h"
#include "env/landscapes/registry.h"
#include "env/look.h"
#include "env/reward.h"
#include "env/vector_env_base.h"

namespace rover {

/// Settings of the paper's POMDP (section 3.2.3).
struct StepControlOptions {
  std::string families = "quadratic,valley,saddle,plateau";  ///< landscape ids, comma-separated
  std::uint64_t pool = 4000;                                 ///< instances drawn beforehand
  std::uint64_t grid_size = 8;                               ///< n
  std::uint64_t horizon = 30;                                ///< T
  std::string observation = "grid";  ///< parts joined by '+': grid [n²], context [6], features [F of the heading]
  std::string reward = "7";
  std::uint64_t reward_window = 5;                  ///< k of eq. (7)
  double step_size_low = 0.05, step_size_high = 5;  ///< α₀ log-uniform in between
  double resolution_low = 0.03,
         resolution_high = 3;  ///< δ₀ · n/8 log-uniform in between: the range is that of the window n·δ, for any n
  LandscapeOptions landscape{.noise_probability = 0.5};
  template <class Visit>
  void fields(Visit&& visit) {
    visit("families", families, "landscape ids to train on, comma-separated");
    visit("pool", pool, "landscape instances drawn beforehand", in(1, 100000));
    visit("grid_size", grid_size, "n of the n×n grid", in(2, 64));
    visit("horizon", horizon, "steps of an episode, T", in(1, 100000));
    visit("observation", observation, "parts joined by '+': grid, context, features");
    visit("reward", reward, "the paper's equation 5, 6 or 7, the final value, or the fall of log regret",
          one_of("final", "5", "6", "7", "log-regret"));
    visit("reward_window", reward_window, "k of eq. (7)", in(1, 16));
    visit("step_size_low", step_size_low, "lowest initial step size α", above(0, 1e6));
    visit("step_size_high", step_size_high, "highest initial step size α", above(0, 1e6));
    visit("resolution_low", resolution_low, "lowest initial resolution δ for n = 8; scaled by 8/n", above(0, 1e6));
    visit("resolution_high", resolution_high, "highest initial resolution δ for n = 8; scaled by 8/n", above(0, 1e6));
    visit("landscape", landscape, "how instances are drawn");
  }
};

/// The paper's POMDP: hidden state {θ, α, δ}, action (Δα, Δδ) ∈ [−0.5, 1]², eq. (4):
///   θ ← θ + α Δ(s), α ← α(1 + Δα), δ ← δ(1 + Δδ).
/// Episodes never terminate by themselves; they are truncated at T. Two-dimensional surfaces only.
/// Info: value, regret, best_regret, log_step_size, log_resolution, x, y, distance, family, steps.
/// Privileged, [families + 5]: one-hot family, log10 regret/3, log α/3, log δ/3, log distance/3, t/T.
class StepControlEnv : public VectorEnvBase {
 public:
  using VectorEnvBase::VectorEnvBase;
  /// Where an episode begins.
  struct Start {
    std::size_t instance;                  ///< of the pool
    double log_step_size, log_resolution;  ///< log α₀, log δ₀; brought into the bounds of env/look.h
  };
  virtual const StepControlOptions& options() const = 0;
  virtual const InstancePool& pool() const = 0;
  /// Like reset(seeds_b, {}, out), but row b begins at starts_b[b]; its noise comes from its seed. Throws
  /// std::invalid_argument for an instance that the pool has not, or for NaN.
  virtual void reset_from(std::span<const std::uint64_t> seeds_b, std::span<const Start> starts_b, Batch out) = 0;
};

/// `heading` null: the paper's environment needs one, so std::invalid_argument. A pool can be shared between
/// environments.
std::unique_ptr<StepControlEnv> make_step_control(std::size_t size, const StepControlOptions& options,
                                                  std::shared_ptr<const Heading> heading,
                                                  Autoreset autoreset = Autoreset::next_step,
                                                  std::shared_ptr<const InstancePool> pool = nullptr,
                                                  std::uint64_t pool_seed = 0);

}  // namespace rover
