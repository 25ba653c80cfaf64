#include "env/step_control_env.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>
#include <string_view>

#include "env/bad_value.h"
#include "env/landscapes/shared_pool.h"

namespace rover {
namespace {

constexpr std::string_view info_names[] = {"value", "regret", "best_regret", "log_step_size", "log_resolution",
                                           "x",     "y",      "distance",    "family",        "steps"};
constexpr double smallest_gap = 1e-12, smallest_distance = 1e-10;

void require(bool condition, const char* sentence) {
  if (!condition) throw UsageError(sentence);
}

class Pomdp final : public StepControlEnv {
 public:
  Pomdp(std::size_t size, const StepControlOptions& options, std::shared_ptr<const Heading> heading,
        Autoreset autoreset, std::shared_ptr<const InstancePool> pool);
  void reset_from(std::span<const std::uint64_t> seeds_b, std::span<const Start> starts_b, Batch out) override;
  std::vector<std::string> info_keys() const override { return {std::begin(info_names), std::end(info_names)}; }
  std::span<const double> info(std::string_view key) const override;
  std::span<const float> privileged() const override { return privileged_; }
  std::size_t privileged_size() const override { return pool_->families.size() + 5; }
  const StepControlOptions& options() const override { return options_; }
  const InstancePool& pool() const override { return *pool_; }

 protected:
  void begin(std::size_t b, std::uint64_t seed) override;
  Outcome advance(std::size_t b, std::span<const float> action) override;
  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override;

 private:
  /// What a row carries from step to step, besides its info.
  struct Hidden {
    const Trial* instance = nullptr;
    double theta[2] = {0, 0};
    float direction[2] = {1, 0};  ///< Δ(s) of the last look
    StepControl control;          ///< α and δ
    double gap = 1;               ///< f(θ₀) − f*
    RegretWindow window;
    RandomStream noise;
  };

  Start draw(std::uint64_t seed) const;
  void start(std::size_t b, const Start& start, std::uint64_t seed);
  void evaluate(std::size_t b);
  double reward(std::size_t b);
  void sample_grid(std::size_t b, std::size_t slot);
  void write_privileged(std::size_t b);

  StepControlOptions options_;
  std::size_t grid_size_, features_;
  ObservationParts parts_;
  Reward reward_;
  std::shared_ptr<const Heading> heading_;
  std::shared_ptr<const InstancePool> pool_;

  std::vector<Hidden> hidden_;
  std::vector<double> value_, regret_, best_regret_, log_step_size_, log_resolution_, x_, y_, distance_, family_,
      steps_;  // info, [B]
  std::vector<float> privileged_;

