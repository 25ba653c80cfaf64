#pragma once
#include <memory>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/heading.h"
#include "env/landscapes/registry.h"
#include "env/reward.h"

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
         resolution_high = 3;  ///< δ₀ · n/8 log-uniform in between: the window n·δ, not δ, is what the surface sees
  LandscapeOptions landscape{.noise_probability = 0.5};
  template <class Visit>
  void fields(Visit&& visit) {
    visit("families", families, "landscape ids to train on, comma-separated");
    visit("pool", pool, "landscape instances drawn beforehand");
    visit("grid_size", grid_size, "n of the n×n grid");
    visit("horizon", horizon, "steps of an episode, T");
    visit("observation", observation, "parts joined by '+': grid, context, features");
    visit("reward", reward, "equation of the paper: final, 5, 6 or 7");
    visit("reward_window", reward_window, "k of eq. (7), at most 16");
    visit("step_size_low", step_size_low, "lowest initial step size");
    visit("step_size_high", step_size_high, "highest initial step size");
    visit("resolution_low", resolution_low, "lowest initial resolution for n = 8; scaled by 8/n");
    visit("resolution_high", resolution_high, "highest initial resolution for n = 8; scaled by 8/n");
    visit("landscape", landscape, "how instances are drawn");
  }
};

/// The scale- and shift-free scalars of one look (field notes' context), used by the POMDP and by the deployed agent
/// alike. With ρ the grid's range, μ its mean, u = log2(1 + Δ) the last action, y the heading's raw output:
///   ½(log(α/δ) − log(n/2)), clamp(log ρ − log ρ', ±5)/3, clamp((μ − μ')/(ρ + ρ'), ±3), u_α, u_δ, min(‖y‖, 20)/5.
inline constexpr std::size_t context_size = 6;
struct ContextTracker {
  double previous_range = 0, previous_mean = 0;
  bool first = true;
  float last_action[2] = {0, 0};  ///< u_α, u_δ
  void reset() { *this = {}; }
  /// Writes context_size floats and remembers the look.
  void observe(double log_step_size, double log_resolution, std::size_t n, double range, double mean,
               float heading_norm, float* out);
};

/// Rescales a grid to [0, 1]: (f − min)/(max − min); a range below 1e-300 counts as 1e-300 (a flat grid becomes zeros).
/// Throws std::runtime_error when an entry is NaN or infinite. Writes range, mean and min.
struct GridScale {
  double range, mean, low;
};
GridScale rescale_grid(Reals grid_nn, std::span<float> rescaled_nn);

/// What an observation is made of, always in this order.
struct ObservationParts {
  bool grid = false, context = false, features = false;
  /// Length of the observation for grids of n×n and headings of F features.
  std::size_t size(std::size_t n, std::size_t feature_count) const {
    return (grid ? n * n : 0) + (context ? context_size : 0) + (features ? feature_count : 0);
  }
};
/// "grid", "features+context", …; throws UsageError.
ObservationParts parse_observation(const std::string& text);

/// Bounds that keep eq. (4) inside floating-point range, in log space.
inline constexpr double log_step_size_low = -30, log_step_size_high = 6, log_resolution_low = -16,
                        log_resolution_high = 4;

/// The paper's POMDP: hidden state {θ, α, δ}, action (Δα, Δδ) ∈ [−0.5, 1]², eq. (4):
///   θ ← θ + α Δ(s), α ← α(1 + Δα), δ ← δ(1 + Δδ).
/// Episodes never terminate by themselves; they are truncated at T. Two-dimensional surfaces only.
/// Info: value, regret, best_regret, log_step_size, log_resolution, x, y, distance, family, steps.
/// Privileged, [families + 5]: one-hot family, log10 regret/3, log α/3, log δ/3, log distance/3, t/T.
class StepControlEnv : public VectorEnv {
 public:
  virtual const StepControlOptions& options() const = 0;
  virtual const InstancePool& pool() const = 0;
  /// Like reset(seed), but environment b stands on instance `instances[b]` with the given log α₀, log δ₀ (empty:
  /// drawn).
  virtual void reset_to(std::uint64_t seed, std::span<const std::size_t> instances,
                        std::span<const double> log_step_sizes, std::span<const double> log_resolutions, Batch out) = 0;
};

/// `heading` null: the paper's environment needs one, so std::invalid_argument. A pool can be shared between
/// environments.
std::unique_ptr<StepControlEnv> make_step_control(std::size_t size, const StepControlOptions& options,
                                                  std::shared_ptr<const Heading> heading,
                                                  Autoreset autoreset = Autoreset::next_step,
                                                  std::shared_ptr<const InstancePool> pool = nullptr,
                                                  std::uint64_t pool_seed = 0);

}  // namespace rover
