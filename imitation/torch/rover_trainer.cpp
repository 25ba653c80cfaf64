#include "imitation/torch/rover_trainer.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <stdexcept>

#include "agents/models.h"
#include "agents/rover/conv_heading.h"
#include "agents/rover/rover_agent.h"
#include "env/analytic_heading.h"
#include "training/step_control_episodes.h"
#include "training/step_control_task.h"
#include "training/walk_task.h"

namespace rover {
namespace {

bool is_analytic(const std::string& network) {
  const auto names = analytic_headings();
  return std::ranges::find(names, network) != names.end();
}

/// Of a model that the trainer `heading` or `rover` wrote.
std::shared_ptr<const Heading> read_heading(const std::string& from) {
  const std::filesystem::path path = model_path(from);
  const Checkpoint model = Checkpoint::read(path);
  if (!model.contains("kind") && !model.contains("heading/kind"))
    throw std::runtime_error("'" + path.string() + "' holds no heading");
  return load_heading(model.contains("kind") ? model : model.group("heading"));
}

void require_same_grid(const std::string& what, std::uint64_t heading, std::uint64_t env) {
  if (heading != env)
    throw UsageError(what + "=" + std::to_string(heading) + " and env.grid_size=" + std::to_string(env) +
                     " must be the same");
}

}  // namespace

struct RoverTrainer::State {
  RoverTrainerOptions options;
  TrainerPlace place;
  std::unique_ptr<HeadingTrainer> imitation;  // none for an analytic heading
  std::shared_ptr<const Heading> heading;     // known when imitation is done
  std::unique_ptr<PolicyLearner> learner;     // made then
  std::unique_ptr<EvolutionLearner> walker;   // goes on with the learner's policy in the deployed walk
  KeptMetrics tested;                         // by the final test

  std::uint64_t heading_steps() const { return imitation ? imitation->steps_total() : 0; }
  std::uint64_t policy_steps() const {
    return options.learner == "ddpg" ? options.ddpg.iterations : options.evolution.generations;
  }

  void start_policy() {
    if (imitation) heading = imitation->heading();
    const auto task = std::make_shared<StepControlTask>(options.env, heading, place.seed);
    const PolicyProblem problem{task, options.policy, place.seed, place.folder};
    if (options.learner == "ddpg") learner = std::make_unique<DdpgLearner>(problem, options.ddpg);
    else learner = std::make_unique<EvolutionLearner>(problem, options.evolution);
  }

  bool walks() const { return options.walk.evolution.generations > 0; }

  WalkEnvOptions walk_options() const {
    WalkEnvOptions walk;
    walk.pool = options.walk.pool, walk.horizon = options.walk.horizon, walk.targets = options.walk.targets;
    walk.grid_size = options.env.grid_size, walk.observation = options.env.observation;
    return walk;
  }

  void start_walk() {
    const auto task = std::make_shared<WalkTask>(walk_options(), heading, derive_seed(place.seed, 0, "walk"), 0);
    const auto first = std::make_shared<RecurrentPolicy>(learner->policy());
    walker = std::make_unique<EvolutionLearner>(
        PolicyProblem{task, options.policy, derive_seed(place.seed, 0, "walk"), place.folder, first},
        options.walk.evolution);
  }

  const RecurrentPolicy& policy() const { return walker ? walker->policy() : learner->policy(); }

  RoverModel model() const {
    RoverModel model;
    model.heading = heading ? heading : imitation->heading();
    if (learner) model.policy = std::make_shared<RecurrentPolicy>(policy());
    model.remembers = walker != nullptr;
    model.observation = options.env.observation;
    model.grid_size = options.env.grid_size;
    return model;
  }

  void test_walk(Metrics& metrics) {
    const WalkEnvOptions walk = walk_options();
    WalkEpisodes episodes(walk, heading, options.walk.test, derive_seed(place.seed, 0, "walk-test"), 0);
    const WalkScore learned = episodes.score(walker->policy()), random = episodes.random_actions();
    const std::size_t target = main_target(walk);
    tested.log(metrics, "walk/looks", learned.looks_to(target));
    tested.log(metrics, "walk/random_looks", random.looks_to(target));
    tested.log(metrics, "walk/ratio", learned.looks_to(target) / random.looks_to(target));
    tested.log(metrics, "walk/ratio_all_targets", std::exp(random.mean_return() - learned.mean_return()));
  }