  // one chunk's looks
  std::vector<double> grid_;
  std::vector<float> rescaled_, directions_, norms_, features_of_;
  std::vector<GridScale> scales_;
};

Pomdp::Pomdp(std::size_t size, const StepControlOptions& options, std::shared_ptr<const Heading> heading,
             Autoreset autoreset, std::shared_ptr<const InstancePool> pool)
    : StepControlEnv(size,
                     look_space(parse_observation(options.observation), options.grid_size, heading->feature_count()),
                     {{-0.5f, -0.5f}, {1, 1}}, options.horizon, autoreset),
      options_(options),
      grid_size_(options.grid_size),
      features_(heading->feature_count()),
      parts_(parse_observation(options.observation)),
      reward_(parse_reward(options.reward)),
      heading_(std::move(heading)),
      pool_(std::move(pool)) {
  require(options.step_size_low <= options.step_size_high, "step sizes need step_size_low ≤ step_size_high");
  require(options.resolution_low <= options.resolution_high, "resolutions need resolution_low ≤ resolution_high");
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
    if (needs_optimum(reward_) && !std::isfinite(instance.optimum_value))
      throw UsageError("the optimum of '" + name + "' is unknown, and the reward " + options.reward +
                       " needs it: choose 5 or final");
  }
  const std::size_t cells = grid_size_ * grid_size_, looks = std::min(size, chunk);
  hidden_.resize(size);
  for (auto& hidden : hidden_) hidden.window = RegretWindow(options.reward_window);
  for (auto* series :
       {&value_, &regret_, &best_regret_, &log_step_size_, &log_resolution_, &x_, &y_, &distance_, &family_, &steps_})
    series->resize(size);
  privileged_.resize(size * privileged_size());
  grid_.resize(cells);
  rescaled_.resize(looks * cells);
  directions_.resize(looks * 2);
  norms_.resize(looks);
  features_of_.resize(looks * features_);
  scales_.resize(looks);
}

void Pomdp::reset_from(std::span<const std::uint64_t> seeds_b, std::span<const Start> starts_b, Batch out) {
  std::vector<std::size_t> instances;
  for (const Start& start : starts_b) instances.push_back(start.instance);
  require_instances(instances, size(), *pool_);
  for (const Start& start : starts_b)
    if (std::isnan(start.log_step_size) || std::isnan(start.log_resolution))
      throw std::invalid_argument("an initial log step size or log resolution is nan");
  reset_by([&](std::size_t b, std::uint64_t seed) { start(b, starts_b[b], seed); }, seeds_b, out);
}

StepControlEnv::Start Pomdp::draw(std::uint64_t seed) const {
  RandomStream stream = make_stream(seed, 0, "episode");
  Start out{stream.below(pool_->instances.size()), 0, 0};
  out.log_step_size = stream.uniform(std::log(options_.step_size_low), std::log(options_.step_size_high));
  // Constant windows n·δ: the same surface detail is in view for every n.
  out.log_resolution = stream.uniform(std::log(options_.resolution_low), std::log(options_.resolution_high)) +
                       std::log(8 / static_cast<double>(grid_size_));
  return out;
}

void Pomdp::begin(std::size_t b, std::uint64_t seed) { start(b, draw(seed), seed); }

void Pomdp::start(std::size_t b, const Start& start, std::uint64_t seed) {
  Hidden& hidden = hidden_[b];
  hidden.noise = make_stream(seed, 0, "noise");
  hidden.instance = &pool_->instances[start.instance];
  hidden.control = {std::clamp(start.log_step_size, log_step_size_low, log_step_size_high),
                    std::clamp(start.log_resolution, log_resolution_low, log_resolution_high),
                    {}};
  hidden.theta[0] = hidden.instance->start[0], hidden.theta[1] = hidden.instance->start[1];
  hidden.gap = std::max(hidden.instance->start_value - hidden.instance->optimum_value, smallest_gap);
  family_[b] = hidden.instance->family;
  evaluate(b);
  best_regret_[b] = regret_[b];
  hidden.window.reset(regret_[b]);
}

/// f, regret and distance at θ.
void Pomdp::evaluate(std::size_t b) {
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

VectorEnvBase::Outcome Pomdp::advance(std::size_t b, std::span<const float> action) {
  Hidden& hidden = hidden_[b];
  double step[2];
  hidden.control.step_along(hidden.direction, step);  // by the α of before
  for (std::size_t i = 0; i < 2; ++i) hidden.theta[i] += step[i];
  hidden.control.adapt(action[0], action[1]);
  evaluate(b);
  best_regret_[b] = std::min(best_regret_[b], regret_[b]);
  return {.reward = reward(b)};
}

double Pomdp::reward(std::size_t b) {
  const double windowed = hidden_[b].window.push(regret_[b]);
  switch (reward_) {
    case Reward::final_value:
      return steps(b) == horizon() ? -value_[b] : 0;
    case Reward::value:
      return -value_[b];
    case Reward::normalized:
      return -regret_[b];
    case Reward::log_regret:
      return log_regret_reward(regret_[b]);
    case Reward::windowed:
      break;
  }
  return windowed;
}

/// The grid of eq. (1) about θ, rescaled into place `slot` of the chunk.
void Pomdp::sample_grid(std::size_t b, std::size_t slot) {
  Hidden& hidden = hidden_[b];
  const Landscape& landscape = *hidden.instance->landscape;
  const Slice slice{0, 1, std::exp(hidden.control.log_resolution)};
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

/// New looks for these rows, one call of the heading for all of them.
void Pomdp::observe(std::span<const std::uint32_t> rows, std::span<float> observations) {
  const std::size_t count = rows.size(), cells = grid_.size(), width = observation_space().size();
  for (std::size_t slot = 0; slot < count; ++slot) sample_grid(rows[slot], slot);
  heading_->headings({rescaled_.data(), count * cells}, grid_size_, {directions_.data(), 2 * count},
                     {norms_.data(), count}, {features_of_.data(), count * features_});
  for (std::size_t slot = 0; slot < count; ++slot) {
    const std::size_t b = rows[slot];
    Hidden& hidden = hidden_[b];
    hidden.direction[0] = directions_[2 * slot], hidden.direction[1] = directions_[2 * slot + 1];
    const Look look{std::span(rescaled_).subspan(slot * cells, cells), scales_[slot], norms_[slot],
                    std::span(features_of_).subspan(slot * features_, features_)};
    hidden.control.observe(look, parts_, grid_size_, observations.data() + b * width);
    log_step_size_[b] = hidden.control.log_step_size, log_resolution_[b] = hidden.control.log_resolution;
    steps_[b] = static_cast<double>(steps(b));
    write_privileged(b);
  }
}

void Pomdp::write_privileged(std::size_t b) {
  const std::size_t families = pool_->families.size();
  float* out = &privileged_[b * privileged_size()];
  std::fill_n(out, families, 0.0f);
  out[hidden_[b].instance->family] = 1;
  const double distance = std::isnan(distance_[b]) ? 1 : std::max(distance_[b], smallest_distance);
  const double scalars[] = {std::log10(regret_[b]) / 3, log_step_size_[b] / 3, log_resolution_[b] / 3,
                            std::log(distance) / 3, steps_[b] / static_cast<double>(options_.horizon)};
  for (std::size_t k = 0; k < std::size(scalars); ++k) out[families + k] = static_cast<float>(scalars[k]);
}

std::span<const double> Pomdp::info(std::string_view key) const {
  const std::vector<double>* series[] = {&value_, &regret_, &best_regret_, &log_step_size_, &log_resolution_,
                                         &x_,     &y_,      &distance_,    &family_,        &steps_};
  for (std::size_t k = 0; k < std::size(info_names); ++k)
    if (info_names[k] == key) return *series[k];
  throw std::invalid_argument(unknown_name("info key", key, info_keys()));
}

}  // namespace

std::unique_ptr<StepControlEnv> make_step_control(std::size_t size, const StepControlOptions& options,
                                                  std::shared_ptr<const Heading> heading, Autoreset autoreset,
                                                  std::shared_ptr<const InstancePool> pool, std::uint64_t pool_seed) {
  if (!heading)
    throw std::invalid_argument("the step-control environment needs a heading: a trained one or newton-fit");
  check_options(options);
  if (!pool) {
    const auto families = split_list(options.families);
    if (families.empty()) throw UsageError("the setting families is empty: name landscapes, comma-separated");
    std::string key = options.families + ' ' + std::to_string(options.pool) + ' ' + std::to_string(pool_seed);
    for (const auto& [name, value] : to_settings(options.landscape)) key += ' ' + value;
    pool = shared_pool(key, [&] { return make_pool(families, options.pool, pool_seed, options.landscape); });
  }
  return std::make_unique<Pomdp>(size, options, std::move(heading), autoreset, std::move(pool));
}

}  // namespace rover
