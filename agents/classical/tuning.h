#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "agents/trials.h"
#include "core/registry.h"

namespace rover {

/// The tuning grid in an agent's entry; empty if nothing is tuned. Throws UsageError for an unknown id.
TuningGrid tuning_grid(const std::string& agent_id);

struct Tuned {
  Settings settings;  ///< the base settings and the values chosen
  double score = 0;   ///< mean log10 normalised regret; infinite if every candidate diverged, 0 if nothing was tuned
  std::size_t candidates = 0;
};

/// Plays every candidate of the agent's grid from every trial and chooses the one with the lowest mean of
/// log10 max(regret, 1e-12), regret = (best f − f*) / (f(x₀) − f*), when the limits are reached; f* is the optimum, or
/// the lowest value that any candidate saw where none is known. A candidate that diverges (NaN, infinity) counts as
/// infinite; the first of equals wins. Settings in `base` are not tuned. Results are reported on other trials.
/// Deterministic: trial k is played under seed k. Throws UsageError for settings that the agent refuses,
/// std::invalid_argument without trials.
Tuned tune(const std::string& agent_id, const std::vector<Trial>& trials, const RunLimits& limits,
           const Settings& base = {});

}  // namespace rover
