#include "training/step_control_episodes.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rover {
namespace {

std::unique_ptr<StepControlEnv> make_env(const StepControlOptions& options, std::shared_ptr<const Heading> heading,
                                         std::size_t count, std::uint64_t seed) {
  auto pool = std::make_shared<InstancePool>(make_pool(split_list(options.families), count, seed, options.landscape));
  return make_step_control(count, options, std::move(heading), Autoreset::disabled, pool);
}

}  // namespace

double PolicyScore::objective() const { return std::log10(std::max(mean, 1e-4)) + mean_log10 / 4; }

StepControlEpisodes::StepControlEpisodes(const StepControlOptions& options, std::shared_ptr<const Heading> heading,
                                         std::size_t count, std::uint64_t seed)
    : env_(make_env(options, std::move(heading), count, seed)), seeds_(spread_seed(seed, count)), played_(*env_) {
  const double scale = 8.0 / static_cast<double>(options.grid_size);
  for (std::size_t k = 0; k < count; ++k) {
    RandomStream stream = make_stream(seed, k, "exam");  // renaming this purpose would change every published figure
    const double step_size = stream.log_uniform(options.step_size_low, options.step_size_high);
    const double resolution = scale * stream.log_uniform(options.resolution_low, options.resolution_high);
    starts_.push_back({k, std::log(step_size), std::log(resolution)});
  }
}

PolicyScore StepControlEpisodes::score(BatchPolicy& policy) { return play(policy, starts_); }

PolicyScore StepControlEpisodes::score_from(BatchPolicy& policy, double log_step_size, double log_resolution) {
  auto starts = starts_;
  for (auto& start : starts) start.log_step_size = log_step_size, start.log_resolution = log_resolution;
  return play(policy, starts);
}

PolicyScore StepControlEpisodes::score(const RecurrentPolicy& policy) {
  RecurrentBatchPolicy player({&policy});
  return score(player);
}

PolicyScore StepControlEpisodes::play(BatchPolicy& policy, std::span<const StepControlEnv::Start> starts) {
  rollout_from([&](Batch out) { env_->reset_from(seeds_, starts, out); }, policy, *env_, seeds_, played_);
  const auto regret = env_->info("regret");
  const std::size_t families = env_->pool().families.size();
  PolicyScore score;
  score.family_mean.assign(families, 0), score.family_log10.assign(families, 0);
  std::vector<double> counts(families), sorted(regret.begin(), regret.end());
  for (std::size_t k = 0; k < regret.size(); ++k) {
    const double clipped = std::min(regret[k], 10.0), logarithm = std::log10(std::max(regret[k], regret_floor));
    const std::size_t family = env_->pool().instances[k].family;
    score.mean += clipped, score.mean_log10 += logarithm;
    score.family_mean[family] += clipped, score.family_log10[family] += logarithm, counts[family] += 1;
  }
  const auto n = static_cast<double>(regret.size());
  score.mean /= n, score.mean_log10 /= n;
  for (std::size_t f = 0; f < families; ++f)
    score.family_mean[f] /= std::max(counts[f], 1.0), score.family_log10[f] /= std::max(counts[f], 1.0);
  std::ranges::sort(sorted);
  score.median = sorted[sorted.size() / 2];
  return score;
}

ConstantActions schedule_policy(float u_step_size, float u_resolution) {
  return ConstantActions({rate_of(u_step_size), rate_of(u_resolution)});
}

TunedBaselines tune_baselines(StepControlEpisodes& validation, StepControlEpisodes& test) {
  TunedBaselines best{};
  double constant = std::numeric_limits<double>::infinity(), schedule = constant;
  ConstantActions still = schedule_policy(0, 0);
  for (double step_size = 0.02; step_size < 4; step_size *= 2)
    for (double resolution = 0.02; resolution < 4; resolution *= 2)
      if (const double score = validation.score_from(still, std::log(step_size), std::log(resolution)).objective();
          score < constant)
        constant = score, best.constant_step_size = step_size, best.constant_resolution = resolution;
  // the schedule: first its start with one common factor, then each factor
  const std::vector<float> exponents{-0.1f, -0.2f, -0.3f, -0.4f, -0.5f, -0.6f, -0.8f};
  const auto offer = [&](float a, float d, double step_size, double resolution) {
    ConstantActions policy = schedule_policy(a, d);
    const double score = validation.score_from(policy, std::log(step_size), std::log(resolution)).objective();
    if (score < schedule) {
      schedule = score;
      best.schedule_u_step_size = a, best.schedule_u_resolution = d;
      best.schedule_step_size = step_size, best.schedule_resolution = resolution;
    }
  };
  for (const double step_size : {0.5, 1.0, 2.0, 4.0})
    for (const double resolution : {0.1, 0.3, 1.0, 3.0})
      for (const float u : exponents) offer(u, u, step_size, resolution);
  const double step_size = best.schedule_step_size, resolution = best.schedule_resolution;
  for (const float a : exponents)
    for (const float d : exponents) offer(a, d, step_size, resolution);
  best.constant = test.score_from(still, std::log(best.constant_step_size), std::log(best.constant_resolution));
  ConstantActions policy =
      schedule_policy(static_cast<float>(best.schedule_u_step_size), static_cast<float>(best.schedule_u_resolution));
  best.schedule = test.score_from(policy, std::log(best.schedule_step_size), std::log(best.schedule_resolution));
  return best;
}

}  // namespace rover
