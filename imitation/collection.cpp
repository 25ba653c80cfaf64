#include "imitation/collection.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <thread>

#include "core/executor.h"
#include "env/landscapes/registry.h"
#include "env/step_control_env.h"

namespace rover {
namespace {

constexpr double kMaxBytes = 4.0 * (1u << 30);  ///< of grids; more is taken for a typing error: `full` has .1 GiB

// Follows one run after another with the same scratch memory.
class Collector {
 public:
  Collector(const CollectionOptions& options, std::size_t grid_size)
      : options_(options),
        n_(grid_size),
        ids_(split_list(options.families)),
        names_(family_names(options.families)),
        teacher_(parse_teacher(options.teacher)),
        grid_(n_ * n_),
        rescaled_(n_ * n_) {
    LandscapeOptions landscape;
    landscape.noise_probability = options.noise_probability;
    landscape.shear_probability = options.shear_probability;
    landscape.warp_probability = options.warp_probability;
    seen_settings_ = to_settings(landscape);
    landscape.warp_probability = 0;
    base_settings_ = to_settings(landscape);
  }

  void collect(std::uint64_t seed, std::uint64_t episode, Samples& out) {
    const std::string& id = ids_[episode % ids_.size()];
    const auto family = static_cast<std::uint32_t>(std::find(names_.begin(), names_.end(), id) - names_.begin());
    const std::string instance = std::to_string(derive_seed(seed, episode, "landscape"));
    seen_settings_["seed"] = base_settings_["seed"] = instance;
    const std::shared_ptr<const Landscape> seen = landscapes().make(id, seen_settings_);
    // A monotone output warp keeps the descent directions but moves Newton's: teachers work on the same instance
    // without it.
    const std::shared_ptr<const Landscape> base =
        options_.warp_probability > 0 ? landscapes().make(id, base_settings_) : seen;
    RandomStream start = make_stream(seed, episode, "start"), run = make_stream(seed, episode, "run");
    RandomStream noise = make_stream(seed, episode, "noise"), against = make_stream(seed, episode, "negative");
    std::optional<Optimum> optimum;
    if (options_.target == "optimum") optimum = base->optimum();

    double x[2], first_decrease = 0;
    base->sample_start(start, x);
    for (std::uint64_t t = 0; t < options_.steps; ++t) {
      const TeacherMove move = teacher_move(*base, x, teacher_);
      if (t == 0) first_decrease = move.decrease;
      if (!(move.decrease > 0 && move.decrease > 1e-7 * first_decrease)) return;
      double target[2] = {move.direction[0], move.direction[1]};
      if (optimum) {
        const double to[2] = {optimum->point[0] - x[0], optimum->point[1] - x[1]}, distance = std::hypot(to[0], to[1]);
        if (!(distance > 1e-300)) return;
        target[0] = to[0] / distance, target[1] = to[1] / distance;
      }
      const double widest = 8 / static_cast<double>(n_);  // the range is that of the window n·δ, for any n
      const Slice slice{0, 1, run.log_uniform(options_.resolution_low, options_.resolution_high) * widest};
      seen->slices(x, {&slice, 1}, n_, grid_, seen->is_noisy() ? &noise : nullptr);
      if (rescale_grid(grid_, rescaled_).range > 0) {
        const float direction[2] = {static_cast<float>(target[0]), static_cast<float>(target[1])};
        float negative[2];
        draw_negative(direction, against.uniform(), negative);
        out.grids.insert(out.grids.end(), rescaled_.begin(), rescaled_.end());
        out.directions.insert(out.directions.end(), direction, direction + 2);
        out.negatives.insert(out.negatives.end(), negative, negative + 2);
        out.families.push_back(family);
        out.episodes.push_back(episode);
      }
      const double advance = run.uniform() * move.step;
      x[0] += advance * move.direction[0], x[1] += advance * move.direction[1];
    }
  }

