#include "env/walk_env.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "env/bad_value.h"
#include "env/landscapes/extended.h"
#include "env/landscapes/shared_pool.h"
#include "env/look.h"
#include "env/safeguard.h"
#include "env/targets.h"

namespace rover {
namespace {

constexpr std::size_t fixed_count = 6;
constexpr const char* fixed_infos[fixed_count] = {"value",          "regret", "log_step_size",
                                                  "log_resolution", "family", "steps"};

class Walk final : public WalkEnv {
 public:
  Walk(std::size_t size, const WalkEnvOptions& options, std::shared_ptr<const Heading> heading, Autoreset autoreset,
       std::shared_ptr<const InstancePool> pool)
      : WalkEnv(size, look_space(parse_observation(options.observation), options.grid_size, heading->feature_count()),
                {{-0.5f, -0.5f}, {1, 1}}, options.horizon, autoreset),
        options_(options),
        targets_(parse_targets(options.targets)),
        n_(options.grid_size),
        cells_(n_ * n_),
        features_(heading->feature_count()),
        parts_(parse_observation(options.observation)),
        heading_(std::move(heading)),
        pool_(std::move(pool)),
        rows_(size),
        infos_(fixed_count + targets_.size(), std::vector<double>(size)),
        privileged_(size * privileged_size()) {
    if (heading_->grid_size() != 0 && heading_->grid_size() != n_)
      throw UsageError("the heading '" + std::string(heading_->name()) + "' was made for grids of size " +
                       std::to_string(heading_->grid_size()) + ", not " + std::to_string(n_));
    for (Row& row : rows_) row.rescaled.resize(cells_);
    const std::size_t looks = std::min(size, chunk);
    grid_.resize(cells_), points_.resize(2 * cells_);
    rescaled_.resize(looks * cells_), directions_.resize(2 * looks), norms_.resize(looks);
    features_of_.resize(looks * features_);
  }

  const InstancePool& pool() const override { return *pool_; }
  std::size_t privileged_size() const override { return pool_->families.size() + 4; }
  std::span<const float> privileged() const override { return privileged_; }
  std::vector<std::string> info_keys() const override {
    std::vector<std::string> keys(std::begin(fixed_infos), std::end(fixed_infos));
    for (std::size_t q = 0; q < targets_.size(); ++q) keys.push_back("reached_" + std::to_string(q + 1));
    return keys;
  }
  std::span<const double> info(std::string_view key) const override {
    const auto keys = info_keys();
    const auto found = std::ranges::find(keys, key);
    if (found == keys.end()) throw std::invalid_argument(unknown_name("info key", key, keys));
    return infos_[static_cast<std::size_t>(found - keys.begin())];
  }

  void reset_from(std::span<const std::uint64_t> seeds_b, std::span<const std::size_t> instances_b,
                  Batch out) override {
    require_instances(instances_b, size(), *pool_);
    reset_by([&](std::size_t b, std::uint64_t seed) { start(b, instances_b[b], seed); }, seeds_b, out);
  }

 protected:
  void begin(std::size_t b, std::uint64_t seed) override {
    start(b, make_stream(seed, 0, "episode").below(pool_->instances.size()), seed);
  }

