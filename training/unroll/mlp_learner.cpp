#include "training/unroll/mlp_learner.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "core/settings.h"

namespace rover {
namespace {

void shuffle(std::span<double> values, RandomStream& stream) {
  for (std::size_t k = values.size(); k > 1; --k) std::swap(values[k - 1], values[stream.below(k)]);
}

/// Task b of the batch and its start, drawn from the seed. `shuffled`: outputs are permuted, so that there is no
/// function to be found.
void draw_task(RegressionBatch& tasks, std::size_t b, const std::string& family, std::uint64_t seed, bool shuffled) {
  RegressionTask task = draw_regression(family, seed);
  RandomStream stream = make_stream(seed, 0, "start");
  double start[RegressionNetwork::parameters];
  RegressionNetwork::sample_start(stream, start);
  if (shuffled) shuffle(task.y, stream), shuffle(task.grid_y, stream);
  tasks.set(b, task, start);
}

}  // namespace

MlpLearnerOptions MlpLearnerOptions::stable() {
  MlpLearnerOptions out;
  out.unroll = UnrollOptions::stable();
  out.learning_rate = 4e-3, out.cosine = true, out.start_deviation = 0.2;
  return out;
}

std::vector<float> initial_mlp_rule(double deviation, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "update-rule");
  return MlpUpdateRule::initial(deviation, stream);
}

RegressionTask draw_regression(const std::string& family, std::uint64_t seed) {
  if (family == "all")
    return draw_regression(static_cast<RegressionFamily>(make_stream(seed, 0, "family").below(regression_families)),
                           seed);
  std::vector<std::string> known{"all"};
  for (std::size_t f = 0; f < regression_families; ++f) {
    const auto kind = static_cast<RegressionFamily>(f);
    if (regression_name(kind) == family) return draw_regression(kind, seed);
    known.emplace_back(regression_name(kind));
  }
  throw UsageError(unknown_name("family of regression tasks", family, known));
}

RegressionBatch regression_tasks(const std::string& family, std::size_t count, std::uint64_t seed) {
  RegressionBatch out(count);
  for (std::size_t b = 0; b < count; ++b) draw_task(out, b, family, derive_seed(seed, b, "regression-task"), false);
  return out;
}

std::vector<double> regression_losses(const MlpLearnerOptions& options, std::span<const float> alpha, std::size_t count,
                                      std::uint64_t seed) {
  std::vector<float> losses(count);
  MlpUnroll(options.unroll)(regression_tasks(options.family, count, seed), alpha, {}, losses);
  return {losses.begin(), losses.end()};
}

MlpLearner::MlpLearner(const MlpLearnerOptions& options, std::uint64_t seed)
    : options_(options),
      seed_(seed),
      tasks_(options.tasks),
      unroll_(options.unroll),
      alpha_(initial_mlp_rule(options.start_deviation, seed)),
      update_(MlpRule::parameters),
      losses_(options.tasks),
      gradient_(MlpRule::parameters),
      adam_(MlpRule::parameters) {
  (void)draw_regression(options.family, 0);
}

void MlpLearner::set_alpha(std::span<const float> alpha) {
  if (alpha.size() != alpha_.size()) throw std::invalid_argument("an update rule of another size");
  std::ranges::copy(alpha, alpha_.begin());
}

void MlpLearner::set_tasks(const std::string& family, std::size_t units) {
  (void)draw_regression(family, 0);  // throws
  options_.family = family, options_.unroll.units = units;
  unroll_ = MlpUnroll(options_.unroll);
}

double MlpLearner::step() {
  for (std::size_t b = 0; b < tasks_.size(); ++b)
    draw_task(tasks_, b, options_.family, derive_seed(seed_, steps_ * tasks_.size() + b, "meta-task"),
              options_.shuffled_targets);
  unroll_(tasks_, alpha_, gradient_, losses_);
  double square = 0, mean = 0;
  for (const double g : gradient_) square += g * g;
  for (const float loss : losses_) mean += static_cast<double>(loss) / static_cast<double>(losses_.size());
  const double factor = std::min(1.0, options_.clip / (std::sqrt(square) + 1e-9));
  for (std::size_t k = 0; k < gradient_.size(); ++k) update_[k] = static_cast<float>(factor * gradient_[k]);
  const double progress = static_cast<double>(steps_) / static_cast<double>(options_.meta_steps);
  const double rate = options_.cosine ? std::max(0.03, 0.5 * (1 + std::cos(std::numbers::pi * progress))) : 1;
  const auto kept = static_cast<float>(1 - options_.learning_rate * rate * options_.weight_decay);
  for (float& a : alpha_) a *= kept;
  adam_.update(alpha_, update_, options_.learning_rate * rate);
  ++steps_;
  return mean;
}

void MlpLearner::save(Checkpoint& out) const {
  out.put_integer("steps", steps_);
  out.put<float>("alpha", alpha_);
  adam_.save(out, "adam/");
}

void MlpLearner::load(const Checkpoint& in) {
  steps_ = in.integer("steps");
  set_alpha(in.get<float>("alpha", MlpRule::parameters));
  adam_.load(in, "adam/");
}

}  // namespace rover
