#pragma once
#include <memory>
#include <string>

#include "agents/agent.h"
#include "agents/learned/safeguarded.h"
#include "agents/learned/update_rule.h"
#include "core/settings.h"

namespace rover {

struct LearnedOptimizerOptions {
  std::string from;
  bool safeguarded = false;
  SafeguardOptions safeguard;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("from", from, "run folder or model file with the update rule; empty: the one that ships");
    visit("safeguarded", safeguarded, "take back steps that land too high");
    visit("safeguard", safeguard, "when, and what instead");
  }
};

/// Gradient descent by a learned update rule: looks at the gradient at the pose and moves by the rule's step, as far as
/// the box allows. A step is an iteration.
std::unique_ptr<Agent> make_learned_optimizer(std::shared_ptr<const UpdateRule> rule);

}  // namespace rover
