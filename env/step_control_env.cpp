#include "env/step_control_env.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "env/bad_value.h"

namespace rover {
namespace {

/// Environments that are stepped together: their grids stay in the cache between the surface, the rescaling and the
/// heading.
constexpr std::size_t chunk_size = 256;
constexpr std::string_view info_names[] = {"value", "regret", "best_regret", "log_step_size", "log_resolution",
                                           "x",     "y",      "distance",    "family",        "steps"};
constexpr double smallest_gap = 1e-12, smallest_distance = 1e-10;

void require(bool condition, const char* sentence) {
  if (!condition) throw UsageError(sentence);
}

}  // namespace

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

namespace {

class StepControl final : public StepControlEnv {
 public:
  StepControl(std::size_t size, const StepControlOptions& options, std::shared_ptr<const Heading> heading,
              Autoreset autoreset, std::shared_ptr<const InstancePool> pool);

  std::size_t size() const override { return size_; }
  const Space& observation_space() const override { return observation_space_; }
  const Space& action_space() const override { return action_space_; }
  Autoreset autoreset() const override { return autoreset_; }
  void reset(std::uint64_t seed, Batch out) override { reset_to(seed, {}, {}, {}, out); }
  void reset_where(std::span<const std::uint8_t> mask_b, Batch out) override;
  void reset_to(std::uint64_t seed, std::span<const std::size_t> instances, std::span<const double> log_step_sizes,
                std::span<const double> log_resolutions, Batch out) override;
  void step(std::span<const float> actions, Batch out) override;
  std::span<const float> final_observations() const override { return final_observations_; }
  std::vector<std::string> info_keys() const override;
  std::span<const double> info(std::string_view key) const override;
  std::span<const float> privileged() const override { return privileged_; }
  std::size_t privileged_size() const override { return pool_->families.size() + 5; }
  const StepControlOptions& options() const override { return options_; }
  const InstancePool& pool() const override { return *pool_; }

 private:
  /// What an environment carries from step to step, besides its info.
  struct Hidden {
    const InstancePool::Instance* instance = nullptr;
    double theta[2] = {0, 0};
    float direction[2] = {1, 0};  ///< Δ(s) of the last look
    double gap = 1;               ///< f(θ₀) − f*
    RegretWindow window;
    ContextTracker context;
    RandomStream episode, noise;
    bool ended = false;
  };

  void check(Batch out) const;
  void start(std::size_t b, const std::size_t* instance, const double* log_step_size, const double* log_resolution);
  double advance(std::size_t b, const float* action);
  void evaluate(std::size_t b);
  void observe(std::span<const std::uint32_t> rows, std::span<float> observations);
  void look(std::size_t b, std::size_t slot);
  void write_privileged(std::size_t b);

  StepControlOptions options_;
  std::size_t size_, grid_size_, features_;
  ObservationParts parts_;
  Reward reward_;
  Autoreset autoreset_;
  std::shared_ptr<const Heading> heading_;
  std::shared_ptr<const InstancePool> pool_;
  Space observation_space_, action_space_{{-0.5f, -0.5f}, {1, 1}};
  bool started_ = false;

  std::vector<Hidden> hidden_;
  std::vector<double> value_, regret_, best_regret_, log_step_size_, log_resolution_, x_, y_, distance_, family_,
      steps_;  // info, [B]
  std::vector<float> privileged_, final_observations_;

