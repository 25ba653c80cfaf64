#include "training/env_trainer.h"

namespace rover {

EnvTrainer::EnvTrainer(std::shared_ptr<const EnvTask> task, std::unique_ptr<PolicyLearner> learner, std::uint64_t steps,
                       std::vector<std::string> learner_metrics, std::uint64_t test)
    : task_(std::move(task)),
      learner_(std::move(learner)),
      steps_(steps),
      test_(test),
      learner_metrics_(std::move(learner_metrics)) {
  if (test_ == 0) throw UsageError("the final test needs test ≥ 1");
}

EnvTrainer::~EnvTrainer() = default;

std::vector<std::string> EnvTrainer::metric_names() const {
  std::vector<std::string> names = EnvTask::metric_names();
  names.insert(names.end(), learner_metrics_.begin(), learner_metrics_.end());
  names.insert(names.end(), {"test/return_learned", "test/return_random_actions", "test/return_zero_actions"});
  return names;
}

void EnvTrainer::step(Metrics& metrics) {
  learner_->step(metrics);
  if (steps_done() < steps_total()) return;
  EnvEpisodes episodes = task_->episodes("test", test_);
  tested_.log(metrics, "test/return_learned", episodes.mean_return([&] { return policy(); }));
  tested_.log(metrics, "test/return_random_actions", episodes.mean_return([&] { return task_->random_actions(); }));
  tested_.log(metrics, "test/return_zero_actions", episodes.mean_return([&] { return task_->zero_actions(); }));
}

void EnvTrainer::save(Checkpoint& out) const {
  Checkpoint group;
  learner_->save(group);
  out.put_group("learner", group);
  tested_.save(out);
}

void EnvTrainer::load(const Checkpoint& in) {
  learner_->load(in.group("learner"));
  tested_.load(in, metric_names());
}

void EnvTrainer::save_model(Checkpoint& out) const {
  task_->model(learner_->policy()).save(out);
  tested_.save(out);
}

std::unique_ptr<BatchPolicy> EnvTrainer::policy() const { return task_->model(learner_->policy()).player(); }

EsTrainer::EsTrainer(const EsTrainerOptions& options, const TrainerPlace& place)
    : EsTrainer(
          options, place,
          std::make_shared<const EnvTask>(options.env, options.env_settings, place.seed, options.evolution.threads)) {}

EsTrainer::EsTrainer(const EsTrainerOptions& options, const TrainerPlace& place, std::shared_ptr<const EnvTask> task)
    : EnvTrainer(task,
                 std::make_unique<EvolutionLearner>(PolicyProblem{task, options.policy, place.seed, place.folder},
                                                    options.evolution),
                 options.evolution.generations, EvolutionLearner::metric_names(), options.test) {}

void register_es_trainer() {
  if (trainers().contains("es")) return;
  add_trainer<EsTrainerOptions>("es", "a policy for any registered environment (env=ID), by evolution strategies",
                                [](const EsTrainerOptions& options, const TrainerPlace& place) {
                                  return std::make_unique<EsTrainer>(options, place);
                                });
}

}  // namespace rover
