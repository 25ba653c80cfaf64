#pragma once
#include <memory>
#include <string>

#include "agents/agent.h"
#include "agents/learned/rule_walk.h"
#include "agents/learned/safeguarded.h"
#include "core/settings.h"

namespace rover {

struct LearnedOptimizerOptions {
  std::string from;
  double rate = 1;
  std::string schedule = "own";
  bool safeguarded = false;
  SafeguardOptions safeguard;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("from", from, "run folder or model file with the update rule; empty: the one that ships");
    visit("rate", rate, "the learning rate that it was trained for, times this", above(0, 1e6));
    visit("schedule", schedule, "how that falls over the iterations of the run; own: as it was trained",
          one_of("own", "constant", "linear", "cosine"));
    visit("safeguarded", safeguarded, "take back steps that land too high");
    visit("safeguard", safeguard, "when, and what instead");
  }
};

/// Gradient descent by a learned update rule: looks at the gradient at the pose and moves by the rule's step, as far as
/// the box allows. A step is an iteration.
std::unique_ptr<Agent> make_learned_optimizer(TrainedRule rule);

}  // namespace rover
