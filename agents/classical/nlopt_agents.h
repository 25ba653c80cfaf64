#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct NloptOptions {
  double initial_step = 0.1;
  double tolerance = 1e-6;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("initial_step", initial_step, "first step as a fraction of the domain's width, in (0, 0.5]");
    visit("tolerance", tolerance, "a run ends when it moves less than this fraction of the domain's width, > 0");
    visit("restarts", restarts, "start again from a random point of the domain until the budget is spent");
  }
};

/// Nelder–Mead with bounds (NLopt's LN_NELDERMEAD). NLopt does not say where a simplex move ends: every evaluation is an iteration.
std::unique_ptr<Agent> make_nelder_mead(const NloptOptions& options);
/// BOBYQA (Powell 2009; NLopt's LN_BOBYQA): quadratic models in a trust region. An evaluation is an iteration. Needs d ≥ 2 (UsageError).
std::unique_ptr<Agent> make_bobyqa(const NloptOptions& options);

}  // namespace rover
