#include "env/look.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "core/settings.h"

namespace rover {

ObservationParts parse_observation(const std::string& text) {
  ObservationParts parts;
  for (const auto& name : split_list(text, '+')) {
    bool* part = name == "grid"       ? &parts.grid
                 : name == "context"  ? &parts.context
                 : name == "features" ? &parts.features
                                      : nullptr;
    if (!part)
      throw UsageError(unknown_name("observation part", name, {"grid", "context", "features"}) +
                       " (grid, context, features)");
    *part = true;
  }
  if (!parts.grid && !parts.context && !parts.features)
    throw UsageError("the observation is empty: join grid, context, features by '+'");
  return parts;
}

void ContextTracker::observe(double log_step_size, double log_resolution, std::size_t n, double range, double mean,
                             float heading_norm, float* out) {
  range = std::max(range, 1e-300);
  double log_ratio = 0, shift = 0;
  if (!first) {
    log_ratio = std::clamp(std::log(range) - std::log(previous_range), -5.0, 5.0);
    shift = std::clamp((mean - previous_mean) / (range + previous_range), -3.0, 3.0);
  }
  previous_range = range, previous_mean = mean, first = false;
  out[0] = static_cast<float>((log_step_size - log_resolution - std::log(static_cast<double>(n) / 2)) / 2);
  out[1] = static_cast<float>(log_ratio / 3);
  out[2] = static_cast<float>(shift);
  out[3] = last_action[0];
  out[4] = last_action[1];
  out[5] = std::min(heading_norm, 20.0f) / 5;
}

GridScale rescale_grid(Reals grid_nn, std::span<float> rescaled_nn) {
  // Four running results a quantity: one alone waits for the latency of every comparison.
  constexpr std::size_t lanes = 4;
  const std::size_t size = grid_nn.size(), whole = size - size % lanes;
  double low[lanes], high[lanes], sum[lanes] = {}, bad[lanes] = {};
  std::fill_n(low, lanes, grid_nn[0]), std::fill_n(high, lanes, grid_nn[0]);
  const auto take = [&](std::size_t lane, double f) {
    low[lane] = f < low[lane] ? f : low[lane];
    high[lane] = f > high[lane] ? f : high[lane];
    sum[lane] += f;
    bad[lane] += f * 0;  // nan as soon as one entry is nan or infinite
  };
  for (std::size_t k = 0; k < whole; k += lanes)
    for (std::size_t lane = 0; lane < lanes; ++lane) take(lane, grid_nn[k + lane]);
  for (std::size_t k = whole; k < size; ++k) take(k - whole, grid_nn[k]);
  if (std::isnan(bad[0] + bad[1] + bad[2] + bad[3])) throw std::runtime_error("a grid holds nan or infinity");
  const double lowest = *std::min_element(low, low + lanes),
               range = std::max(*std::max_element(high, high + lanes) - lowest, 1e-300);
  const double mean = (sum[0] + sum[1] + sum[2] + sum[3]) / static_cast<double>(size);
  if (!std::isfinite(range) || !std::isfinite(mean))
    throw std::runtime_error("the values of a grid span more than a double holds");
  for (std::size_t k = 0; k < size; ++k) rescaled_nn[k] = static_cast<float>((grid_nn[k] - lowest) / range);
  return {range, mean, lowest};
}

void StepControl::step_along(const float direction[2], double step[2]) const {
  const double step_size = std::exp(log_step_size);
  for (std::size_t i = 0; i < 2; ++i) step[i] = step_size * direction[i];
}

void StepControl::adapt(float step_size_rate, float resolution_rate) {
  const double step_size_change = std::log1p(step_size_rate), resolution_change = std::log1p(resolution_rate);
  log_step_size = std::clamp(log_step_size + step_size_change, log_step_size_low, log_step_size_high);
  log_resolution = std::clamp(log_resolution + resolution_change, log_resolution_low, log_resolution_high);
  context.last_action[0] = static_cast<float>(step_size_change / std::log(2.0));
  context.last_action[1] = static_cast<float>(resolution_change / std::log(2.0));
}

void StepControl::observe(const Look& look, const ObservationParts& parts, std::size_t n, float* out) {
  float scalars[context_size];
  context.observe(log_step_size, log_resolution, n, look.scale.range, look.scale.mean, look.heading_norm, scalars);
  if (parts.grid) out = std::copy(look.rescaled_nn.begin(), look.rescaled_nn.end(), out);
  if (parts.context) out = std::copy_n(scalars, context_size, out);
  if (parts.features) std::copy(look.features_f.begin(), look.features_f.end(), out);
}

Space look_space(const ObservationParts& parts, std::size_t n, std::size_t feature_count) {
  Space out;
  const auto bounds = [&](double low, double high) {
    out.low.push_back(static_cast<float>(low)), out.high.push_back(static_cast<float>(high));
  };
  if (parts.grid)
    for (std::size_t k = 0; k < n * n; ++k) bounds(0, 1);
  if (parts.context) {
    const double half_window = std::log(static_cast<double>(n) / 2);
    bounds((log_step_size_low - log_resolution_high - half_window) / 2,
           (log_step_size_high - log_resolution_low - half_window) / 2);
    bounds(-5.0 / 3, 5.0 / 3), bounds(-3, 3), bounds(-1, 1), bounds(-1, 1), bounds(0, 4);
  }
  if (parts.features)
    for (std::size_t k = 0; k < feature_count; ++k)
      bounds(-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity());
  return out;
}

double mean_width(const Box& box) {
  double width = 1;
  if (box.low.size() == 2)
    for (std::size_t i = 0; i < 2; ++i) width *= std::sqrt(box.high[i] - box.low[i]);
  else
    for (std::size_t i = 0; i < box.low.size(); ++i)
      width *= std::pow(box.high[i] - box.low[i], 1 / static_cast<double>(box.low.size()));
  return width;
}

}  // namespace rover
