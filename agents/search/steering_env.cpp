#include "agents/search/steering_env.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "agents/classical/bounds.h"
#include "agents/coroutine.h"
#include "agents/search/portfolio.h"
#include "agents/search/search_agent.h"
#include "env/landscapes/shared_pool.h"
#include "env/landscapes/varied.h"
#include "env/targets.h"

namespace rover {
namespace {

constexpr std::size_t features = SearchSteering::features, decisions = SearchSteering::decisions, target_count = 50;
constexpr const char* info_names[] = {"value",  "regret",    "evaluations",    "steps",
                                      "family", "dimension", "log_evaluations"};

std::vector<double> fifty_targets() {
  std::vector<double> out;
  for (std::size_t i = 1; i <= target_count; ++i)
    out.push_back(std::pow(10, -8.0 * static_cast<double>(i) / static_cast<double>(target_count)));
  return out;
}

std::vector<std::size_t> parse_dimensions(const std::string& text) {
  std::vector<std::size_t> out;
  for (const std::string& part : split_list(text)) {
    std::uint64_t d = 0;
    detail::parse_value("dimensions", part, d);
    if (d < 1 || d > most_quadratic_dimensions)
      throw UsageError("the setting dimensions needs whole numbers from 1 to " +
                       std::to_string(most_quadratic_dimensions) + ", comma-separated, not '" + part + "'");
    out.push_back(static_cast<std::size_t>(d));
  }
  if (out.empty()) throw UsageError("the setting dimensions names none");
  return out;
}

InstancePool draw_pool(const SteeringEnvOptions& options, std::uint64_t seed) {
  InstancePool out;
  out.families = parse_families(options.families);
  for (const std::size_t d : parse_dimensions(options.dimensions)) {
    InstancePool part = make_varied_pool(out.families, d, options.pool, derive_seed(seed, d, "steering"));
    std::ranges::move(part.instances, std::back_inserter(out.instances));
  }
  return out;
}

/// An episode: the search on a stack of its own, which pauses at each decision and ends with its budget.
class Episode final : Evaluator, SearchSteering {
 public:
  explicit Episode(const SteeringEnvOptions& options) : options_(options), seen_(features), u_(decisions) {}

  void begin(const Trial& instance, std::uint64_t seed) {
    walk_.cancel();
    instance_ = &instance;
    problem_ = {.dimension = instance.landscape->dimension(), .domain = &instance.landscape->domain()};
    problem_.budget = options_.budget * problem_.dimension;
    seed_ = seed;
    reached_.begin(fifty_targets(), instance.optimum_value, gap());
    evaluations_ = 0, best_ = std::numeric_limits<double>::infinity();
    std::ranges::fill(seen_, 0.f);
    see(instance.start_value);
    walk_.start([this] {
      try {
        search::Portfolio(options_.search, *this, this).run();
      } catch (const Over&) {}
    });
    walk_.resume();
  }
  void go_on(std::span<const float> action) {
    std::ranges::copy(action, u_.begin());
    walk_.resume();
  }

  bool over() const { return walk_.finished(); }
  bool solved() const { return reached_.all(); }
  TargetClock& reached() { return reached_; }
  const Trial& instance() const { return *instance_; }
  std::uint64_t evaluations() const { return evaluations_; }
  std::uint64_t budget() const { return problem_.budget; }
  double best() const { return best_; }
  double regret() const { return std::max((best_ - instance_->optimum_value) / gap(), 0.0); }
  double log_evaluations() const {
    double sum = 0;
    for (const double at : reached_.reached()) sum += std::log(std::isnan(at) ? static_cast<double>(budget()) : at);
    return sum / static_cast<double>(target_count);
  }
  std::span<const float> seen() const { return seen_; }

 private:
  struct Over {};
  double gap() const { return instance_->start_value - instance_->optimum_value; }
  void see(double value) {
    best_ = std::min(best_, value);
    reached_.see(value, static_cast<double>(++evaluations_));
  }

  const Problem& problem() const override { return problem_; }
  std::uint64_t seed() const override { return seed_; }
  Reals start() const override { return instance_->start; }
  double start_value() const override { return instance_->start_value; }
  double value(Reals point, bool ends_iteration) override {
    double out = 0;
    values(point, {&out, 1}, ends_iteration);
    return out;
  }
  void values(Reals points, MutReals values, bool) override {
    const std::size_t d = problem_.dimension;
    if (reached_.all() || evaluations_ + values.size() > problem_.budget) throw Over{};
    point_.assign(points.begin(), points.end());
    for (std::size_t k = 0; k < values.size(); ++k) project({point_.data() + k * d, d}, *problem_.domain);
    instance_->landscape->values(point_, values, nullptr);
    for (const double value : values) see(value);
  }
  void answer(Reals) override {}
  Reals start_gradient() const override { return {}; }
  Reals gradient() const override { return {}; }
  bool cancelled() const override { return walk_.cancelled(); }

  void reset(std::uint64_t) override {}
  void decide(std::span<const float> seen, std::span<float> u) override {
    if (!options_.blind) std::ranges::copy(seen, seen_.begin());
    walk_.pause();
    std::ranges::copy(u_, u.begin());
  }

