#pragma once
#include "training/policy_learner.h"

namespace rover {

struct EvolutionOptions {
  std::uint64_t generations = 600;
  std::uint64_t pairs = 16;     ///< antithetic pairs a generation
  std::uint64_t episodes = 24;  ///< episodes a member
  std::string common = "all";   ///< who plays the same episodes: all members, or each pair its own
  double sigma = 0.08;          ///< standard deviation of the perturbations
  double learning_rate = 0.03;  ///< of Adam on the rank gradient; falls linearly to a tenth
  double weight_decay = 0.002;  ///< times the learning rate
  double averaging = 0;         ///< of weights: part of the distance that their mean moves a generation; 0: none
  std::uint64_t evaluate_every = 20;
  std::uint64_t validation = 400;  ///< episodes of the validation set
  std::uint64_t threads = 0;       ///< 0: one a core; results do not depend on it
  template <class Visit>
  void fields(Visit&& visit) {
    visit("generations", generations, "generations", in(0, 1e7));
    visit("pairs", pairs, "antithetic pairs a generation", in(2, 10000));
    visit("episodes", episodes, "episodes a member", in(1, 16384));
    visit("common", common, "who plays the same episodes: all members, or each pair its own", one_of("all", "pair"));
    visit("sigma", sigma, "standard deviation of the perturbations", above(0, 100));
    visit("learning_rate", learning_rate, "learning rate of Adam; falls linearly to a tenth", in(0, 1e38));
    visit("weight_decay", weight_decay, "weight decay, times the learning rate", in(0, 100));
    visit("averaging", averaging, "a running mean of the weights is validated too: its rate a generation, 0: none",
          in(0, 1));
    visit("evaluate_every", evaluate_every, "generations between validations", in(1, 1e7));
    visit("validation", validation, "episodes of the validation set", in(1, 16384));
    visit("threads", threads, "worker threads, 0: one a core", in(0, most_threads));
  }
};

/// Evolution strategies (Salimans et al. 2017) for a policy: antithetic Gaussian perturbations, common random numbers,
/// ranks, Adam. A member's fitness is its mean return over its episodes. A pair counts with the difference of its
/// members' centred ranks; where pairs play episodes of their own, which are not equally hard, with the signed rank of
/// its difference. The latter sees `pairs` times as many episodes, which pays where episodes differ more than members
/// do.
class EvolutionLearner final : public PolicyLearner {
 public:
  EvolutionLearner(const PolicyProblem& problem, const EvolutionOptions& options);
  ~EvolutionLearner() override;
  static std::vector<std::string> metric_names();  ///< beside the task's validation
  std::uint64_t steps_done() const override;
  void step(Metrics& metrics) override;  ///< one generation
  void save(Checkpoint& out) const override;
  void load(const Checkpoint& in) override;
  const RecurrentPolicy& policy() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
