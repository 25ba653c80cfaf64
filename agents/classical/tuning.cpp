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

TuningGrid tuning_grid(const std::string& agent_id) {
  static const std::vector<std::string> rates{"1e-5", "3e-5", "1e-4", "3e-4", "1e-3", "3e-3", "1e-2",
                                              "3e-2", "0.1",  "0.3",  "1",    "3",    "10"};
  static const std::vector<std::string> momenta{"0.5", "0.8", "0.9", "0.95", "0.99"};
  static const std::vector<std::string> steps{"0.01", "0.03", "0.1", "0.25", "0.5"};
  static const std::map<std::string, TuningGrid> grids{
      {"gd", {{"learning_rate", rates}}},
      {"momentum", {{"learning_rate", rates}, {"momentum", momenta}}},
      {"nesterov", {{"learning_rate", rates}, {"momentum", momenta}}},
      {"adam", {{"learning_rate", rates}}},
      {"newton", {{"damping", {"0", "1e-4", "1e-3", "1e-2", "0.1", "1"}}, {"step_size", {"0.3", "1"}}}},
      {"cma-es", {{"sigma0", {"0.02", "0.05", "0.1", "0.2", "0.3", "0.5"}}}},
      {"nelder-mead", {{"initial_step", steps}}},
      {"bobyqa", {{"initial_step", steps}}},
      {"differential-evolution", {{"population", {"10", "20", "40"}}, {"variant", {"1", "2", "6", "7"}}}},
      {"particle-swarm",
       {{"population", {"10", "20", "40"}},
        {"constriction", {"0.6", "0.73"}},
        {"max_velocity", {"0.1", "0.2", "0.5"}}}},
  };
  const auto found = grids.find(agent_id);
  return found == grids.end() ? TuningGrid{} : found->second;
}

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