  // one chunk's looks
  std::vector<std::uint32_t> rows_;
  std::vector<double> grid_;
  std::vector<float> rescaled_, directions_, norms_, features_of_;
  std::vector<GridScale> scales_;
};

StepControl::StepControl(std::size_t size, const StepControlOptions& options, std::shared_ptr<const Heading> heading,
                         Autoreset autoreset, std::shared_ptr<const InstancePool> pool)
    : options_(options),
      size_(size),
      grid_size_(options.grid_size),
      features_(heading->feature_count()),
      parts_(parse_observation(options.observation)),
      reward_(parse_reward(options.reward)),
      autoreset_(autoreset),
      heading_(std::move(heading)),
      pool_(std::move(pool)) {
  require(size_ >= 1, "an environment needs at least one copy of itself: size ≥ 1");
  require(options.horizon >= 1, "the horizon must be at least 1 step");
  require(options.reward_window >= 1 && options.reward_window <= 16, "reward_window must lie in 1 … 16");
  require(options.step_size_low > 0 && options.step_size_low <= options.step_size_high,
          "step sizes need 0 < step_size_low ≤ step_size_high");
  require(options.resolution_low > 0 && options.resolution_low <= options.resolution_high,
          "resolutions need 0 < resolution_low ≤ resolution_high");
  require(grid_size_ >= 3, "grid_size must be at least 3");
  require(!pool_->instances.empty(), "the pool of landscapes is empty");
  if (heading_->grid_size() != 0 && heading_->grid_size() != grid_size_)
    throw UsageError("the heading '" + std::string(heading_->name()) + "' was made for grids of size " +
                     std::to_string(heading_->grid_size()) + ", not " + std::to_string(grid_size_));
  if (parts_.features && features_ == 0)
    throw UsageError("the heading '" + std::string(heading_->name()) + "' offers no features: choose grid or context");
  for (const auto& instance : pool_->instances) {
    const std::string name(instance.landscape->name());
    if (instance.landscape->dimension() != 2)
      throw UsageError("the step-control environment needs two-dimensional surfaces; '" + name + "' has " +
                       std::to_string(instance.landscape->dimension()) + " dimensions");
    const bool relative = reward_ == Reward::normalized || reward_ == Reward::windowed;
    if (relative && !std::isfinite(instance.optimum_value))
      throw UsageError("the optimum of '" + name + "' is unknown, and the reward " + options.reward +
                       " needs it: choose 5 or final");
  }

  const std::size_t cells = grid_size_ * grid_size_, chunk = std::min(size_, chunk_size);
  auto& [low, high] = observation_space_;
  const auto bounds = [&](double from, double to) {
    low.push_back(static_cast<float>(from)), high.push_back(static_cast<float>(to));
  };
  if (parts_.grid)
    for (std::size_t k = 0; k < cells; ++k) bounds(0, 1);
  if (parts_.context) {
    const double half_window = std::log(static_cast<double>(grid_size_) / 2);
    bounds((log_step_size_low - log_resolution_high - half_window) / 2,
           (log_step_size_high - log_resolution_low - half_window) / 2);
    bounds(-5.0 / 3, 5.0 / 3), bounds(-3, 3), bounds(-1, 1), bounds(-1, 1), bounds(0, 4);
  }
  if (parts_.features)
    for (std::size_t k = 0; k < features_; ++k)
      bounds(-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity());

  hidden_.resize(size_);
  for (auto& hidden : hidden_) hidden.window = RegretWindow(options.reward_window);
  for (auto* series :
       {&value_, &regret_, &best_regret_, &log_step_size_, &log_resolution_, &x_, &y_, &distance_, &family_, &steps_})
    series->resize(size_);
  privileged_.resize(size_ * privileged_size());
  final_observations_.resize(autoreset_ == Autoreset::same_step ? size_ * observation_space_.size() : 0);
  rows_.reserve(chunk);
  grid_.resize(cells);
  rescaled_.resize(chunk * cells);
  directions_.resize(chunk * 2);
  norms_.resize(chunk);
  features_of_.resize(chunk * features_);
  scales_.resize(chunk);
}

void StepControl::check(Batch out) const {
  if (out.observations.size() != size_ * observation_space_.size() || out.rewards.size() != size_ ||
      out.terminated.size() != size_ || out.truncated.size() != size_)
    throw std::invalid_argument("the batch does not fit " + std::to_string(size_) + " environments of " +
                                std::to_string(observation_space_.size()) + " observed numbers");
}

/// Draws an episode for environment b; what is given replaces a draw, but the stream moves on alike.
void StepControl::start(std::size_t b, const std::size_t* instance, const double* log_step_size,
                        const double* log_resolution) {
  Hidden& hidden = hidden_[b];
  const std::size_t drawn = hidden.episode.below(pool_->instances.size());
  const double drawn_step = hidden.episode.uniform(std::log(options_.step_size_low), std::log(options_.step_size_high));
  // Constant windows n·δ: the same surface detail is in view for every n.
  const double drawn_resolution =
      hidden.episode.uniform(std::log(options_.resolution_low), std::log(options_.resolution_high)) +
      std::log(8 / static_cast<double>(grid_size_));
  hidden.instance = &pool_->instances[instance ? *instance : drawn];
  log_step_size_[b] = std::clamp(log_step_size ? *log_step_size : drawn_step, log_step_size_low, log_step_size_high);
  log_resolution_[b] =
      std::clamp(log_resolution ? *log_resolution : drawn_resolution, log_resolution_low, log_resolution_high);
  hidden.theta[0] = hidden.instance->start[0], hidden.theta[1] = hidden.instance->start[1];
  hidden.gap = std::max(hidden.instance->start_value - hidden.instance->optimum_value, smallest_gap);
  hidden.context.reset();
  hidden.ended = false;
  family_[b] = hidden.instance->family;
  steps_[b] = 0;
  evaluate(b);
  best_regret_[b] = regret_[b];
  hidden.window.reset(regret_[b]);
}

/// f, regret and distance at θ.
void StepControl::evaluate(std::size_t b) {
  Hidden& hidden = hidden_[b];
  const Landscape& landscape = *hidden.instance->landscape;
  landscape.values(hidden.theta, {&value_[b], 1}, nullptr);
  if (!std::isfinite(value_[b])) throw_bad_value(landscape.name(), value_[b], hidden.theta);
  regret_[b] = std::max((value_[b] - hidden.instance->optimum_value) / hidden.gap, regret_floor);
  const auto& optimum = hidden.instance->optimum;
  distance_[b] = optimum.empty() ? std::numeric_limits<double>::quiet_NaN()
                                 : std::hypot(hidden.theta[0] - optimum[0], hidden.theta[1] - optimum[1]);
  x_[b] = hidden.theta[0], y_[b] = hidden.theta[1];
}

/// Eq. (4) for environment b; gives the reward. The direction is that of the last look.
double StepControl::advance(std::size_t b, const float* action) {
  Hidden& hidden = hidden_[b];
  const double step_size = std::exp(log_step_size_[b]);
  hidden.theta[0] += step_size * hidden.direction[0];
  hidden.theta[1] += step_size * hidden.direction[1];
  const double step_size_change = std::log1p(std::clamp(action[0], action_space_.low[0], action_space_.high[0]));
  const double resolution_change = std::log1p(std::clamp(action[1], action_space_.low[1], action_space_.high[1]));
  log_step_size_[b] = std::clamp(log_step_size_[b] + step_size_change, log_step_size_low, log_step_size_high);
  log_resolution_[b] = std::clamp(log_resolution_[b] + resolution_change, log_resolution_low, log_resolution_high);
  hidden.context.last_action[0] = static_cast<float>(step_size_change / std::log(2.0));
  hidden.context.last_action[1] = static_cast<float>(resolution_change / std::log(2.0));
  steps_[b] += 1;
  evaluate(b);
  best_regret_[b] = std::min(best_regret_[b], regret_[b]);
  hidden.ended = steps_[b] >= static_cast<double>(options_.horizon);
  const double windowed = hidden.window.push(regret_[b]);
  switch (reward_) {
    case Reward::final_value:
      return hidden.ended ? -value_[b] : 0;
    case Reward::value:
      return -value_[b];
    case Reward::normalized:
      return -regret_[b];
    case Reward::windowed:
      break;
  }
  return windowed;
}

/// The grid of eq. (1) about θ, rescaled into place `slot` of the chunk.
void StepControl::look(std::size_t b, std::size_t slot) {
  Hidden& hidden = hidden_[b];
  const Landscape& landscape = *hidden.instance->landscape;
  const Slice slice{0, 1, std::exp(log_resolution_[b])};
  const std::size_t cells = grid_.size();
  landscape.slices(hidden.theta, {&slice, 1}, grid_size_, grid_, landscape.is_noisy() ? &hidden.noise : nullptr);
  try {
    scales_[slot] = rescale_grid(grid_, std::span(rescaled_).subspan(slot * cells, cells));
  } catch (const std::runtime_error&) {
    const auto bad = std::find_if(grid_.begin(), grid_.end(), [](double f) { return !std::isfinite(f); });
    if (bad == grid_.end()) throw;
    std::vector<double> points(2 * cells);
    slice_points(hidden.theta, slice, grid_size_, points);
    throw_bad_value(landscape.name(), *bad,
                    Reals(points).subspan(2 * static_cast<std::size_t>(bad - grid_.begin()), 2));
  }
}

/// New looks for these rows (at most a chunk), one call of the heading for all of them.
void StepControl::observe(std::span<const std::uint32_t> rows, std::span<float> observations) {
  const std::size_t count = rows.size(), cells = grid_.size(), width = observation_space_.size();
  if (count == 0) return;
  for (std::size_t slot = 0; slot < count; ++slot) look(rows[slot], slot);
  heading_->headings({rescaled_.data(), count * cells}, grid_size_, {directions_.data(), 2 * count},
                     {norms_.data(), count}, {features_of_.data(), count * features_});
  for (std::size_t slot = 0; slot < count; ++slot) {
    const std::size_t b = rows[slot];
    Hidden& hidden = hidden_[b];
    hidden.direction[0] = directions_[2 * slot], hidden.direction[1] = directions_[2 * slot + 1];
    float context[context_size];
    hidden.context.observe(log_step_size_[b], log_resolution_[b], grid_size_, scales_[slot].range, scales_[slot].mean,
                           norms_[slot], context);
    float* out = observations.data() + b * width;
    if (parts_.grid) out = std::copy_n(&rescaled_[slot * cells], cells, out);
    if (parts_.context) out = std::copy_n(context, context_size, out);
    if (parts_.features) std::copy_n(&features_of_[slot * features_], features_, out);
    write_privileged(b);
  }
}

void StepControl::write_privileged(std::size_t b) {
  const std::size_t families = pool_->families.size();
  float* out = &privileged_[b * privileged_size()];
  std::fill_n(out, families, 0.0f);
  out[hidden_[b].instance->family] = 1;
  const double distance = std::isnan(distance_[b]) ? 1 : std::max(distance_[b], smallest_distance);
  const double scalars[] = {std::log10(regret_[b]) / 3, log_step_size_[b] / 3, log_resolution_[b] / 3,
                            std::log(distance) / 3, steps_[b] / static_cast<double>(options_.horizon)};
  for (std::size_t k = 0; k < std::size(scalars); ++k) out[families + k] = static_cast<float>(scalars[k]);
}

void StepControl::reset_to(std::uint64_t seed, std::span<const std::size_t> instances,
                           std::span<const double> log_step_sizes, std::span<const double> log_resolutions, Batch out) {
  check(out);
  for (const std::size_t given : {instances.size(), log_step_sizes.size(), log_resolutions.size()})
    if (given != 0 && given != size_)
      throw std::invalid_argument("reset_to needs one entry for each of " + std::to_string(size_) +
                                  " environments, or none");
  for (const std::size_t instance : instances)
    if (instance >= pool_->instances.size())
      throw std::invalid_argument("the pool has no instance " + std::to_string(instance) + ": it holds " +
                                  std::to_string(pool_->instances.size()));
  for (const Reals logs : {log_step_sizes, log_resolutions})
    for (const double value : logs)
      if (std::isnan(value)) throw std::invalid_argument("an initial log step size or log resolution is nan");

  for (std::size_t first = 0; first < size_; first += chunk_size) {
    rows_.clear();
    for (std::size_t b = first; b < std::min(size_, first + chunk_size); ++b) {
      hidden_[b].episode = make_stream(seed, b, "episode");
      hidden_[b].noise = make_stream(seed, b, "noise");
      start(b, instances.empty() ? nullptr : &instances[b], log_step_sizes.empty() ? nullptr : &log_step_sizes[b],
            log_resolutions.empty() ? nullptr : &log_resolutions[b]);
      rows_.push_back(static_cast<std::uint32_t>(b));
    }
    observe(rows_, out.observations);
  }
  std::ranges::fill(out.rewards, 0.0f);
  std::ranges::fill(out.terminated, std::uint8_t{0});
  std::ranges::fill(out.truncated, std::uint8_t{0});
  started_ = true;
}

void StepControl::reset_where(std::span<const std::uint8_t> mask_b, Batch out) {
  check(out);
  if (!started_) throw std::logic_error("the environment must be reset with a seed before reset_where");
  if (mask_b.size() != size_) throw std::invalid_argument("the reset mask needs " + std::to_string(size_) + " entries");
  for (std::size_t first = 0; first < size_; first += chunk_size) {
    rows_.clear();
    for (std::size_t b = first; b < std::min(size_, first + chunk_size); ++b) {
      if (!mask_b[b]) continue;
      start(b, nullptr, nullptr, nullptr);
      out.rewards[b] = 0, out.terminated[b] = out.truncated[b] = 0;
      rows_.push_back(static_cast<std::uint32_t>(b));
    }
    observe(rows_, out.observations);
  }
}

void StepControl::step(std::span<const float> actions, Batch out) {
  check(out);
  if (!started_) throw std::logic_error("the environment must be reset before its first step");
  if (actions.size() != 2 * size_)
    throw std::invalid_argument("the actions need 2 entries for each of " + std::to_string(size_) + " environments");
  for (std::size_t b = 0; b < size_; ++b) {
    if (hidden_[b].ended && autoreset_ == Autoreset::disabled)
      throw std::logic_error("episode " + std::to_string(b) +
                             " has ended: reset_where it before the next step (autoreset disabled)");
    if (!hidden_[b].ended && (std::isnan(actions[2 * b]) || std::isnan(actions[2 * b + 1])))
      throw std::invalid_argument("the action of environment " + std::to_string(b) + " is nan");
  }

  const std::size_t width = observation_space_.size();
  for (std::size_t first = 0; first < size_; first += chunk_size) {
    const std::size_t last = std::min(size_, first + chunk_size);
    rows_.clear();
    for (std::size_t b = first; b < last; ++b) {
      out.terminated[b] = out.truncated[b] = 0;
      if (hidden_[b].ended) {  // autoreset next_step
        start(b, nullptr, nullptr, nullptr);
        out.rewards[b] = 0;
      } else {
        out.rewards[b] = static_cast<float>(advance(b, &actions[2 * b]));
        out.truncated[b] = hidden_[b].ended;
      }
      rows_.push_back(static_cast<std::uint32_t>(b));
    }
    observe(rows_, out.observations);
    if (autoreset_ != Autoreset::same_step) continue;
    rows_.clear();
    for (std::size_t b = first; b < last; ++b) {
      if (!hidden_[b].ended) continue;
      std::copy_n(&out.observations[b * width], width, &final_observations_[b * width]);
      start(b, nullptr, nullptr, nullptr);
      rows_.push_back(static_cast<std::uint32_t>(b));
    }
    observe(rows_, out.observations);
  }
}

std::vector<std::string> StepControl::info_keys() const { return {std::begin(info_names), std::end(info_names)}; }

std::span<const double> StepControl::info(std::string_view key) const {
  const std::vector<double>* series[] = {&value_, &regret_, &best_regret_, &log_step_size_, &log_resolution_,
                                         &x_,     &y_,      &distance_,    &family_,        &steps_};
  for (std::size_t k = 0; k < std::size(info_names); ++k)
    if (info_names[k] == key) return *series[k];
  throw std::invalid_argument(unknown_name("info key", key, info_keys()));
}

}  // namespace

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

std::unique_ptr<StepControlEnv> make_step_control(std::size_t size, const StepControlOptions& options,
                                                  std::shared_ptr<const Heading> heading, Autoreset autoreset,
                                                  std::shared_ptr<const InstancePool> pool, std::uint64_t pool_seed) {
  if (!heading)
    throw std::invalid_argument("the step-control environment needs a heading: a trained one or newton-fit");
  if (!pool) {
    const auto families = split_list(options.families);
    if (families.empty()) throw UsageError("the setting families is empty: name landscapes, comma-separated");
    if (options.pool == 0) throw UsageError("the setting pool must be at least 1");
    pool = std::make_shared<const InstancePool>(make_pool(families, options.pool, pool_seed, options.landscape));
  }
  return std::make_unique<StepControl>(size, options, std::move(heading), autoreset, std::move(pool));
}

}  // namespace rover
