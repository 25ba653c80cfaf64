#include "training/env_task.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <thread>

#include "core/parallel.h"

namespace rover {
namespace {

constexpr std::size_t most_rows = 32;    // episodes that one environment plays at a time
constexpr double smallest_scale = 1e-6;  // of an observation that hardly varies

class EnvValidation final : public PolicyValidation {
 public:
  EnvValidation(const EnvTask& task, std::size_t count) : task_(task), episodes_(task.episodes("validation", count)) {}
  double objective(const RecurrentPolicy& policy, Metrics& metrics) override {
    const EnvPolicy model = task_.model(policy);
    const double value = episodes_.mean_return([&] { return model.player(); });
    metrics.log("validation/return", value);
    return -value;
  }

 private:
  EnvTask task_;
  EnvEpisodes episodes_;
};

}  // namespace

EnvEpisodes::EnvEpisodes(MakeEnv make, std::vector<std::uint64_t> seeds, std::size_t threads)
    : make_(std::move(make)), seeds_(std::move(seeds)), rows_(std::min(most_rows, seeds_.size())) {
  if (seeds_.empty()) throw UsageError("a set of episodes to measure policies on needs at least one");
  const std::size_t blocks = (seeds_.size() + rows_ - 1) / rows_;
  players_.resize(std::min(threads ? threads : std::max<std::size_t>(1, std::thread::hardware_concurrency()), blocks));
}

double EnvEpisodes::mean_return(const MakePolicy& make) {
  std::vector<double> returns(seeds_.size());
  in_parallel((seeds_.size() + rows_ - 1) / rows_, players_.size(), [&](std::size_t job, std::size_t thread) {
    if (!players_[thread]) {
      auto env = make_(rows_);
      Rollout played(*env);
      players_[thread] = std::make_unique<Player>(Player{std::move(env), std::move(played)});
    }
    auto& [env, played] = *players_[thread];
    const std::size_t first = std::min(job * rows_, seeds_.size() - rows_);  // the last block overlaps the one before
    rollout(*make(), *env, std::span(seeds_).subspan(first, rows_), played);
    const std::size_t again = job * rows_ - first;
    std::copy(played.returns_b.begin() + static_cast<std::ptrdiff_t>(again), played.returns_b.end(),
              returns.begin() + static_cast<std::ptrdiff_t>(job * rows_));
  });
  return std::accumulate(returns.begin(), returns.end(), 0.0) / static_cast<double>(returns.size());
}

EnvTask::EnvTask(std::string id, Settings settings, std::uint64_t seed, std::size_t threads)
    : id_(std::move(id)), settings_(std::move(settings)), seed_(seed), threads_(threads) {
  if (id_.empty()) throw UsageError("which environment? --set env=ID (rover list envs)");
  for (const char* ours : {"size", "autoreset"})
    if (settings_.contains(ours))
      throw UsageError("the setting env." + std::string(ours) + " is the trainer's: leave it out");
  const auto& options = environments().info(id_).options;
  has_seed_ = !settings_.contains("seed") && std::ranges::find(options, "seed", &Option::key) != options.end();
  const std::unique_ptr<VectorEnv> env = make_raw("train", probed);
  rescaling_.observations = env->observation_space(), rescaling_.actions = env->action_space();
  for (std::size_t k = 0; k < rescaling_.actions.size(); ++k)
    if (!std::isfinite(rescaling_.actions.low[k]) || !std::isfinite(rescaling_.actions.high[k]))
      throw UsageError("the environment '" + id_ + "' has no bounds for entry " + std::to_string(k) +
                       " of its actions, and a policy decides within bounds");

  const std::size_t o = rescaling_.observations.size();
  std::vector<double> sum(o), squares(o);
  double count = 0;
  RandomActions policy(rescaling_.actions);
  Rollout played(*env);
  rollout(policy, *env, spread_seed(derive_seed(seed_, 0, "probe"), probed), played,
          [&](std::size_t, const Rollout& seen) {
            for (std::size_t b = 0; b < probed; ++b) {
              if (seen.rested_b[b]) continue;
              for (std::size_t k = 0; k < o; ++k) {
                const double x = seen.batch.observations[b * o + k];
                sum[k] += x, squares[k] += x * x;
              }
              ++count;
            }
          });
  for (std::size_t k = 0; k < o; ++k) {
    const double mean = sum[k] / count, variance = std::max(squares[k] / count - mean * mean, 0.0);
    rescaling_.mean.push_back(static_cast<float>(mean));
    rescaling_.scale.push_back(static_cast<float>(std::max(std::sqrt(variance), smallest_scale)));
  }
  for (const double value : played.returns_b) return_size_ += value * value / static_cast<double>(probed);
  return_size_ = std::sqrt(return_size_);
}

std::unique_ptr<VectorEnv> EnvTask::make_raw(const std::string& purpose, std::size_t size) const {
  Settings all = settings_;
  all["autoreset"] = "disabled";
  if (has_seed_) all["seed"] = std::to_string(derive_seed(seed_, 0, purpose));
  return make_vec(id_, size, all);
}

PolicyShape EnvTask::shape() const { return {rescaling_.mean.size(), 0, rescaling_.actions.size(), ActionMap::direct}; }

std::unique_ptr<VectorEnv> EnvTask::make(std::size_t size) const {
  return std::make_unique<RescaledEnv>(make_raw("train", size), rescaling_);
}

std::unique_ptr<PolicyValidation> EnvTask::validation(std::size_t episodes) const {
  return std::make_unique<EnvValidation>(*this, episodes);
}

EnvPolicy EnvTask::model(const RecurrentPolicy& policy) const {
  return {id_, settings_, rescaling_, std::make_shared<RecurrentPolicy>(policy)};
}

EnvEpisodes EnvTask::episodes(const std::string& purpose, std::size_t count) const {
  const auto seeds = spread_seed(derive_seed(seed_, 0, purpose + " episodes"), count);
  return {[task = *this, purpose](std::size_t size) { return task.make_raw(purpose, size); }, seeds, threads_};
}

std::unique_ptr<BatchPolicy> EnvTask::random_actions() const {
  return std::make_unique<RandomActions>(rescaling_.actions);
}

std::unique_ptr<BatchPolicy> EnvTask::zero_actions() const {
  std::vector<float> zero;
  for (std::size_t k = 0; k < rescaling_.actions.size(); ++k)
    zero.push_back(std::clamp(0.f, rescaling_.actions.low[k], rescaling_.actions.high[k]));
  return std::make_unique<ConstantActions>(std::move(zero));
}

}  // namespace rover