  void test(Metrics& metrics) {
    StepControlOptions env = options.env;
    env.horizon = options.test_horizon;
    env.landscape = LandscapeOptions{.noise_probability = 0.5};
    StepControlEpisodes episodes(env, heading, options.test, derive_seed(place.seed, 0, "test"));
    const PolicyScore score = episodes.score(learner->policy());
    StepControlEpisodes validation(env, heading, std::min<std::size_t>(options.test, 300),
                                   derive_seed(place.seed, 0, "baselines"));
    const TunedBaselines baselines = tune_baselines(validation, episodes);
    tested.log(metrics, "test/mean_regret", score.mean);
    tested.log(metrics, "test/mean_log10", score.mean_log10);
    tested.log(metrics, "test/median_regret", score.median);
    tested.log(metrics, "test/constant_mean_regret", baselines.constant.mean);
    tested.log(metrics, "test/constant_mean_log10", baselines.constant.mean_log10);
    tested.log(metrics, "test/schedule_mean_regret", baselines.schedule.mean);
    tested.log(metrics, "test/schedule_mean_log10", baselines.schedule.mean_log10);
    for (std::size_t f = 0; f < episodes.families().size(); ++f) {
      tested.log(metrics, "test/mean_regret_" + episodes.families()[f], score.family_mean[f]);
      tested.log(metrics, "test/mean_log10_" + episodes.families()[f], score.family_log10[f]);
    }
  }
};

RoverTrainer::RoverTrainer(const RoverTrainerOptions& options, const TrainerPlace& place)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.options = options, s.place = place;
  check_options(options);
  if (!options.heading_from.empty()) {
    s.heading = read_heading(options.heading_from);
    if (s.heading->grid_size() != 0)
      require_same_grid("the n of heading.from", s.heading->grid_size(), options.env.grid_size);
    s.start_policy();
    return;
  }
  if (is_analytic(options.heading.network)) {
    s.heading = make_analytic_heading(options.heading.network);
    s.start_policy();
    return;
  }
  require_same_grid("heading.grid_size", options.heading.grid_size, options.env.grid_size);
  s.imitation = std::make_unique<HeadingTrainer>(options.heading, place);
  // Throws now, not when the heading is done, for a policy that cannot be made.
  const auto heading = s.imitation->heading();
  make_step_control(1, options.env, heading, Autoreset::disabled,
                    std::make_shared<InstancePool>(make_pool({"quadratic"}, 1, 0, {})));
  RecurrentPolicy(options.policy, observation_size(options.env, *heading), options.env.grid_size, 0);
}

RoverTrainer::~RoverTrainer() = default;

std::uint64_t RoverTrainer::steps_done() const {
  return (state_->imitation ? state_->imitation->steps_done() : 0) +
         (state_->learner ? state_->learner->steps_done() : 0) + (state_->walker ? state_->walker->steps_done() : 0);
}

std::uint64_t RoverTrainer::steps_total() const {
  return state_->heading_steps() + state_->policy_steps() + state_->options.walk.evolution.generations;
}

/// Weighted by the seconds that the parts took on two cores; only their ratios matter.
double RoverTrainer::share_done() const {
  const RoverTrainerOptions& o = state_->options;
  const auto number = [](std::uint64_t n) { return static_cast<double>(n); };
  const double heading =
      state_->imitation ? 1.5e-4 * number(o.heading.collection.functions) + 1e-3 * number(o.heading.updates) : 0;
  const double generation = o.learner == "ddpg"
                                ? 1.25e-2 * number(o.ddpg.updates)
                                : 4e-6 * number(2 * o.evolution.pairs * o.evolution.episodes * o.env.horizon);
  const double policy = generation * number(state_->policy_steps()), test = 2e-3 * number(o.test);
  const EvolutionOptions& evolution = o.walk.evolution;
  const double walk_begin = state_->walks() ? 1e-3 * number(o.walk.pool) : 0;
  const double walk = 2e-6 * number(evolution.generations * 2 * evolution.pairs * evolution.episodes * o.walk.horizon);
  const auto part = [&](std::uint64_t done, std::uint64_t total) { return total ? number(done) / number(total) : 0.0; };
  const bool policy_done = state_->learner && state_->learner->steps_done() == state_->policy_steps();
  double done = heading * (state_->imitation ? part(state_->imitation->steps_done(), state_->heading_steps()) : 0);
  if (state_->learner) done += policy * part(state_->learner->steps_done(), state_->policy_steps());
  if (policy_done) done += test;
  if (state_->walker) done += walk_begin + walk * part(state_->walker->steps_done(), evolution.generations);
  return done / (heading + policy + test + walk_begin + walk);
}

