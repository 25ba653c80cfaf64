#pragma once
#include <string>

#include "storage/evaluation.h"

namespace rover {

/// For a terminal of 100 columns: what the agents needed (experiments/needed.h; beside `baseline`, if it is not empty),
/// then a block a function with a row an agent (share of runs solved after 100 iterations and at each evaluation mark,
/// normalised regret with quartiles; best values where no optimum is known), what tuning chose, and the share solved
/// over all functions. `details` adds best value and gap with quartiles and extremes at every mark.
std::string report_text(const Evaluation& evaluation, bool details = false, const std::string& baseline = "");

/// `agent,landscape,start,seed,iterations,evaluations,best_value,normalized_regret`, a row a mark: iterations 1, 2, 5,
/// 10, 20, 30, 50, 100 (with what they cost) and evaluations 100, 200, 1000, 6400 and the budget. A run that ended
/// earlier keeps its last values. `seed` is the repetition from the same start. Numbers read back to the same bits; a
/// regret is nan where no optimum is known.
std::string report_csv(const Evaluation& evaluation);

}  // namespace rover