  Outcome advance(std::size_t b, std::span<const float> action) override {
    Row& row = rows_[b];
    const Box& box = row.instance->landscape->domain();
    const auto looks = static_cast<double>(steps(b));  // before this step's
    const std::size_t first_open = row.reached.reached_count();
    if (!row.safeguard.due(options_.patience)) {
      double step[2];
      row.control.step_along(row.direction, step);  // by the α of before
      for (std::size_t i = 0; i < 2; ++i) row.pose[i] += step[i];
      row.control.adapt(action[0], action[1]);
    } else if (Safeguard::converged(row.control.log_resolution, row.first_log_resolution)) {
      for (std::size_t i = 0; i < 2; ++i) move_to(row, i, row.random.uniform(box.low[i], box.high[i]));
      begin_walk(row);
    } else {
      row.safeguard.since_best = 0;
      for (std::size_t i = 0; i < 2; ++i) move_to(row, i, row.safeguard.best_point[i]);
      row.control.adapt(Safeguard::rate, Safeguard::rate);
    }
    project(row);
    look(row, looks + 1);
    Outcome out;
    out.terminated = row.reached.all();
    if (!out.terminated && steps(b) == horizon()) row.reached.close(options_.missed * static_cast<double>(horizon()));
    out.reward = row.reached.reward(first_open, looks, looks + 1);
    return out;
  }

  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override {
    const std::size_t count = rows.size(), width = observation_space().size();
    for (std::size_t slot = 0; slot < count; ++slot)
      std::ranges::copy(rows_[rows[slot]].rescaled, &rescaled_[slot * cells_]);
    heading_->headings({rescaled_.data(), count * cells_}, n_, {directions_.data(), 2 * count}, {norms_.data(), count},
                       {features_of_.data(), count * features_});
    for (std::size_t slot = 0; slot < count; ++slot) {
      const std::uint32_t b = rows[slot];
      Row& row = rows_[b];
      row.direction[0] = directions_[2 * slot], row.direction[1] = directions_[2 * slot + 1];
      const Look seen{row.rescaled, row.scale, norms_[slot],
                      std::span(features_of_).subspan(slot * features_, features_)};
      row.control.observe(seen, parts_, n_, &observations[b * width]);
      show(b);
    }
  }

 private:
  struct Row {
    const Trial* instance = nullptr;
    double pose[2] = {0, 0};
    StepControl control;
    Safeguard safeguard;
    TargetClock reached;
    double first_log_resolution = 0;
    double lowest = 0;  // noise-free, of all samples
    RandomStream noise, random;
    std::vector<float> rescaled;  // of the last look
    GridScale scale{};
    float direction[2] = {1, 0};
  };

  void start(std::size_t b, std::size_t instance, std::uint64_t seed) {
    Row& row = rows_[b];
    row.instance = &pool_->instances[instance];
    row.noise = make_stream(seed, 0, "noise");
    row.random = make_stream(seed, 0, "rover");
    row.reached.begin(targets_, row.instance->optimum_value, row.instance->start_value - row.instance->optimum_value);
    row.lowest = std::numeric_limits<double>::infinity();
    row.pose[0] = row.instance->start[0], row.pose[1] = row.instance->start[1];
    project(row);
    begin_walk(row);
    look(row, 1);
  }

  /// α₀ and δ₀ of the deployed agent, in the box.
  void begin_walk(Row& row) {
    const double window = options_.window * mean_width(row.instance->landscape->domain());
    row.first_log_resolution = std::log(window / static_cast<double>(n_));
    row.control = {std::log(window / 4), row.first_log_resolution, {}};
    row.safeguard.begin(2);
  }

  /// Adds a difference, as the deployed agent does, so that the last bits are the same.
  static void move_to(Row& row, std::size_t i, double place) { row.pose[i] += place - row.pose[i]; }

  static void project(Row& row) {
    const Box& box = row.instance->landscape->domain();
    for (std::size_t i = 0; i < 2; ++i) row.pose[i] = std::clamp(row.pose[i], box.low[i], box.high[i]);
  }