 private:
  const CollectionOptions& options_;
  std::size_t n_;
  std::vector<std::string> ids_, names_;
  Teacher teacher_;
  Settings seen_settings_, base_settings_;
  std::vector<double> grid_;
  std::vector<float> rescaled_;
};

// Contiguous parts to threads, joined in order.
Samples collect_runs(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed, std::uint64_t begin,
                     std::uint64_t end, unsigned threads) {
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  threads = static_cast<unsigned>(std::clamp<std::uint64_t>(end - begin, 1, threads));
  const auto parts = make_thread_executor(threads)->map(threads, [&](std::size_t k) {
    Samples part;
    Collector collector(options, grid_size);
    const std::uint64_t count = end - begin;
    for (std::uint64_t episode = begin + count * k / threads; episode < begin + count * (k + 1) / threads; ++episode)
      collector.collect(seed, episode, part);
    return part;
  });
  Samples all;
  all.grid_size = grid_size;
  for (const Samples& part : parts) all.append(part);
  return all;
}

}  // namespace

void Samples::append(const Samples& more) {
  const auto extend = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  extend(grids, more.grids);
  extend(directions, more.directions);
  extend(negatives, more.negatives);
  extend(families, more.families);
  extend(episodes, more.episodes);
}

std::vector<std::string> family_names(const std::string& families) {
  std::vector<std::string> names;
  for (auto& id : split_list(families))
    if (std::find(names.begin(), names.end(), id) == names.end()) names.push_back(std::move(id));
  if (names.empty()) throw UsageError("families names no landscape; for example families=quadratic,valley");
  return names;
}

void check_collection(const CollectionOptions& options, std::size_t grid_size) {
  const auto require = [](bool holds, const char* sentence) {
    if (!holds) throw UsageError(sentence);
  };
  require(grid_size >= 3, "the collection needs grids of at least 3×3");
  check_options(options);
  const double bytes = 4.0 * static_cast<double>(options.functions) * static_cast<double>(options.steps) *
                       static_cast<double>(grid_size * grid_size);
  require(bytes <= kMaxBytes,
          "the collection's grids may take 4 GiB at most: functions × steps × grid_size² × 4 bytes");
  require(options.resolution_low <= options.resolution_high, "the collection needs resolution_low ≤ resolution_high");
  for (const auto& name : family_names(options.families)) {
    require_trainable(name);
    LandscapeOptions landscape;
    landscape.noise_probability = options.noise_probability;
    landscape.shear_probability = options.shear_probability;
    landscape.warp_probability = options.warp_probability;
    const auto surface = landscapes().make(name, to_settings(landscape));
    if (surface->dimension() != 2)
      throw UsageError("the landscape '" + name + "' has " + std::to_string(surface->dimension()) +
                       " dimensions; grids need 2");
    if (!surface->has_gradient() || !surface->has_hessian())
      throw UsageError("the landscape '" + name + "' has no gradient or Hessian for the teachers");
    if (options.target == "optimum" && !surface->optimum())
      throw UsageError("the landscape '" + name + "' has no known optimum to aim at");
  }
}

std::uint64_t shard_count(const CollectionOptions& options) {
  return (options.functions + options.shard - 1) / options.shard;
}

Samples collect_shard(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed, std::uint64_t shard,
                      unsigned threads) {
  const std::uint64_t begin = shard * options.shard;
  return collect_runs(options, grid_size, seed, begin, std::min(begin + options.shard, options.functions), threads);
}

void draw_negative(const float direction_2[2], double uniform, float negative_2[2]) {
  const double angle = (uniform - 0.5) * std::numbers::pi, c = std::cos(angle), s = std::sin(angle);
  negative_2[0] = static_cast<float>(-(c * direction_2[0] - s * direction_2[1]));
  negative_2[1] = static_cast<float>(-(s * direction_2[0] + c * direction_2[1]));
}

AngleErrors angle_errors(const Heading& heading, const Samples& samples, const std::vector<std::string>& families) {
  const std::size_t count = samples.size();
  std::vector<float> directions(2 * count), norms(count), features(count * heading.feature_count());
  heading.headings(samples.grids, samples.grid_size, directions, norms, features);
  std::vector<std::vector<double>> angles(families.size());
  for (std::size_t k = 0; k < count; ++k) {
    const double a = directions[2 * k], b = directions[2 * k + 1], x = samples.directions[2 * k],
                 y = samples.directions[2 * k + 1];
    angles[samples.families[k]].push_back(std::abs(std::atan2(a * y - b * x, a * x + b * y)) * 180 / std::numbers::pi);
  }
  AngleErrors errors{families, {}, {}};
  for (auto& own : angles) {
    double sum = 0;
    for (const double angle : own) sum += angle;
    errors.mean.push_back(sum / static_cast<double>(own.size()));  // NaN for a family without samples
    const auto middle = own.begin() + static_cast<std::ptrdiff_t>(own.size() / 2);
    if (!own.empty()) std::nth_element(own.begin(), middle, own.end());
    errors.median.push_back(own.empty() ? errors.mean.back() : *middle);
  }
  return errors;
}

Samples held_out_samples(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed,
                         std::uint64_t functions) {
  CollectionOptions clean = options;
  const auto names = family_names(options.families);
  clean.families.clear();
  for (const auto& name : names) clean.families += (clean.families.empty() ? "" : ",") + name;
  clean.noise_probability = clean.shear_probability = clean.warp_probability = 0;
  return collect_runs(clean, grid_size, derive_seed(seed, 0, "held-out"), 0, functions * names.size(), 0);
}

AngleErrors held_out_angles(const Heading& heading, const CollectionOptions& options, std::size_t grid_size,
                            std::uint64_t seed, std::uint64_t functions) {
  return angle_errors(heading, held_out_samples(options, grid_size, seed, functions), family_names(options.families));
}

}  // namespace rover