std::string RoverTrainer::phase() const {
  const std::uint64_t done = steps_done();
  if (done < state_->heading_steps()) return state_->imitation->phase();
  return done < state_->heading_steps() + state_->policy_steps() ? "policy" : "walk";
}

std::vector<std::string> RoverTrainer::metric_names() const {
  std::vector<std::string> names = state_->imitation ? state_->imitation->metric_names() : std::vector<std::string>{};
  const auto add = [&](const std::vector<std::string>& more) { names.insert(names.end(), more.begin(), more.end()); };
  add(StepControlTask::metric_names());
  add(state_->options.learner == "ddpg" ? DdpgLearner::metric_names() : EvolutionLearner::metric_names());
  add({"test/mean_regret", "test/mean_log10", "test/median_regret", "test/constant_mean_regret",
       "test/constant_mean_log10", "test/schedule_mean_regret", "test/schedule_mean_log10"});
  if (state_->walks()) {
    if (state_->options.learner == "ddpg") add(EvolutionLearner::metric_names());
    add(WalkTask::metric_names());
    add({"walk/looks", "walk/random_looks", "walk/ratio", "walk/ratio_all_targets"});
  }
  for (const auto& family : family_names(state_->options.env.families))
    add({"test/mean_regret_" + family, "test/mean_log10_" + family});
  return names;
}

void RoverTrainer::step(Metrics& metrics) {
  State& s = *state_;
  if (steps_done() < s.heading_steps()) return s.imitation->step(metrics);
  if (!s.learner) s.start_policy();
  if (s.learner->steps_done() < s.policy_steps()) {
    s.learner->step(metrics);
    if (s.learner->steps_done() == s.policy_steps()) s.test(metrics);
    return;
  }
  if (!s.walker) s.start_walk();
  s.walker->step(metrics);
  if (steps_done() == steps_total()) s.test_walk(metrics);
}

void RoverTrainer::save(Checkpoint& out) const {
  const auto put = [&](const char* name, const auto& part) {
    if (!part) return;
    Checkpoint group;
    part->save(group);
    out.put_group(name, group);
  };
  put("imitation", state_->imitation);
  put("learner", state_->learner);
  put("walker", state_->walker);
  out.put_integer("has_learner", state_->learner != nullptr);
  out.put_integer("has_walker", state_->walker != nullptr);
  state_->tested.save(out);
}

void RoverTrainer::load(const Checkpoint& in) {
  State& s = *state_;
  if (s.imitation) {
    s.imitation->load(in.group("imitation"));
    s.learner.reset(), s.heading.reset(), s.walker.reset();  // they were made for the heading of before
  }
  s.tested.load(in, metric_names());
  if (in.integer("has_learner") == 0) return;
  if (!s.learner) s.start_policy();
  s.learner->load(in.group("learner"));
  s.walker.reset();
  if (in.integer("has_walker") == 0) return;
  s.start_walk();
  s.walker->load(in.group("walker"));
}

void RoverTrainer::save_model(Checkpoint& out) const {
  state_->model().save(out);
  if (state_->imitation) state_->imitation->measured().save(out);
  state_->tested.save(out);
}

std::unique_ptr<Agent> RoverTrainer::agent() const {
  if (!state_->learner) throw std::runtime_error("the Rover has no policy yet: its heading is still being trained");
  return make_rover({}, state_->model());
}

}  // namespace rover
