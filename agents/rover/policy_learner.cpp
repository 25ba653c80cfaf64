#include "agents/rover/policy_learner.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>

namespace rover {
namespace {

std::vector<std::string> split_families(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string id; std::getline(in, id, ',');) out.push_back(id);
  return out;
}

}  // namespace

double PolicyScore::objective() const { return std::log10(std::max(mean, 1e-4)) + mean_log10 / 4; }

std::size_t observation_size(const StepControlOptions& options, const Heading& heading) {
  const ObservationParts parts = parse_observation(options.observation);
  return parts.size(options.grid_size, heading.feature_count());
}

PolicyExam::PolicyExam(const StepControlOptions& options, std::shared_ptr<const Heading> heading, std::size_t count, std::uint64_t seed)
    : instances_(count), horizon_(options.horizon), seed_(seed), buffer_(0, 0) {
  auto pool = std::make_shared<InstancePool>(make_pool(split_families(options.families), count, seed, options.landscape));
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

PolicyScore PolicyExam::score(BatchPolicy& policy) {
  std::vector<float> actions(instances_.size() * env_->action_space().size());
  env_->reset_to(seed_, instances_, log_step_sizes_, log_resolutions_, buffer_.view());
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
  for (std::size_t f = 0; f < families; ++f) score.family_mean[f] /= std::max(counts[f], 1.0), score.family_log10[f] /= std::max(counts[f], 1.0);
  std::ranges::sort(sorted);
  score.median = sorted[sorted.size() / 2];
  return score;
}

PolicyScore PolicyExam::score(const RecurrentPolicy& policy) {
  RecurrentBatchPolicy player({&policy});
  return score(player);
}

PolicySelection::PolicySelection(const PolicyProblem& problem, const RecurrentPolicy& first, std::size_t episodes)
    : exam_(problem.env, problem.heading, episodes, derive_seed(problem.seed, 0, "validation")),
      best_(first),
      objective_(std::numeric_limits<double>::infinity()) {}

std::vector<std::string> PolicySelection::metric_names() { return {"validation/mean_regret", "validation/mean_log10", "validation/median_regret"}; }

void PolicySelection::offer(const RecurrentPolicy& candidate, Metrics& metrics) {
  const PolicyScore score = exam_.score(candidate);
  metrics.log("validation/mean_regret", score.mean);
  metrics.log("validation/mean_log10", score.mean_log10);
  metrics.log("validation/median_regret", score.median);
  if (score.objective() < objective_) best_ = candidate, objective_ = score.objective();
}

void PolicySelection::save(Checkpoint& out) const {
  Checkpoint best;
  best_.save(best);
  out.put_group("best", best);
  out.put_number("best_objective", objective_);
}

void PolicySelection::load(const Checkpoint& in) {
  best_ = RecurrentPolicy::load(in.group("best"));
  objective_ = in.number("best_objective");
}

}  // namespace rover
