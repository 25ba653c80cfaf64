#pragma once
#include "env/step_control_env.h"
#include "env/walk_env.h"
#include "imitation/torch/heading_trainer.h"
#include "training/evolution.h"
#include "training/torch/ddpg.h"

namespace rover {

/// The last part of a training: the policy goes on learning in the walk that it is deployed in.
struct WalkTraining {
  std::uint64_t pool = 4000, horizon = 120;
  std::string targets = WalkEnvOptions{}.targets;
  EvolutionOptions evolution{.generations = 0,
                             .pairs = 32,
                             .episodes = 16,
                             .common = "pair",
                             .sigma = 0.05,
                             .learning_rate = 0.02,
                             .weight_decay = 0,
                             .averaging = 0.05,
                             .evaluate_every = 25,
                             .validation = 600};
  std::uint64_t test = 900;  ///< surfaces of the test at the end
  template <class Visit>
  void fields(Visit&& visit) {
    visit("pool", pool, "surfaces drawn beforehand", in(1, 100000));
    visit("horizon", horizon, "looks of an episode", in(1, 100000));
    visit("targets", targets, "normalised regrets to reach, falling, comma-separated");
    visit("evolution", evolution, "evolution strategies; evolution.generations=0: the policy stays as it is");
    visit("test", test, "held-out surfaces of the test at the end", in(1, 100000));
  }
};

/// Everything about training a Rover: what `rover train rover` reads.
struct RoverTrainerOptions {
  HeadingTrainerOptions heading;
  std::string heading_from;  ///< a trained heading instead of a new one; then the other heading settings mean nothing
  StepControlOptions env;
  PolicyOptions policy;
  std::string learner = "ddpg";
  DdpgOptions ddpg;
  EvolutionOptions evolution;
  WalkTraining walk;
  std::uint64_t test = 1600;        ///< episodes of the final test
  std::uint64_t test_horizon = 30;  ///< their T
  template <class Visit>
  void fields(Visit&& visit) {
    visit("heading", heading, "the direction predictor");
    visit("heading.from", heading_from,
          "run folder, model file or shipped model whose heading is taken over instead of training one");
    visit("env", env, "the POMDP");
    visit("policy", policy, "the step-size and resolution policy");
    visit("learner", learner, "who learns; evolution is best with env.reward=log-regret", one_of("ddpg", "evolution"));
    visit("ddpg", ddpg, "recurrent DDPG");
    visit("evolution", evolution, "evolution strategies");
    visit("walk", walk, "then the deployed walk, with its safeguard and new beginnings");
    visit("test", test, "held-out episodes of the final test, half of the fields noisy", in(1, 100000));
    visit("test_horizon", test_horizon, "steps of these episodes", in(1, 100000));
  }
};

/// Trains a Rover: first the heading by imitation (section 3.2.2), then the policy in the POMDP with this heading
/// (section 3.2.3), then, not in the paper, the same policy by evolution in the walk in which it is deployed
/// (env/walk_env.h). `heading.network` may also name an analytic heading, which needs no training. Each of the two
/// parts of the policy's training ends with a measurement on fresh surfaces: in the POMDP, plain training families,
/// beside the tuned constant and the tuned geometric schedule (metrics test/…), and in the walk beside random actions
/// (walk/…).
class RoverTrainer final : public Trainer {
 public:
  /// Throws UsageError when the options do not fit.
  RoverTrainer(const RoverTrainerOptions& options, const TrainerPlace& place);
  ~RoverTrainer() override;
  std::uint64_t steps_done() const override;
  std::uint64_t steps_total() const override;
  double share_done() const override;
  std::string phase() const override;
  std::vector<std::string> metric_names() const override;
  void step(Metrics& metrics) override;
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  void save_model(Checkpoint& out) const override;  ///< a RoverModel, with the test's figures once it is done
  std::unique_ptr<Agent> agent() const override;    ///< throws std::runtime_error before the policy's first step

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
