#include "agents/classical/tuning.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace rover {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double floor_of_regret = 1e-12;

std::vector<Settings> combinations(const TuningGrid& grid, const Settings& base) {
  std::vector<Settings> out{base};
  for (const auto& [key, values] : grid) {
    if (base.contains(key)) continue;
    std::vector<Settings> longer;
    for (const auto& settings : out)
      for (const auto& value : values) {
        longer.push_back(settings);
        longer.back()[key] = value;
      }
    out = std::move(longer);
  }
  return out;
}

/// The lowest f; infinite: diverged.
double outcome_of(const std::string& agent_id, const Settings& settings, const Trial& trial, const RunLimits& limits,
                  std::uint64_t seed) {
  const auto agent = agents().make(agent_id, settings);
  try {
    const TrialCurve curve = play_trial(*agent, trial, limits, seed, {.iterations = 0, .improvements = false});
    return curve.failure.empty() ? curve.best() : infinity;
  } catch (const std::runtime_error&) {  // its arithmetic failed
    return infinity;
  }
}

double log_regret(double best, double first, double optimum) {
  if (best == infinity) return infinity;
  const double gap = first - optimum;  // zero where the start is the optimum: nothing to gain
  return gap > 0 ? std::log10(std::max((best - optimum) / gap, floor_of_regret)) : 0;
}

}  // namespace

TuningGrid tuning_grid(const std::string& agent_id) { return agents().info(agent_id).tuning; }

Tuned tune(const std::string& agent_id, const std::vector<Trial>& trials, const RunLimits& limits,
           const Settings& base) {
  if (trials.empty()) throw std::invalid_argument("tuning needs at least one start");
  const std::vector<Settings> candidates = combinations(tuning_grid(agent_id), base);
  agents().make(agent_id, candidates.front());  // throws for refused settings before anything is played
  if (candidates.size() == 1) return {candidates.front(), 0, 1};

  std::vector<double> outcomes(candidates.size() * trials.size());
  std::vector<double> optima(trials.size(), infinity);
  for (std::size_t c = 0; c < candidates.size(); ++c)
    for (std::size_t k = 0; k < trials.size(); ++k) {
      double& outcome = outcomes[c * trials.size() + k];
      outcome = outcome_of(agent_id, candidates[c], trials[k], limits, k);
      optima[k] = std::min(optima[k], outcome);
    }
  for (std::size_t k = 0; k < trials.size(); ++k)
    if (!std::isnan(trials[k].optimum_value)) optima[k] = trials[k].optimum_value;

  Tuned tuned{candidates.front(), infinity, candidates.size()};
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    double score = 0;
    for (std::size_t k = 0; k < trials.size(); ++k)
      score += log_regret(outcomes[c * trials.size() + k], trials[k].start_value, optima[k]);
    score /= static_cast<double>(trials.size());
    if (score < tuned.score) tuned.settings = candidates[c], tuned.score = score;
  }
  return tuned;
}

}  // namespace rover
