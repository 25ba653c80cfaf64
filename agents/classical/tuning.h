#pragma once
#include <cstddef>
#include <functional>
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
/// Where there are finals, the best eighth, of two to eight candidates, plays those, too, and the lowest mean regret
/// there wins: it is what a table of means shows, and a few starts tell little of it. Deterministic: trial k is played
/// under seed k. Throws UsageError for settings that the agent refuses, std::invalid_argument without trials.
Tuned tune(const std::string& agent_id, const std::vector<Trial>& trials, const RunLimits& limits,
           const Settings& base = {}, const std::vector<Trial>& finals = {});

/// How the candidates of a search over settings are chosen: all of the grid in order, at random from it, or by
/// attention (report "Experiments with Attention", section 2.5.5): rounds of candidates around a centre, which moves to
/// their mean weighted by softmax of −score; the width halves every other round.
enum class TuneSearch { grid, random, attention };

struct TuneOptions {
  TuneSearch search = TuneSearch::attention;
  std::size_t candidates = 40;  ///< at most, the agent's defaults among them
  std::uint64_t seed = 0;
  std::size_t threads = 1;                              ///< 0: one a core; the result does not depend on it
  std::function<void(std::size_t done)> progress = {};  ///< after each round: candidates played so far
  std::function<bool()> stop = {};                      ///< asked before each run; Stopped is thrown
};

struct TuneCandidate {
  Settings settings;  ///< beside the agent's defaults
  double score;       ///< as Tuned::score
};

/// Plays candidates of the agent's grid from every trial, each trial under its own seed; the first candidate is `base`
/// alone, the agent's defaults. Returned with the lowest score first. Throws UsageError for an agent without a grid and
/// for settings that it refuses.
std::vector<TuneCandidate> tune_search(const std::string& agent_id, const std::vector<Trial>& trials,
                                       const RunLimits& limits, const Settings& base, const TuneOptions& options);

}  // namespace rover
