#pragma once
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/registry.h"
#include "env/landscape.h"

namespace rover {

/// What is tuned of an agent of agents(), as its entry says; empty if nothing is. Throws UsageError for an unknown id.
TuningGrid tuning_grid(const std::string& agent_id);

/// A surface and a start [d] that agents are tuned on; results are reported on others.
struct TuningCase {
  std::shared_ptr<const Landscape> landscape;
  std::vector<double> start;
};

struct Tuned {
  Settings settings;  ///< the base settings and the values chosen
  double score = 0;   ///< mean log10 normalised regret; infinite if every candidate diverged, 0 if nothing was tuned
  std::size_t candidates = 0;
};

/// Plays every candidate of the agent's grid from every case and chooses the one with the lowest mean of
/// log10 max(regret, 1e-12), regret = (best f − f*) / (f(x₀) − f*), when the budget or `max_iterations` is spent; f* is
/// the optimum, or the lowest value that any candidate saw where none is known. A candidate that diverges (NaN,
/// infinity) counts as infinite; the first of equals wins. Settings in `base` are not tuned. Deterministic: case k is
/// played under seed k. Throws UsageError for settings that the agent refuses, std::invalid_argument without cases.
Tuned tune(const std::string& agent_id, const std::vector<TuningCase>& cases, std::uint64_t budget, bool clamp,
           const Settings& base = {}, std::uint64_t max_iterations = std::numeric_limits<std::uint64_t>::max());

/// The same from several starts of one surface.
Tuned tune(const std::string& agent_id, const std::shared_ptr<const Landscape>& landscape,
           const std::vector<std::vector<double>>& starts, std::uint64_t budget, bool clamp, const Settings& base = {},
           std::uint64_t max_iterations = std::numeric_limits<std::uint64_t>::max());

}  // namespace rover
