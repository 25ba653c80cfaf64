#include "training/controller_task.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/executor.h"
#include "env/landscapes/extended.h"
#include "env/targets.h"

namespace rover {
namespace {

constexpr std::size_t block = 32;  // surfaces that one environment plays at a time

class ControllerValidation final : public PolicyValidation {
 public:
  ControllerValidation(ControllerEpisodes episodes, std::size_t target)
      : episodes_(std::move(episodes)), rule_(episodes_.rule()), target_(target) {}
  double objective(const RecurrentPolicy& policy, Metrics& metrics) override {
    const ControllerScore score = episodes_.score(policy);
    metrics.log("validation/evaluations", std::exp(score.mean_log(target_)));
    metrics.log("validation/ratio", std::exp(score.mean_log(target_) - rule_.mean_log(target_)));
    metrics.log("validation/mean_ratio", std::exp(score.mean_log() - rule_.mean_log()));
    return score.mean_log() - rule_.mean_log();
  }

 private:
  ControllerEpisodes episodes_;
  ControllerScore rule_;
  std::size_t target_;
};

}  // namespace

double ControllerScore::mean_log(std::size_t target) const {
  double sum = 0;
  for (std::size_t k = target; k < evaluations.size(); k += targets) sum += std::log(evaluations[k]);
  return sum * static_cast<double>(targets) / static_cast<double>(evaluations.size());
}

double ControllerScore::mean_log() const {
  double sum = 0;
  for (std::size_t q = 0; q < targets; ++q) sum += mean_log(q);
  return sum / static_cast<double>(targets);
}

double ControllerScore::solved(std::size_t target, double within) const {
  std::size_t count = 0;
  for (std::size_t k = target; k < evaluations.size(); k += targets) count += evaluations[k] <= within;
  return static_cast<double>(count * targets) / static_cast<double>(evaluations.size());
}

RatioInterval paired_ratio(const ControllerScore& score, const ControllerScore& reference, std::size_t target,
                           std::uint64_t seed) {
  std::vector<double> differences;
  for (std::size_t k = target; k < score.evaluations.size(); k += score.targets)
    differences.push_back(std::log(score.evaluations[k]) - std::log(reference.evaluations[k]));
  return ratio_interval(differences, make_stream(seed, target, "bootstrap"));
}

ControllerEpisodes::ControllerEpisodes(const SearchEnvOptions& options, std::size_t count, std::uint64_t seed,
                                       std::size_t threads)
    : options_(options),
      pool_(std::make_shared<const InstancePool>(make_extended_pool(count, seed, threads))),
      seed_(seed),
      threads_(threads) {}

ControllerScore ControllerEpisodes::rule() const {
  return play([](const VectorEnv&) {
    return std::make_unique<ConstantActions>(std::vector<float>(SearchController::decisions));
  });
}

ControllerScore ControllerEpisodes::random() const {
  return play([](const VectorEnv& env) { return std::make_unique<RandomActions>(env.action_space()); });
}

ControllerScore ControllerEpisodes::score(const RecurrentPolicy& policy) const {
  return play([&](const VectorEnv&) {
    return std::make_unique<RecurrentBatchPolicy>(std::vector<const RecurrentPolicy*>{&policy});
  });
}

ControllerScore ControllerEpisodes::play(
    const std::function<std::unique_ptr<BatchPolicy>(const VectorEnv&)>& make_policy) const {
  const std::size_t count = pool_->instances.size(), q = parse_targets(options_.targets).size();
  ControllerScore out{q, {}};
  const auto blocks = make_thread_executor(threads_)->map((count + block - 1) / block, [&](std::size_t job) {
    const std::size_t first = job * block;
    const std::size_t size = std::min(block, count - first);
    const auto env = make_search_env(size, options_, Autoreset::disabled, pool_);
    const auto policy = make_policy(*env);
    std::vector<std::size_t> instances(size);
    std::iota(instances.begin(), instances.end(), first);
    std::vector<std::uint64_t> seeds;
    for (const std::size_t k : instances) seeds.push_back(derive_seed(seed_, k, "search"));
    Rollout played(*env);
    rollout_from([&](Batch start) { env->reset_from(seeds, instances, start); }, *policy, *env, seeds, played);
    std::vector<double> evaluations(size * q);
    for (std::size_t k = 0; k < q; ++k) {
      const auto reached = env->info("reached_" + std::to_string(k + 1));
      for (std::size_t b = 0; b < size; ++b) evaluations[b * q + k] = reached[b];
    }
    return evaluations;
  });
  for (const auto& one : blocks) out.evaluations.insert(out.evaluations.end(), one.begin(), one.end());
  return out;
}

ControllerTask::ControllerTask(const SearchEnvOptions& options, std::uint64_t seed, std::size_t threads)
    : options_(options),
      seed_(seed),
      threads_(threads),
      pool_(std::make_shared<const InstancePool>(
          make_extended_pool(options.pool, derive_seed(seed, 0, "pool"), threads))) {}

std::vector<std::string> ControllerTask::metric_names() {
  return {"validation/evaluations", "validation/ratio", "validation/mean_ratio"};
}

std::unique_ptr<VectorEnv> ControllerTask::make(std::size_t size) const {
  return make_search_env(size, options_, Autoreset::disabled, pool_);
}

std::unique_ptr<PolicyValidation> ControllerTask::validation(std::size_t episodes) const {
  return std::make_unique<ControllerValidation>(
      ControllerEpisodes(options_, episodes, derive_seed(seed_, 0, "validation"), threads_), options_.main_target());
}

}  // namespace rover
