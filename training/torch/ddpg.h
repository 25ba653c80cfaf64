#pragma once
#include "training/policy_learner.h"

namespace rover {

struct DdpgOptions {
  std::uint64_t iterations = 300;
  std::uint64_t episodes = 256;          ///< collected an iteration
  std::uint64_t updates = 24;            ///< of the critic, an iteration
  std::uint64_t batch = 64;              ///< episodes an update
  std::uint64_t capacity = 8192;         ///< episodes of the replay buffer
  std::uint64_t in_memory = 8192;        ///< of these, in memory; the rest in a scratch file of the run folder
  std::uint64_t learning_starts = 1024;  ///< episodes before the first update
  std::uint64_t export_episodes = 0;     ///< at the end, so many of the latest go to FOLDER/replay in Minari's layout
  double gamma = 1;                      ///< discount; 1 as in the paper: the horizon is finite
  double critic_learning_rate = 1e-3, actor_learning_rate = 5e-4;
  double final_rate = 0.1;  ///< both rates fall linearly to this fraction
  double tau = 0.02;        ///< Polyak step of the targets, at each actor update
  std::uint64_t delay = 2;  ///< critic updates per actor update
  double noise = 0.3,
         warmup_noise = 1;  ///< σ of the Ornstein–Uhlenbeck exploration on u; warm-up: until learning starts
  double smoothing = 0.1;   ///< σ of the noise on target actions, clipped at 0.3
  double reward_scale = 0.2, reward_clip = 20;
  double logit_penalty = 1e-3;  ///< keeps the tanh out of saturation
  bool twin = true;             ///< two critics, the smaller one counts
  bool privileged = true;       ///< critics see the hidden state, where the environment shows one; others have an
                                ///< LSTM if the policy does
  std::uint64_t critic_hidden = 64;
  double critic_clip = 5, actor_clip = 1;  ///< gradient norms
  std::uint64_t evaluate_every = 10;       ///< iterations between validations
  std::uint64_t validation = 400;          ///< episodes of the validation set
  template <class Visit>
  void fields(Visit&& visit) {
    visit("iterations", iterations, "iterations: collect, then update", in(1, 1e7));
    visit("episodes", episodes, "episodes collected an iteration", in(1, 16384));
    visit("updates", updates, "critic updates an iteration", in(0, 100000));
    visit("batch", batch, "episodes an update", in(1, 4096));
    visit("capacity", capacity, "episodes of the replay buffer", in(1, 1e6));
    visit("in_memory", in_memory, "of these, in memory; the rest in a scratch file of the run folder", in(0, 1e6));
    visit("learning_starts", learning_starts, "episodes before the first update", in(0, 1e6));
    visit("export_episodes", export_episodes,
          "at the end, so many of the latest episodes go to FOLDER/replay in Minari's layout", in(0, 1e6));
    visit("gamma", gamma, "discount γ", in(0, 1));
    visit("critic_learning_rate", critic_learning_rate, "Adam's learning rate for the critics", above(0, 1e38));
    visit("actor_learning_rate", actor_learning_rate, "Adam's learning rate for the actor", above(0, 1e38));
    visit("final_rate", final_rate, "fraction of the learning rates at the end", in(0, 1));
    visit("tau", tau, "Polyak step of the target networks", above(0, 1));
    visit("delay", delay, "critic updates per actor update", in(1, 10000));
    visit("noise", noise, "standard deviation of the exploration noise", in(0, 10));
    visit("warmup_noise", warmup_noise, "the same until learning starts", in(0, 10));
    visit("smoothing", smoothing, "standard deviation of the target policy's noise", in(0, 10));
    visit("reward_scale", reward_scale, "factor on rewards; 0, for the trainer ddpg: by the size of returns",
          in(0, 1e12));
    visit("reward_clip", reward_clip, "bound on rewards, before the factor", above(0, 1e12));
    visit("logit_penalty", logit_penalty, "weight of the actor's squared logits", in(0, 1e6));
    visit("twin", twin, "two critics, the smaller counts");
    visit("privileged", privileged, "critics see the hidden state, where the environment shows one");
    visit("critic_hidden", critic_hidden, "width of the critics", in(1, 1024));
    visit("critic_clip", critic_clip, "largest gradient norm of the critics", above(0, 1e6));
    visit("actor_clip", actor_clip, "largest gradient norm of the actor", above(0, 1e6));
    visit("evaluate_every", evaluate_every, "iterations between validations", in(1, 1e7));
    visit("validation", validation, "episodes of the validation set", in(1, 16384));
  }
};

/// Recurrent deterministic policy gradient (Silver et al. 2014, Lillicrap et al. 2015, Heess et al. 2015). The paper's
/// form: observation grid, conv encoder, twin = privileged = false, smoothing = 0 (preset paper-quick): actor and one
/// critic, each conv → LSTM → hidden layers. Ours: twin feed-forward critics that see the hidden state (asymmetric
/// actor-critic, Pinto et al. 2018; TD3, Fujimoto et al. 2018).
///
/// While a step updates the networks, the next episodes are collected beside it with the actor of the step's start, so
/// results do not depend on timing.
class DdpgLearner final : public PolicyLearner {
 public:
  DdpgLearner(const PolicyProblem& problem, const DdpgOptions& options);
  ~DdpgLearner() override;
  static std::vector<std::string> metric_names();  ///< beside the task's validation
  std::uint64_t steps_done() const override;
  void step(Metrics& metrics) override;  ///< one iteration
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  const RecurrentPolicy& policy() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
