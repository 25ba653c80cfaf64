#include "training/walk_task.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "env/landscapes/extended.h"
#include "env/look.h"
#include "env/targets.h"

namespace rover {
namespace {

/// u uniform in [−1, 1], as rates.
class RandomRates final : public BatchPolicy {
 public:
  void reset(std::span<const std::uint64_t> seeds_b) override {
    streams_.clear();
    for (const std::uint64_t seed : seeds_b) streams_.push_back(make_stream(seed, 0, "random-rates"));
  }
  void act(std::span<const float>, std::span<float> actions_ba) override {
    for (std::size_t k = 0; k < actions_ba.size(); ++k)
      actions_ba[k] = rate_of(static_cast<float>(streams_[k / 2].uniform(-1, 1)));
  }

 private:
  std::vector<RandomStream> streams_;
};

class WalkValidation final : public PolicyValidation {
 public:
  WalkValidation(WalkEpisodes episodes, std::size_t target) : episodes_(std::move(episodes)), target_(target) {}
  double objective(const RecurrentPolicy& policy, Metrics& metrics) override {
    const WalkScore score = episodes_.score(policy);
    metrics.log("validation/walk_return", score.mean_return());
    metrics.log("validation/walk_looks", score.looks_to(target_));
    return -score.mean_return();
  }

 private:
  WalkEpisodes episodes_;
  std::size_t target_;
};

}  // namespace

double WalkScore::looks_to(std::size_t target) const {
  double sum = 0;
  for (std::size_t k = target; k < looks.size(); k += targets) sum += std::log(looks[k]);
  return std::exp(sum * static_cast<double>(targets) / static_cast<double>(looks.size()));
}

double WalkScore::mean_return() const {
  return std::accumulate(returns.begin(), returns.end(), 0.0) / static_cast<double>(returns.size());
}

WalkEpisodes::WalkEpisodes(const WalkEnvOptions& options, std::shared_ptr<const Heading> heading, std::size_t count,
                           std::uint64_t seed, std::size_t threads)
    : env_(make_walk_env(count, options, std::move(heading), Autoreset::disabled,
                         std::make_shared<const InstancePool>(make_walk_pool(count, seed, threads)))),
      seeds_(spread_seed(seed, count)),
      instances_(count),
      played_(*env_),
      targets_(parse_targets(options.targets).size()) {
  std::iota(instances_.begin(), instances_.end(), std::size_t{0});
}

WalkScore WalkEpisodes::score(BatchPolicy& policy) {
  rollout_from([&](Batch out) { env_->reset_from(seeds_, instances_, out); }, policy, *env_, seeds_, played_);
  WalkScore score{targets_, std::vector<double>(instances_.size() * targets_), played_.returns_b};
  for (std::size_t q = 0; q < targets_; ++q) {
    const auto reached = env_->info("reached_" + std::to_string(q + 1));
    for (std::size_t k = 0; k < instances_.size(); ++k) score.looks[k * targets_ + q] = reached[k];
  }
  return score;
}

WalkScore WalkEpisodes::score(const RecurrentPolicy& policy) {
  RecurrentBatchPolicy player({&policy});
  return score(player);
}

WalkScore WalkEpisodes::random_actions() {
  RandomRates player;
  return score(player);
}

WalkTask::WalkTask(const WalkEnvOptions& options, std::shared_ptr<const Heading> heading, std::uint64_t seed,
                   std::size_t threads)
    : options_(options),
      heading_(std::move(heading)),
      seed_(seed),
      threads_(threads),
      pool_(std::make_shared<const InstancePool>(
          make_walk_pool(options.pool, derive_seed(seed, 0, "walk-pool"), threads))) {}

std::vector<std::string> WalkTask::metric_names() { return {"validation/walk_return", "validation/walk_looks"}; }

PolicyShape WalkTask::shape() const {
  const ObservationParts parts = parse_observation(options_.observation);
  return {parts.size(options_.grid_size, heading_->feature_count()), options_.grid_size, 2, ActionMap::rates};
}

std::unique_ptr<VectorEnv> WalkTask::make(std::size_t size) const {
  return make_walk_env(size, options_, heading_, Autoreset::disabled, pool_);
}

std::unique_ptr<PolicyValidation> WalkTask::validation(std::size_t episodes) const {
  return std::make_unique<WalkValidation>(
      WalkEpisodes(options_, heading_, episodes, derive_seed(seed_, 0, "walk-validation"), threads_),
      main_target(options_));
}

Settings WalkTask::description() const {
  Settings out = to_settings(options_);
  out["heading"] = heading_->name();
  return out;
}

std::size_t main_target(const WalkEnvOptions& options) {
  const auto targets = parse_targets(options.targets);
  const auto found = std::ranges::find(targets, 1e-3);
  return found == targets.end() ? targets.size() - 1 : static_cast<std::size_t>(found - targets.begin());
}

}  // namespace rover