  const SteeringEnvOptions& options_;
  const Trial* instance_ = nullptr;
  Problem problem_;
  std::uint64_t seed_ = 0, evaluations_ = 0;
  double best_ = 0;
  TargetClock reached_;
  std::vector<float> seen_, u_;
  std::vector<double> point_;
  Coroutine walk_;  // last: unwound first
};

class Steering final : public SteeringEnv {
 public:
  Steering(std::size_t size, const SteeringEnvOptions& options, Autoreset autoreset,
           std::shared_ptr<const InstancePool> pool)
      : SteeringEnv(size, bounds(features, std::numeric_limits<float>::infinity()), bounds(decisions, 1),
                    options.horizon, autoreset),
        options_(options),
        pool_(std::move(pool)),
        privileged_width_(pool_->families.size() + 3) {
    for (std::size_t b = 0; b < size; ++b) rows_.push_back(std::make_unique<Episode>(options_));
    infos_.assign(std::size(info_names), std::vector<double>(size));
    privileged_.resize(size * privileged_width_);
  }

  const SteeringEnvOptions& options() const override { return options_; }
  const InstancePool& pool() const override { return *pool_; }
  std::vector<std::string> info_keys() const override { return {std::begin(info_names), std::end(info_names)}; }
  std::size_t privileged_size() const override { return privileged_width_; }
  std::span<const float> privileged() const override { return privileged_; }
  std::span<const double> info(std::string_view key) const override {
    const auto found = std::ranges::find(info_names, key);
    if (found == std::end(info_names)) throw std::invalid_argument(unknown_name("info key", key, info_keys()));
    return infos_[static_cast<std::size_t>(found - std::begin(info_names))];
  }

  void reset_from(std::span<const std::uint64_t> seeds_b, std::span<const std::size_t> instances_b,
                  Batch out) override {
    require_instances(instances_b, size(), *pool_);
    reset_by([&](std::size_t b, std::uint64_t seed) { rows_[b]->begin(pool_->instances[instances_b[b]], seed); },
             seeds_b, out);
  }

 protected:
  void begin(std::size_t b, std::uint64_t seed) override {
    rows_[b]->begin(pool_->instances[make_stream(seed, 0, "episode").below(pool_->instances.size())], seed);
  }

  Outcome advance(std::size_t b, std::span<const float> action) override {
    Episode& row = *rows_[b];
    const std::size_t first_open = row.reached().reached_count();
    const auto before = static_cast<double>(row.evaluations());
    if (!row.over()) row.go_on(action);
    Outcome out;
    out.terminated = row.solved();
    out.truncated = !out.terminated && (row.over() || steps(b) == horizon());
    auto now = static_cast<double>(row.evaluations());
    if (out.truncated) row.reached().close(now = static_cast<double>(row.budget()));
    out.reward = row.reached().reward(first_open, before, now);
    return out;
  }

  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override {
    for (const std::uint32_t b : rows) {
      const Episode& row = *rows_[b];
      std::ranges::copy(row.seen(), &observations[b * features]);
      const double shown[] = {row.best(),
                              row.regret(),
                              static_cast<double>(row.evaluations()),
                              static_cast<double>(steps(b)),
                              static_cast<double>(row.instance().family),
                              static_cast<double>(row.instance().landscape->dimension()),
                              row.log_evaluations()};
      for (std::size_t k = 0; k < std::size(shown); ++k) infos_[k][b] = shown[k];
      const auto hidden = std::span(privileged_).subspan(b * privileged_width_, privileged_width_);
      std::ranges::fill(hidden, 0.f);
      hidden[row.instance().family] = 1;
      hidden[privileged_width_ - 3] = static_cast<float>(std::log10(std::max(row.regret(), 1e-12)) / 8);
      hidden[privileged_width_ - 2] =
          static_cast<float>(static_cast<double>(row.evaluations()) / static_cast<double>(row.budget()));
      hidden[privileged_width_ - 1] =
          static_cast<float>(static_cast<double>(steps(b)) / static_cast<double>(horizon()));
    }
  }

 private:
  static Space bounds(std::size_t size, float limit) {
    return {std::vector<float>(size, -limit), std::vector<float>(size, limit)};
  }

  SteeringEnvOptions options_;
  std::shared_ptr<const InstancePool> pool_;
  std::size_t privileged_width_;
  std::vector<std::unique_ptr<Episode>> rows_;
  std::vector<std::vector<double>> infos_;
  std::vector<float> privileged_;
};

}  // namespace

std::vector<std::string> parse_families(const std::string& text) {
  const auto& all = varied_families();
  if (text == "all") return all;
  std::vector<std::string> named, out;
  bool others = false;
  for (const std::string& part : split_list(text)) {
    const bool left_out = !part.empty() && part[0] == '-';
    others = others || left_out;
    named.push_back(left_out ? part.substr(1) : part);
    if (std::ranges::find(all, named.back()) == all.end())
      throw UsageError(unknown_name("family of training surfaces", named.back(), all));
  }
  for (const std::string& family : all)
    if ((std::ranges::find(named, family) != named.end()) != others) out.push_back(family);
  if (out.empty()) throw UsageError("the setting families leaves none");
  return out;
}

std::unique_ptr<SteeringEnv> make_steering_env(std::size_t size, const SteeringEnvOptions& options, Autoreset autoreset,
                                               std::uint64_t pool_seed) {
  if (size == 0) throw UsageError("an environment needs at least one copy of itself: size ≥ 1");
  check_options(options);
  auto pool = shared_pool("varied " + options.dimensions + ' ' + options.families + ' ' + std::to_string(options.pool) +
                              ' ' + std::to_string(pool_seed),
                          [&] { return draw_pool(options, pool_seed); });
  return std::make_unique<Steering>(size, options, autoreset, std::move(pool));
}

}  // namespace rover
