#pragma once
#include <string>

#include "storage/evaluation.h"

namespace rover {

/// For a terminal: what the agents needed (experiments/needed.h; beside `baseline`, if it is not empty), then a block a
/// function with a row an agent (share of runs solved after 100 iterations and at each
/// evaluation mark, normalised regret with quartiles), what tuning chose, and the share solved over all functions.
/// `details` adds best value and gap with quartiles and extremes at every mark.
std::string report_text(const Evaluation& evaluation, bool details = false, const std::string& baseline = "");

/// `agent,landscape,start,iterations,evaluations,best_value,normalized_regret`: a row a checkpoint: iterations 1, 2, 5,
/// 10, 20, 30, 50, 100 (with what they cost) and evaluations 100, 200, 1000, 6400 and the budget. A run that ended
/// earlier keeps its last values. `start` counts on over repetitions: start + starts · repetition. Numbers read back to
/// the same bits.
std::string report_csv(const Evaluation& evaluation);

}  // namespace rover
