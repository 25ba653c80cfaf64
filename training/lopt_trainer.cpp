#include "training/lopt_trainer.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "agents/learned/learned_optimizer.h"

namespace rover {

LoptTrainer::LoptTrainer(const LoptTrainerOptions& options, const TrainerPlace& place)
    : options_(options), seed_(place.seed), learner_((check_options(options), options.learner), place.seed) {}

std::uint64_t LoptTrainer::steps_done() const {
  return (learner_.steps_done() + options_.meta_steps_per_step - 1) / options_.meta_steps_per_step;
}

std::uint64_t LoptTrainer::steps_total() const {
  return (options_.learner.meta_steps + options_.meta_steps_per_step - 1) / options_.meta_steps_per_step;
}

std::vector<std::string> LoptTrainer::metric_names() const {
  return {"lopt/loss", "validation/loss", "test/loss", "test/median", "test/untrained"};
}

void LoptTrainer::step(Metrics& metrics) {
  const std::uint64_t end = std::min(options_.learner.meta_steps, learner_.steps_done() + options_.meta_steps_per_step);
  const std::uint64_t count = end - learner_.steps_done();
  double sum = 0;
  while (learner_.steps_done() < end) sum += learner_.step();
  metrics.log("lopt/loss", sum / static_cast<double>(count));
  if (std::ranges::any_of(learner_.alpha(), [](float weight) { return !std::isfinite(weight); }))
    throw std::runtime_error("the update rule is not a number after " + std::to_string(end) +
                             " meta-steps; a smaller learning_rate may help");
  const auto mean = [](const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  };
  const auto losses_of = [&](std::span<const float> alpha, std::uint64_t tasks, const char* purpose) {
    return regression_losses(options_.learner, alpha, tasks, derive_seed(seed_, 0, purpose));
  };
  const bool last = end == options_.learner.meta_steps;
  if (last || steps_done() % options_.validate_every == 0)
    metrics.log("validation/loss", mean(losses_of(learner_.alpha(), options_.validation, "lopt-validation")));
  if (!last) return;
  std::vector<double> losses = losses_of(learner_.alpha(), options_.test, "lopt-test");
  tested_.log(metrics, "test/loss", mean(losses));
  tested_.log(metrics, "test/untrained",
              mean(losses_of(initial_mlp_rule(options_.learner.start_deviation, seed_), options_.test, "lopt-test")));
  std::ranges::nth_element(losses, losses.begin() + static_cast<std::ptrdiff_t>(losses.size() / 2));
  tested_.log(metrics, "test/median", losses[losses.size() / 2]);
}

void LoptTrainer::save(Checkpoint& out) const {
  Checkpoint group;
  learner_.save(group);
  out.put_group("learner", group);
  tested_.save(out);
}

void LoptTrainer::load(const Checkpoint& in) {
  learner_.load(in.group("learner"));
  tested_.load(in, metric_names());
}

void LoptTrainer::save_model(Checkpoint& out) const {
  MlpUpdateRule(learner_.alpha(), options_.learner.unroll.output_scale).save(out);
  tested_.save(out);
}

std::unique_ptr<Agent> LoptTrainer::agent() const {
  return make_learned_optimizer(
      std::make_shared<MlpUpdateRule>(learner_.alpha(), options_.learner.unroll.output_scale));
}

void register_lopt_trainer() {
  if (trainers().contains("lopt")) return;
  add_trainer<LoptTrainerOptions>("lopt", "a learned update rule, meta-trained through the unrolled inner loop",
                                  [](const LoptTrainerOptions& options, const TrainerPlace& place) {
                                    return std::make_unique<LoptTrainer>(options, place);
                                  });
}

}  // namespace rover
