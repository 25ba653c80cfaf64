#include "training/torch/controller_trainer.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "agents/search/learned_controller.h"
#include "agents/search/search_agent.h"
#include "training/kept_metrics.h"

namespace rover {

struct ControllerTrainer::State {
  ControllerTrainerOptions options;
  TrainerPlace place;
  std::size_t threads;
  std::unique_ptr<PolicyLearner> learner;
  KeptMetrics tested;  // by the final test

  ControllerModel model() const { return {std::make_shared<RecurrentPolicy>(learner->policy()), options.env.search}; }

  void test(Metrics& metrics) {
    SearchEnvOptions test_env = options.env;
    test_env.budget = options.test_budget;
    test_env.horizon = 2 * test_env.budget;  // a round costs an evaluation and takes two decisions
    const ControllerEpisodes episodes(test_env, options.test, derive_seed(place.seed, 0, "test"), threads);
    const ControllerScore learned = episodes.score(learner->policy()), rule = episodes.rule(),
                          random = episodes.random();
    const std::size_t target = options.env.main_target();
    const auto put = [&](const std::string& name, const ControllerScore& score) {
      tested.log(metrics, name + "evaluations", std::exp(score.mean_log(target)));
      tested.log(metrics, name + "solved_100", score.solved(target, 100));
      tested.log(metrics, name + "solved_200", score.solved(target, 200));
      tested.log(metrics, name + "solved", score.solved(target, static_cast<double>(options.test_budget) - 0.5));
    };
    put("test/", learned), put("test/rule_", rule), put("test/random_", random);
    const RatioInterval ratio = paired_ratio(learned, rule, target, place.seed);
    tested.log(metrics, "test/ratio", ratio.ratio);
    tested.log(metrics, "test/ratio_low", ratio.low);
    tested.log(metrics, "test/ratio_high", ratio.high);
    tested.log(metrics, "test/mean_ratio", std::exp(learned.mean_log() - rule.mean_log()));
    tested.log(metrics, "test/random_ratio", paired_ratio(random, rule, target, place.seed).ratio);
  }
};

ControllerTrainer::ControllerTrainer(const ControllerTrainerOptions& options, const TrainerPlace& place)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.options = options, s.place = place;
  s.threads = std::max(1u, std::thread::hardware_concurrency());
  check_options(options);
  if (options.test_budget < options.env.budget) throw UsageError("test_budget must be at least env.budget");
  if (options.policy.encoder == "conv")
    throw UsageError("a controller sees no grid: its policy.encoder must be dense or linear");
  const auto task = std::make_shared<ControllerTask>(options.env, place.seed, s.threads);
  const PolicyProblem problem{task, options.policy, place.seed, place.folder};
  if (options.learner == "ddpg") s.learner = std::make_unique<DdpgLearner>(problem, options.ddpg);
  else s.learner = std::make_unique<EvolutionLearner>(problem, options.evolution);
}

ControllerTrainer::~ControllerTrainer() = default;

std::uint64_t ControllerTrainer::steps_done() const { return state_->learner->steps_done(); }

std::uint64_t ControllerTrainer::steps_total() const {
  return state_->options.learner == "ddpg" ? state_->options.ddpg.iterations : state_->options.evolution.generations;
}

std::vector<std::string> ControllerTrainer::metric_names() const {
  auto names = ControllerTask::metric_names();
  const auto add = [&](const std::vector<std::string>& more) { names.insert(names.end(), more.begin(), more.end()); };
  add(state_->options.learner == "ddpg" ? DdpgLearner::metric_names() : EvolutionLearner::metric_names());
  for (const char* who : {"test/", "test/rule_", "test/random_"})
    for (const char* what : {"evaluations", "solved_100", "solved_200", "solved"})
      names.push_back(std::string(who) + what);
  add({"test/ratio", "test/ratio_low", "test/ratio_high", "test/mean_ratio", "test/random_ratio"});
  return names;
}

void ControllerTrainer::step(Metrics& metrics) {
  State& s = *state_;
  s.learner->step(metrics);
  if (steps_done() == steps_total()) s.test(metrics);
}

void ControllerTrainer::save(Checkpoint& out) const {
  Checkpoint group;
  state_->learner->save(group);
  out.put_group("learner", group);
  state_->tested.save(out);
}

void ControllerTrainer::load(const Checkpoint& in) {
  State& s = *state_;
  s.learner->load(in.group("learner"));
  s.tested.load(in, metric_names());
}

void ControllerTrainer::save_model(Checkpoint& out) const {
  state_->model().save(out);
  state_->tested.save(out);
}

std::unique_ptr<Agent> ControllerTrainer::agent() const {
  return make_search_agent(state_->options.env.search, state_->model().controller());
}

}  // namespace rover
