#include "agents/search/search_env.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "env/landscapes/extended.h"
#include "env/landscapes/shared_pool.h"
#include "env/targets.h"

namespace rover {
namespace {

constexpr std::size_t features = SearchController::features, decisions = SearchController::decisions;
constexpr const char* fixed_infos[] = {"value", "regret", "evaluations", "steps", "family"};
constexpr std::size_t fixed_count = std::size(fixed_infos);

constexpr std::array<float, decisions> gains = [] {
  std::array<float, decisions> out{};
  out[SearchDecision::resolution] = 0.5f, out[SearchDecision::step_limit] = 1, out[SearchDecision::downhill] = 0.3f;
  out[SearchDecision::momentum] = 0.3f, out[SearchDecision::step_size] = 0.4f, out[SearchDecision::tolerance] = 1;
  out[SearchDecision::restart] = 3, out[SearchDecision::look] = 2.5f, out[SearchDecision::top_up] = 0.2f;
  out[SearchDecision::second_try] = 2.5f;
  return out;
}();

Space unbounded(std::size_t size) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  return {std::vector<float>(size, -infinity), std::vector<float>(size, infinity)};
}

Space action_bounds() {
  Space out;
  for (const float gain : gains) out.low.push_back(-1 / gain), out.high.push_back(1 / gain);
  return out;
}

class PerEvaluation final : public SearchEnv {
 public:
  PerEvaluation(std::size_t size, const SearchEnvOptions& options, Autoreset autoreset,
                std::shared_ptr<const InstancePool> pool)
      : SearchEnv(size, unbounded(features), action_bounds(), options.horizon, autoreset),
        options_(options),
        targets_(parse_targets(options.targets)),
        pool_(std::move(pool)),
        privileged_width_(pool_->families.size() + 3) {
    for (std::size_t b = 0; b < size; ++b) rows_.emplace_back(options_);
    for (std::size_t q = 0; q < targets_.size(); ++q) info_keys_.push_back("reached_" + std::to_string(q + 1));
    info_keys_.insert(info_keys_.begin(), std::begin(fixed_infos), std::end(fixed_infos));
    infos_.assign(info_keys_.size(), std::vector<double>(size));
    privileged_.resize(size * privileged_width_);
    points_.reserve(2 * options_.budget), values_.reserve(options_.budget);
  }

  const SearchEnvOptions& options() const override { return options_; }
  const InstancePool& pool() const override { return *pool_; }
  std::vector<std::string> info_keys() const override { return info_keys_; }
  std::size_t privileged_size() const override { return privileged_width_; }
  std::span<const float> privileged() const override { return privileged_; }

  std::span<const double> info(std::string_view key) const override {
    const auto found = std::ranges::find(info_keys_, key);
    if (found == info_keys_.end()) throw std::invalid_argument(unknown_name("info key", key, info_keys_));
    return infos_[static_cast<std::size_t>(found - info_keys_.begin())];
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
    const std::size_t first_open = row.reached.reached_count();
    const auto before = static_cast<double>(row.search.evaluations());
    if (!row.reached.all() && row.search.needs_decision()) {
      float decided[decisions];
      to_decisions(action, decided);
      row.search.decide(decided);
      evaluate(row);
    }
    Outcome out;
    out.terminated = row.reached.all();
    out.truncated = !out.terminated && (row.search.evaluations() >= options_.budget || steps(b) == horizon());
    if (out.truncated) row.reached.close(static_cast<double>(options_.budget));
    out.reward = row.reached.reward(first_open, before, static_cast<double>(row.search.evaluations()));
    return out;
  }

  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override {
    for (const std::uint32_t b : rows) {
      Row& row = rows_[b];
      if (row.search.needs_decision()) std::ranges::copy(row.search.features(), row.seen.begin());
      std::ranges::copy(row.seen, &observations[b * features]);
      show(b);
    }
  }

 private:
  struct Row {
    explicit Row(const SearchEnvOptions& options) : search(options.search, options.budget) {}
    PlaneSearch search;
    const Trial* instance = nullptr;
    TargetClock reached;  // in evaluations
    std::vector<float> seen = std::vector<float>(features);
  };

  void start(std::size_t b, std::size_t instance, std::uint64_t seed) {
    Row& row = rows_[b];
    row.instance = &pool_->instances[instance];
    row.reached.begin(targets_, row.instance->optimum_value, row.instance->start_value - row.instance->optimum_value);
    std::ranges::fill(row.seen, 0.f);
    row.search.reset(seed);
    const Box& box = row.instance->landscape->domain();
    double point[2];
    for (std::size_t i = 0; i < 2; ++i) point[i] = (row.instance->start[i] - box.low[i]) / (box.high[i] - box.low[i]);
    row.search.know(point, row.instance->start_value);
    evaluate(row);
  }

