#include "experiments/studies/rounds.h"

#include <algorithm>

#include "agents/runner.h"
#include "env/surface_env.h"

namespace rover {

std::vector<Cost> costs_to_targets(Agent& agent, const Trial& trial, const std::vector<double>& targets,
                                   std::uint64_t budget, Together together, std::size_t at_once, std::uint64_t seed) {
  constexpr double missed = 1.5;
  const auto env = make_surface_env(trial.landscape, {.budget = budget, .start = trial.start});
  const double regret = trial.start_value - trial.optimum_value;
  std::vector<Cost> out;
  RoundClock clock(at_once);
  std::uint64_t paid = 0;
  play(agent, *env, seed, std::numeric_limits<std::uint64_t>::max(),
       [&](const Action& action, const StepResult&, const EpisodeInfo& info) {
         clock.ask(info.evaluations - paid, together == Together::look || action.ends_iteration);
         paid = info.evaluations;
         while (out.size() < targets.size() && info.best_value <= trial.optimum_value + targets[out.size()] * regret)
           out.push_back({static_cast<double>(paid), static_cast<double>(clock.rounds()), true});
       });
  out.resize(targets.size(),
             {missed * static_cast<double>(budget), missed * static_cast<double>(clock.rounds()), false});
  return out;
}

}  // namespace rover
