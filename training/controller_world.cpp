#include "training/controller_world.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/parallel.h"
#include "env/landscapes/extended.h"

namespace rover {
namespace {

constexpr std::size_t block = 32;  // surfaces that one environment plays at a time
constexpr std::size_t resamples = 2000;

class RulePolicy final : public BatchPolicy {
 public:
  void reset(std::size_t, std::uint64_t) override {}
  void act(std::span<const float>, std::span<float> actions_ba) override { std::ranges::fill(actions_ba, 0.f); }
};

class RandomPolicy final : public BatchPolicy {
 public:
  void reset(std::size_t, std::uint64_t seed) override { stream_ = make_stream(seed, 0, "random-controller"); }
  void act(std::span<const float>, std::span<float> actions_ba) override {
    constexpr std::size_t a = SearchController::decisions;
    for (std::size_t first = 0; first < actions_ba.size(); first += a) {
      float u[a];
      for (float& entry : u) entry = static_cast<float>(stream_.uniform(-1, 1));
      to_action(u, actions_ba.subspan(first, a));
    }
  }

 private:
  RandomStream stream_;
};

class ControllerValidation final : public PolicyValidation {
 public:
  ControllerValidation(ControllerExam exam, std::size_t target)
      : exam_(std::move(exam)), rule_(exam_.rule()), target_(target) {}
  double objective(const RecurrentPolicy& policy, Metrics& metrics) override {
    const ControllerScore score = exam_.score(policy);
    metrics.log("validation/evaluations", std::exp(score.mean_log(target_)));
    metrics.log("validation/ratio", std::exp(score.mean_log(target_) - rule_.mean_log(target_)));
    metrics.log("validation/mean_ratio", std::exp(score.mean_log() - rule_.mean_log()));
    return score.mean_log() - rule_.mean_log();
  }

 private:
  ControllerExam exam_;
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

PairedRatio paired_ratio(const ControllerScore& score, const ControllerScore& reference, std::size_t target,
                         std::uint64_t seed) {
  std::vector<double> differences;
  for (std::size_t k = target; k < score.evaluations.size(); k += score.targets)
    differences.push_back(std::log(score.evaluations[k]) - std::log(reference.evaluations[k]));
  const std::size_t n = differences.size();
  std::vector<double> means;
  RandomStream stream = make_stream(seed, target, "bootstrap");
  for (std::size_t r = 0; r < resamples; ++r) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += differences[stream.below(n)];
    means.push_back(sum / static_cast<double>(n));
  }
  std::ranges::sort(means);
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) / static_cast<double>(n);
  return {std::exp(mean), std::exp(means[resamples / 40]), std::exp(means[resamples - 1 - resamples / 40])};
}

ControllerExam::ControllerExam(const PerEvaluationTask& task, std::size_t count, std::uint64_t seed,
                               std::size_t threads)
    : task_(task),
      pool_(std::make_shared<const InstancePool>(make_extended_pool(count, seed, threads))),
      seed_(seed),
      threads_(threads) {}

ControllerScore ControllerExam::rule() const {
  return play([] { return std::make_unique<RulePolicy>(); });
}

ControllerScore ControllerExam::random() const {
  return play([] { return std::make_unique<RandomPolicy>(); });
}

ControllerScore ControllerExam::score(const RecurrentPolicy& policy) const {
  return play([&] { return std::make_unique<RecurrentBatchPolicy>(std::vector<const RecurrentPolicy*>{&policy}); });
}

ControllerScore ControllerExam::play(const std::function<std::unique_ptr<BatchPolicy>()>& make_policy) const {
  const std::size_t count = pool_->instances.size(), q = task_.target_values().size();
  ControllerScore out{q, std::vector<double>(count * q)};
  in_parallel((count + block - 1) / block, threads_, [&](std::size_t job, std::size_t) {
    const std::size_t first = job * block;
    const std::size_t size = std::min(block, count - first);
    const auto env = make_per_evaluation_env(size, task_, Autoreset::disabled, pool_);
    const auto policy = make_policy();
    std::vector<std::size_t> instances(size);
    std::iota(instances.begin(), instances.end(), first);
    std::vector<std::uint64_t> seeds;
    for (const std::size_t k : instances) seeds.push_back(derive_seed(seed_, k, "search"));
    BatchBuffer buffer(size, SearchController::features);
    std::vector<float> actions(size * SearchController::decisions);
    env->reset_to(instances, seeds, buffer.view());
    policy->reset(size, seeds.front());
    const auto ended = [&] {
      for (std::size_t b = 0; b < size; ++b)
        if (!buffer.terminated[b] && !buffer.truncated[b]) return false;
      return true;
    };
    for (std::size_t t = 0; t < task_.horizon && !ended(); ++t) {
      policy->act(buffer.observations, actions);
      env->step(actions, buffer.view());
    }
    for (std::size_t k = 0; k < q; ++k) {
      const auto reached = env->info("reached_" + std::to_string(k + 1));
      for (std::size_t b = 0; b < size; ++b) out.evaluations[(first + b) * q + k] = reached[b];
    }
  });
  return out;
}

ControllerWorld::ControllerWorld(const PerEvaluationTask& task, std::uint64_t seed, std::size_t threads)
    : task_(task),
      seed_(seed),
      threads_(threads),
      pool_(
          std::make_shared<const InstancePool>(make_extended_pool(task.pool, derive_seed(seed, 0, "pool"), threads))) {}

std::vector<std::string> ControllerWorld::metric_names() {
  return {"validation/evaluations", "validation/ratio", "validation/mean_ratio"};
}

std::unique_ptr<VectorEnv> ControllerWorld::make(std::size_t size) const {
  return make_per_evaluation_env(size, task_, Autoreset::disabled, pool_);
}

std::vector<double> ControllerWorld::draw_starts(RandomStream& stream, std::size_t episodes) const {
  std::vector<double> starts;
  for (std::size_t k = 0; k < episodes; ++k) {
    starts.push_back(static_cast<double>(stream.below(pool_->instances.size())));
    starts.push_back(static_cast<double>(stream.below(std::uint64_t{1} << 53)));
  }
  return starts;
}

void ControllerWorld::start(VectorEnv& env, std::uint64_t, std::span<const double> starts, Batch out) const {
  std::vector<std::size_t> instances;
  std::vector<std::uint64_t> seeds;
  for (std::size_t b = 0; b < env.size(); ++b) {
    instances.push_back(static_cast<std::size_t>(starts[2 * b]));
    seeds.push_back(static_cast<std::uint64_t>(starts[2 * b + 1]));
  }
  dynamic_cast<PerEvaluationEnv&>(env).reset_to(instances, seeds, out);
}

std::unique_ptr<PolicyValidation> ControllerWorld::validation(std::size_t episodes) const {
  return std::make_unique<ControllerValidation>(
      ControllerExam(task_, episodes, derive_seed(seed_, 0, "validation"), threads_), task_.main_target());
}

}  // namespace rover
