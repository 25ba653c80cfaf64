#include "training/step_control_world.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace rover {
namespace {

class StepControlValidation final : public PolicyValidation {
 public:
  explicit StepControlValidation(PolicyExam exam) : exam_(std::move(exam)) {}
  double objective(const RecurrentPolicy& policy, Metrics& metrics) override {
    const PolicyScore score = exam_.score(policy);
    metrics.log("validation/mean_regret", score.mean);
    metrics.log("validation/mean_log10", score.mean_log10);
    metrics.log("validation/median_regret", score.median);
    return score.objective();
  }

 private:
  PolicyExam exam_;
};

}  // namespace

double PolicyScore::objective() const { return std::log10(std::max(mean, 1e-4)) + mean_log10 / 4; }

std::size_t observation_size(const StepControlOptions& options, const Heading& heading) {
  const ObservationParts parts = parse_observation(options.observation);
  return parts.size(options.grid_size, heading.feature_count());
}

PolicyExam::PolicyExam(const StepControlOptions& options, std::shared_ptr<const Heading> heading, std::size_t count,
                       std::uint64_t seed)
    : instances_(count), horizon_(options.horizon), seed_(seed), buffer_(0, 0) {
  auto pool = std::make_shared<InstancePool>(make_pool(split_list(options.families), count, seed, options.landscape));
  env_ = make_step_control(count, options, std::move(heading), Autoreset::disabled, pool);
  buffer_ = BatchBuffer(count, env_->observation_space().size());
  std::iota(instances_.begin(), instances_.end(), std::size_t{0});
  const double scale = 8.0 / static_cast<double>(options.grid_size);
  for (std::size_t k = 0; k < count; ++k) {
    RandomStream stream = make_stream(seed, k, "exam");
    log_step_sizes_.push_back(std::log(stream.log_uniform(options.step_size_low, options.step_size_high)));
    log_resolutions_.push_back(std::log(scale * stream.log_uniform(options.resolution_low, options.resolution_high)));
  }
}

PolicyScore PolicyExam::score(BatchPolicy& policy) { return play(policy, log_step_sizes_, log_resolutions_); }

PolicyScore PolicyExam::score_from(BatchPolicy& policy, double log_step_size, double log_resolution) {
  const std::vector<double> step_sizes(instances_.size(), log_step_size),
      resolutions(instances_.size(), log_resolution);
  return play(policy, step_sizes, resolutions);
}

PolicyScore PolicyExam::play(BatchPolicy& policy, std::span<const double> log_step_sizes,
                             std::span<const double> log_resolutions) {
  std::vector<float> actions(instances_.size() * env_->action_space().size());
  env_->reset_to(seed_, instances_, log_step_sizes, log_resolutions, buffer_.view());
  policy.reset(instances_.size(), seed_);
  for (std::size_t t = 0; t < horizon_; ++t) {
    policy.act(buffer_.observations, actions);
    env_->step(actions, buffer_.view());
  }
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

PolicyScore PolicyExam::score(const RecurrentPolicy& policy) {
  RecurrentBatchPolicy player({&policy});
  return score(player);
}

SchedulePolicy::SchedulePolicy(float u_step_size, float u_resolution)
    : rates_{rate_of(u_step_size), rate_of(u_resolution)} {}

void SchedulePolicy::act(std::span<const float>, std::span<float> actions_ba) {
  for (std::size_t k = 0; k < actions_ba.size(); ++k) actions_ba[k] = rates_[k % 2];
}

TunedBaselines tune_baselines(PolicyExam& validation, PolicyExam& test) {
  TunedBaselines best{};
  double constant = std::numeric_limits<double>::infinity(), schedule = constant;
  SchedulePolicy still(0, 0);
  for (double step_size = 0.02; step_size < 4; step_size *= 2)
    for (double resolution = 0.02; resolution < 4; resolution *= 2)
      if (const double score = validation.score_from(still, std::log(step_size), std::log(resolution)).objective();
          score < constant)
        constant = score, best.constant_step_size = step_size, best.constant_resolution = resolution;
  // the schedule: first its start with one common factor, then each factor
  const std::vector<float> exponents{-0.1f, -0.2f, -0.3f, -0.4f, -0.5f, -0.6f, -0.8f};
  const auto offer = [&](float a, float d, double step_size, double resolution) {
    SchedulePolicy policy(a, d);
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
  SchedulePolicy policy(static_cast<float>(best.schedule_u_step_size), static_cast<float>(best.schedule_u_resolution));
  best.schedule = test.score_from(policy, std::log(best.schedule_step_size), std::log(best.schedule_resolution));
  return best;
}

StepControlWorld::StepControlWorld(const StepControlOptions& options, std::shared_ptr<const Heading> heading,
                                   std::uint64_t seed)
    : options_(options), heading_(std::move(heading)), seed_(seed) {
  const auto first =
      make_step_control(1, options_, heading_, Autoreset::disabled, nullptr, derive_seed(seed, 0, "pool"));
  pool_ = std::make_shared<const InstancePool>(first->pool());
}

std::vector<std::string> StepControlWorld::metric_names() {
  return {"validation/mean_regret", "validation/mean_log10", "validation/median_regret"};
}

PolicyShape StepControlWorld::shape() const {
  return {observation_size(options_, *heading_), options_.grid_size, 2, ActionMap::rates};
}

std::unique_ptr<VectorEnv> StepControlWorld::make(std::size_t size) const {
  return make_step_control(size, options_, heading_, Autoreset::disabled, pool_);
}

std::vector<double> StepControlWorld::draw_starts(RandomStream& stream, std::size_t episodes) const {
  const double scale = 8.0 / static_cast<double>(options_.grid_size);
  std::vector<double> starts;
  for (std::size_t k = 0; k < episodes; ++k) {
    starts.push_back(static_cast<double>(stream.below(options_.pool)));
    starts.push_back(std::log(stream.log_uniform(options_.step_size_low, options_.step_size_high)));
    starts.push_back(std::log(scale * stream.log_uniform(options_.resolution_low, options_.resolution_high)));
  }
  return starts;
}

void StepControlWorld::start(VectorEnv& env, std::uint64_t seed, std::span<const double> starts, Batch out) const {
  const std::size_t size = env.size();
  std::vector<std::size_t> instances(size);
  std::vector<double> log_step_sizes(size), log_resolutions(size);
  for (std::size_t b = 0; b < size; ++b) {
    instances[b] = static_cast<std::size_t>(starts[3 * b]);
    log_step_sizes[b] = starts[3 * b + 1], log_resolutions[b] = starts[3 * b + 2];
  }
  dynamic_cast<StepControlEnv&>(env).reset_to(seed, instances, log_step_sizes, log_resolutions, out);
}

void StepControlWorld::add_fitness(const VectorEnv& env, const Batch&, std::span<double> sums) const {
  const auto regret = env.info("regret");
  for (std::size_t b = 0; b < sums.size(); ++b) sums[b] += -std::log10(std::max(regret[b], 1e-8)) / 3;
}

std::unique_ptr<PolicyValidation> StepControlWorld::validation(std::size_t episodes) const {
  return std::make_unique<StepControlValidation>(
      PolicyExam(options_, heading_, episodes, derive_seed(seed_, 0, "validation")));
}

Settings StepControlWorld::description() const {
  Settings out = to_settings(options_);
  out["heading"] = heading_->name();
  return out;
}

}  // namespace rover
