#pragma once
#include <cstddef>
#include <span>
#include <string>

#include "env/landscape.h"
#include "env/vector_env.h"

namespace rover {

// What the paper's POMDP (env/step_control_env.h) and the deployed Rover (agents/rover) have in common: how a look
// becomes an observation, and what a decision does to θ, α and δ.

struct GridScale {
  double range, mean, low;
};
/// Rescales a grid to [0, 1]: (f − min)/(max − min); a range below 1e-300 counts as 1e-300 (a flat grid becomes zeros).
/// Throws std::runtime_error when an entry is NaN or infinite, or when the range is.
GridScale rescale_grid(Reals grid_nn, std::span<float> rescaled_nn);

/// The scale- and shift-free scalars of one look. With ρ the grid's range, μ its mean, u = log2(1 + Δ) the last action,
/// y the heading's raw output:
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

/// What an observation is made of, always in this order: grid [n²], context [6], features [F of the heading].
struct ObservationParts {
  bool grid = false, context = false, features = false;
  /// Length of the observation for grids of n×n and headings of F features.
  std::size_t size(std::size_t n, std::size_t feature_count) const {
    return (grid ? n * n : 0) + (context ? context_size : 0) + (features ? feature_count : 0);
  }
};
/// "grid", "features+context", …; throws UsageError.
ObservationParts parse_observation(const std::string& text);

/// Bounds of such an observation.
Space look_space(const ObservationParts& parts, std::size_t n, std::size_t feature_count);

/// The geometric mean of a box's sides: the deployed Rover's first window is a multiple of it.
double mean_width(const Box& box);

/// Bounds that keep eq. (4) inside floating-point range, in log space.
inline constexpr double log_step_size_low = -30, log_step_size_high = 6, log_resolution_low = -16,
                        log_resolution_high = 4;

/// A rescaled look, and the heading's output for it.
struct Look {
  std::span<const float> rescaled_nn;  ///< the grid in [0, 1]
  GridScale scale;
  float heading_norm;                 ///< ‖y‖
  std::span<const float> features_f;  ///< [F]
};

/// α and δ of a walk in one plane, in log space, and the last look, to which its observations refer.
struct StepControl {
  double log_step_size = 0, log_resolution = 0;
  ContextTracker context;

  /// Eq. (4) for θ: the step α Δ(s) along the unit direction Δ(s) of the last look.
  void step_along(const float direction[2], double step[2]) const;
  /// Eq. (4) for α and δ: α ← α(1 + Δα), δ ← δ(1 + Δδ), inside their bounds.
  void adapt(float step_size_rate, float resolution_rate);
  /// Writes the observation's parts, parts.size(n, F) floats, and remembers the look.
  void observe(const Look& look, const ObservationParts& parts, std::size_t n, float* out);
};

}  // namespace rover
