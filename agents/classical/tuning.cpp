#include "agents/classical/tuning.h"

#include <algorithm>
#include <cmath>

#include "agents/runner.h"
#include "env/surface_env.h"

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

struct Outcome {
  double first = infinity, best = infinity;  // f(x₀) and the lowest f; infinite: diverged
};

Outcome play_case(const std::string& agent_id, const Settings& settings, const TuningCase& test, std::uint64_t seed,
                  std::uint64_t budget, bool clamp, std::uint64_t max_iterations) {
  const auto agent = agents().make(agent_id, settings);
  const auto env = make_surface_env(test.landscape, {.budget = budget, .clamp = clamp, .start = test.start});
  try {
    Outcome outcome;
    const double best = play(*agent, *env, seed, max_iterations).best_value;
    outcome.first = test.landscape->value(test.start);
    outcome.best = std::isfinite(best) ? best : infinity;
    return outcome;
  } catch (const std::runtime_error&) {  // the surface returned NaN or infinity
    return {};
  }
}

double log_regret(const Outcome& outcome, double optimum) {
  if (outcome.best == infinity) return infinity;
  const double gap = outcome.first - optimum;  // zero where the start is the optimum: nothing to gain
  return gap > 0 ? std::log10(std::max((outcome.best - optimum) / gap, floor_of_regret)) : 0;
}

}  // namespace

TuningGrid tuning_grid(const std::string& agent_id) { return agents().info(agent_id).tuning; }

Tuned tune(const std::string& agent_id, const std::vector<TuningCase>& cases, std::uint64_t budget, bool clamp,
           const Settings& base, std::uint64_t max_iterations) {
  if (cases.empty()) throw std::invalid_argument("tuning needs at least one start");
  const std::vector<Settings> candidates = combinations(tuning_grid(agent_id), base);
  agents().make(agent_id, candidates.front());  // refused settings are said before anything is played
  if (candidates.size() == 1) return {candidates.front(), 0, 1};

  std::vector<Outcome> outcomes(candidates.size() * cases.size());
  std::vector<double> optima(cases.size(), infinity);
  for (std::size_t c = 0; c < candidates.size(); ++c)
    for (std::size_t k = 0; k < cases.size(); ++k) {
      Outcome& outcome = outcomes[c * cases.size() + k];
      outcome = play_case(agent_id, candidates[c], cases[k], k, budget, clamp, max_iterations);
      optima[k] = std::min(optima[k], outcome.best);
    }
  for (std::size_t k = 0; k < cases.size(); ++k)
    if (const auto known = cases[k].landscape->optimum()) optima[k] = known->value;

  Tuned tuned{candidates.front(), infinity, candidates.size()};
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    double score = 0;
    for (std::size_t k = 0; k < cases.size(); ++k) score += log_regret(outcomes[c * cases.size() + k], optima[k]);
    score /= static_cast<double>(cases.size());
    if (score < tuned.score) tuned.settings = candidates[c], tuned.score = score;
  }
  return tuned;
}

Tuned tune(const std::string& agent_id, const std::shared_ptr<const Landscape>& landscape,
           const std::vector<std::vector<double>>& starts, std::uint64_t budget, bool clamp, const Settings& base,
           std::uint64_t max_iterations) {
  std::vector<TuningCase> cases;
  for (const auto& start : starts) cases.push_back({landscape, start});
  return tune(agent_id, cases, budget, clamp, base, max_iterations);
}

}  // namespace rover
