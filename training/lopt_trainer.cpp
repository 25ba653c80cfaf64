#include "training/lopt_trainer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "agents/classical/gradient.h"
#include "agents/learned/learned_optimizer.h"
#include "agents/runner.h"
#include "agents/trials.h"
#include "core/executor.h"
#include "env/bad_value.h"
#include "env/surface_env.h"

namespace rover {
namespace {

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::string tasks_of(const LoptTrainerOptions& options) {
  if (options.learner == "evolution") return options.evolution.tasks;
  if (options.learner == "backprop") return options.backprop.tasks;
  return options.unroll.family == "all" ? "sinusoid, polynomial, exponential" : options.unroll.family;
}

std::unique_ptr<MetaLearner> make_learner(LoptTrainerOptions& options, std::uint64_t seed) {
  if (options.learner == "evolution") {
    options.evolution.rule = options.rule;
    return std::make_unique<EvolutionMetaLearner>(options.evolution, seed);
  }
  if (options.learner == "backprop") {
    if (backprop_learner() == nullptr)
      throw UsageError(
          "learner=backprop needs LibTorch, and this program has none of it (it was built with ROVER_TRAINING=OFF, or "
          "its main does not call register_torch_trainers)");
    options.backprop.rule = options.rule;
    return backprop_learner()(options.backprop, seed);
  }
  if (options.rule.rule != MlpUpdateRule::kName)
    throw UsageError("learner=unroll trains the rule mlp; for rule=" + options.rule.rule +
                     " take learner=backprop or learner=evolution");
  options.unroll.unroll.output_scale = options.rule.output_scale;
  return std::make_unique<MlpLearner>(options.unroll, seed);
}

}  // namespace

LoptTrainer::LoptTrainer(const LoptTrainerOptions& options, const TrainerPlace& place)
    : options_((check_options(options), options)),
      seed_(place.seed),
      meta_steps_(options.learner == "evolution"  ? options.evolution.meta_steps
                  : options.learner == "backprop" ? options.backprop.meta_steps
                                                  : options.unroll.meta_steps),
      on_any_task_(options.learner != "unroll"),
      tasks_(tasks_of(options)),
      learner_(make_learner(options_, seed_)),
      best_loss_(std::numeric_limits<double>::infinity()) {
  first_.assign(learner_->weights().begin(), learner_->weights().end());
  best_ = first_;
}

std::uint64_t LoptTrainer::steps_done() const {
  return (learner_->steps_done() + options_.meta_steps_per_step - 1) / options_.meta_steps_per_step;
}

std::uint64_t LoptTrainer::steps_total() const {
  return (meta_steps_ + options_.meta_steps_per_step - 1) / options_.meta_steps_per_step;
}

std::vector<std::string> LoptTrainer::metric_names() const {
  std::vector<std::string> out{"lopt/loss", on_any_task_ ? "validation/log_loss" : "validation/loss"};
  for (const char* name : {"test/loss", "test/median", "test/untrained", "test/adam"}) out.push_back(name);
  if (on_any_task_) out.push_back("test/untrained_log_loss"), out.push_back("test/adam_log_loss");
  return out;
}

TrainedRule LoptTrainer::trained(std::span<const float> weights) const {
  ScheduleOptions rate{.learning_rate = 1};
  if (options_.learner == "evolution") rate = options_.evolution.rate;
  if (options_.learner == "backprop") rate = options_.backprop.rate;
  return {make_update_rule(options_.rule, weights), rate};
}

/// Plays agents on tasks drawn from the seed and the purpose. `relative`: losses as bounded_log_loss().
std::vector<double> LoptTrainer::final_losses(const MakeAgent& make, std::uint64_t tasks, const char* purpose,
                                              bool relative) const {
  const std::uint64_t steps = on_any_task_ ? options_.test_steps : options_.unroll.unroll.steps;
  const std::uint64_t seed = derive_seed(seed_, 0, purpose);
  return make_thread_executor(0)->map(tasks, [&](std::size_t k) {
    const MetaTask task = tasks_.draw(derive_seed(seed, k, "task"));
    const auto judged = [&](Reals point) {
      return on_any_task_ || !task.landscape->has_validation() ? task.landscape->value(point)
                                                               : task.landscape->validation(point);
    };
    const auto env = make_surface_env(task.landscape,
                                      {.budget = unlimited, .noisy = task.landscape->is_noisy(), .start = task.start});
    const auto agent = make();
    double last = std::numeric_limits<double>::quiet_NaN();
    std::vector<double> end;
    try {
      play(*agent, *env, derive_seed(seed, k, "walk"), steps,
           [&](const Action&, const StepResult& result, const EpisodeInfo&) {
             end.assign(result.observation.pose.begin(), result.observation.pose.end());
           });
      last = judged(end);
    } catch (const BadValueError&) {  // it diverged
    }
    const double first = judged(task.start);
    if (relative) return bounded_log_loss(last, first);
    return last < 1.5 * first ? last : 1.5 * first;
  });
}

void LoptTrainer::step(Metrics& metrics) {
  const std::uint64_t end = std::min(meta_steps_, learner_->steps_done() + options_.meta_steps_per_step);
  const std::uint64_t count = end - learner_->steps_done();
  double sum = 0;
  while (learner_->steps_done() < end) sum += learner_->step();
  metrics.log("lopt/loss", sum / static_cast<double>(count));
  if (std::ranges::any_of(learner_->weights(), [](float weight) { return !std::isfinite(weight); }))
    throw std::runtime_error("the update rule is not a number after " + std::to_string(end) +
                             " meta-steps; a smaller learning_rate may help");
  const bool last = end == meta_steps_;
  if (last || steps_done() % options_.validate_every == 0) validate(metrics);
  if (last) test(metrics);
}

double LoptTrainer::validation_of(const MakeAgent& make) const {
  return mean_of(final_losses(make, options_.validation, "lopt-validation", on_any_task_));
}

void LoptTrainer::validate(Metrics& metrics) {
  const double loss = validation_of([&] { return make_learned_optimizer(trained(learner_->weights())); });
  metrics.log(on_any_task_ ? "validation/log_loss" : "validation/loss", loss);
  if (on_any_task_ && !(loss < best_loss_)) return;
  best_loss_ = loss;
  best_.assign(learner_->weights().begin(), learner_->weights().end());
}

void LoptTrainer::test(Metrics& metrics) {
  const auto learned = [&](std::span<const float> weights) {
    return final_losses([&] { return make_learned_optimizer(trained(weights)); }, options_.test, "lopt-test", false);
  };
  std::vector<double> losses = learned(best_);
  tested_.log(metrics, "test/loss", mean_of(losses));
  tested_.log(metrics, "test/untrained", mean_of(learned(first_)));
  std::ranges::nth_element(losses, losses.begin() + static_cast<std::ptrdiff_t>(losses.size() / 2));
  tested_.log(metrics, "test/median", losses[losses.size() / 2]);
  double best = std::numeric_limits<double>::infinity(), rate = 0;
  for (const double candidate : {1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5}) {
    const double score = validation_of([&] { return make_adam({.rate = {.learning_rate = candidate}}); });
    if (score < best) best = score, rate = candidate;
  }
  tested_.log(metrics, "test/adam",
              mean_of(final_losses([&] { return make_adam({.rate = {.learning_rate = rate}}); }, options_.test,
                                   "lopt-test", false)));
  if (!on_any_task_) return;
  tested_.log(metrics, "test/adam_log_loss", best);
  tested_.log(metrics, "test/untrained_log_loss",
              validation_of([&] { return make_learned_optimizer(trained(first_)); }));
}

void LoptTrainer::save(Checkpoint& out) const {
  Checkpoint group;
  learner_->save(group);
  out.put_group("learner", group);
  out.put<float>("best", best_);
  out.put_number("best_loss", best_loss_);
  tested_.save(out);
}

void LoptTrainer::load(const Checkpoint& in) {
  learner_->load(in.group("learner"));
  best_ = in.get<float>("best", best_.size());
  best_loss_ = in.number("best_loss");
  tested_.load(in, metric_names());
}

void LoptTrainer::save_model(Checkpoint& out) const {
  save_trained_rule(trained(best_), out);
  tested_.save(out);
}

std::unique_ptr<Agent> LoptTrainer::agent() const { return make_learned_optimizer(trained(best_)); }

bool lopt_lacks_libtorch(const Settings& settings) {
  const auto learner = settings.find("learner");
  return learner != settings.end() && learner->second == "backprop" && backprop_learner() == nullptr;
}

void register_lopt_trainer() {
  if (trainers().contains("lopt")) return;
  add_trainer<LoptTrainerOptions>("lopt", "a learned update rule, meta-trained through its inner loop or by evolution",
                                  [](const LoptTrainerOptions& options, const TrainerPlace& place) {
                                    return std::make_unique<LoptTrainer>(options, place);
                                  });
}

}  // namespace rover