  // Plays on to the next decision.
  void evaluate(Row& row) {
    const Box& box = row.instance->landscape->domain();
    const double low[2] = {box.low[0], box.low[1]}, width[2] = {box.high[0] - low[0], box.high[1] - low[1]};
    while (!row.reached.all() && !row.search.needs_decision()) {
      const std::uint64_t made = row.search.evaluations();
      const auto asked = row.search.ask();
      const std::size_t count = std::min<std::size_t>(asked.size() / 2, options_.budget - made);
      if (count == 0) return;
      points_.resize(2 * count), values_.resize(count);
      for (std::size_t k = 0; k < 2 * count; ++k) points_[k] = low[k % 2] + width[k % 2] * asked[k];
      row.instance->landscape->values(points_, values_, nullptr);
      for (std::size_t k = 0; k < count; ++k) row.reached.see(values_[k], static_cast<double>(made + k + 1));
      row.search.tell(values_);
    }
  }

  // Info and privileged state of row b.
  void show(std::size_t b) {
    const Row& row = rows_[b];
    const double gap = row.instance->start_value - row.instance->optimum_value;
    const double regret = std::max((row.search.best_value() - row.instance->optimum_value) / gap, 0.0);
    const auto evaluations = static_cast<double>(row.search.evaluations()), made = static_cast<double>(steps(b));
    const double shown[fixed_count] = {row.search.best_value(), regret, evaluations, made,
                                       static_cast<double>(row.instance->family)};
    for (std::size_t k = 0; k < fixed_count; ++k) infos_[k][b] = shown[k];
    for (std::size_t q = 0; q < targets_.size(); ++q) infos_[fixed_count + q][b] = row.reached.reached()[q];
    const auto hidden = std::span(privileged_).subspan(b * privileged_width_, privileged_width_);
    std::ranges::fill(hidden, 0.f);
    hidden[row.instance->family] = 1;
    hidden[privileged_width_ - 3] = static_cast<float>(std::log10(std::max(regret, 1e-10)) / 4);
    hidden[privileged_width_ - 2] = static_cast<float>(evaluations / static_cast<double>(options_.budget));
    hidden[privileged_width_ - 1] = static_cast<float>(made / static_cast<double>(options_.horizon));
  }

  SearchEnvOptions options_;
  std::vector<double> targets_;
  std::shared_ptr<const InstancePool> pool_;
  std::size_t privileged_width_;
  std::vector<Row> rows_;
  std::vector<std::string> info_keys_;
  std::vector<std::vector<double>> infos_;
  std::vector<float> privileged_;
  std::vector<double> points_, values_;
};

}  // namespace

void to_decisions(std::span<const float> action, std::span<float> u) {
  for (std::size_t k = 0; k < decisions; ++k) u[k] = std::clamp(gains[k] * action[k], -1.f, 1.f);
}

void to_action(std::span<const float> u, std::span<float> action) {
  for (std::size_t k = 0; k < decisions; ++k) action[k] = u[k] / gains[k];
}

std::size_t SearchEnvOptions::main_target() const {
  const auto values = parse_targets(targets);
  const auto found = std::ranges::find(values, 1e-3);
  return found == values.end() ? values.size() - 1 : static_cast<std::size_t>(found - values.begin());
}

std::unique_ptr<SearchEnv> make_search_env(std::size_t size, const SearchEnvOptions& options, Autoreset autoreset,
                                           std::shared_ptr<const InstancePool> pool, std::uint64_t pool_seed) {
  if (size == 0) throw UsageError("an environment needs at least one copy of itself: size ≥ 1");
  check_options(options);
  const std::uint64_t first =
      options.search.first_look * options.search.first_look + 1;  // the first look and the start
  if (options.budget <= first)
    throw UsageError("the setting budget must be greater than the " + std::to_string(first) +
                     " evaluations of the first look");
  if (!pool)
    pool = shared_pool("extended " + std::to_string(options.pool) + ' ' + std::to_string(pool_seed),
                       [&] { return make_extended_pool(options.pool, pool_seed); });
  return std::make_unique<PerEvaluation>(size, options, autoreset, std::move(pool));
}

}  // namespace rover