  /// The grid of eq. (1) about the pose, inside the box, as the `looks`-th look of the episode.
  void look(Row& row, double looks) {
    const Landscape& landscape = *row.instance->landscape;
    const Box& box = landscape.domain();
    const double resolution = std::exp(row.control.log_resolution);
    const double middle = (static_cast<double>(n_) - 1) / 2;
    const Slice slice{0, 1, resolution};
    RandomStream* noise = landscape.is_noisy() ? &row.noise : nullptr;
    bool inside = true;
    for (std::size_t i = 0; i < 2; ++i)
      inside &= row.pose[i] - middle * resolution >= box.low[i] && row.pose[i] + middle * resolution <= box.high[i];
    if (inside) {
      landscape.slices(row.pose, {&slice, 1}, n_, grid_, noise);
    } else {
      slice_points(row.pose, slice, n_, points_);
      for (std::size_t k = 0; k < points_.size(); ++k)
        points_[k] = std::clamp(points_[k], box.low[k % 2], box.high[k % 2]);
      landscape.values(points_, grid_, noise);
    }
    row.scale = rescale_grid(grid_, row.rescaled);
    const auto cell = static_cast<std::size_t>(std::ranges::min_element(grid_) - grid_.begin());
    const double at[2] = {row.pose[0] + (static_cast<double>(cell / n_) - middle) * resolution,
                          row.pose[1] + (static_cast<double>(cell % n_) - middle) * resolution};
    ++row.safeguard.since_best;
    if (row.safeguard.improves(row.scale.low)) std::ranges::copy(at, row.safeguard.best_point.begin());
    double lowest = row.scale.low;
    if (noise) {
      const double sampled[2] = {std::clamp(at[0], box.low[0], box.high[0]),
                                 std::clamp(at[1], box.low[1], box.high[1])};
      lowest = landscape.value(sampled);
    }
    row.lowest = std::min(row.lowest, lowest);
    row.reached.see(lowest, looks);
  }

  void show(std::uint32_t b) {
    const Row& row = rows_[b];
    const double gap = row.instance->start_value - row.instance->optimum_value;
    const double regret = std::max((row.lowest - row.instance->optimum_value) / gap, 0.0);
    const auto made = static_cast<double>(steps(b));
    const double shown[fixed_count] = {row.lowest,
                                       regret,
                                       row.control.log_step_size,
                                       row.control.log_resolution,
                                       static_cast<double>(row.instance->family),
                                       made};
    for (std::size_t k = 0; k < fixed_count; ++k) infos_[k][b] = shown[k];
    for (std::size_t q = 0; q < targets_.size(); ++q) infos_[fixed_count + q][b] = row.reached.reached()[q];
    const auto hidden = std::span(privileged_).subspan(b * privileged_size(), privileged_size());
    std::ranges::fill(hidden, 0.f);
    hidden[row.instance->family] = 1;
    const double scalars[] = {std::log10(std::max(regret, 1e-12)) / 4, row.control.log_step_size / 3,
                              row.control.log_resolution / 3, made / static_cast<double>(horizon())};
    for (std::size_t k = 0; k < std::size(scalars); ++k)
      hidden[pool_->families.size() + k] = static_cast<float>(scalars[k]);
  }

  WalkEnvOptions options_;
  std::vector<double> targets_;
  std::size_t n_, cells_, features_;
  ObservationParts parts_;
  std::shared_ptr<const Heading> heading_;
  std::shared_ptr<const InstancePool> pool_;
  std::vector<Row> rows_;
  std::vector<std::vector<double>> infos_;
  std::vector<float> privileged_;
  // one look, and one chunk's
  std::vector<double> grid_, points_;
  std::vector<float> rescaled_, directions_, norms_, features_of_;
};

}  // namespace

std::unique_ptr<WalkEnv> make_walk_env(std::size_t size, const WalkEnvOptions& options,
                                       std::shared_ptr<const Heading> heading, Autoreset autoreset,
                                       std::shared_ptr<const InstancePool> pool, std::uint64_t pool_seed) {
  if (!heading) throw std::invalid_argument("the walk needs a heading: a trained one or newton-fit");
  check_options(options);
  if (!pool)
    pool = shared_pool("walk " + std::to_string(options.pool) + ' ' + std::to_string(pool_seed),
                       [&] { return make_walk_pool(options.pool, pool_seed); });
  return std::make_unique<Walk>(size, options, std::move(heading), autoreset, std::move(pool));
}

}  // namespace rover
