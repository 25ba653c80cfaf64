#include "agents/search/space/space_search.h"

#include <cmath>

#include "agents/search/space/descent.h"
#include "agents/search/space/noisy_search.h"
#include "agents/search/space/population.h"
#include "agents/search/space/restarts.h"
#include "agents/search/space/sweep.h"

namespace rover {
namespace {

using namespace space;

// Each kind of restart gets its share of the evaluations; a sweep that gained nothing is asked for less often.
void search_for_ever(const SpaceSearchOptions& options, Evaluator& evaluator) {
  Probe probe(evaluator, probe_options(options, evaluator.problem().dimension, options.descent.fit));
  RandomStream stream = make_stream(evaluator.seed(), 0, "search");
  Descent descend(probe, stream, options.descent);
  PopulationSearch populate(probe, stream, options.population);
  Restarts restarts(probe, stream);
  Accounts spent(probe);
  double best = descend(probe.start(), probe.start_value(), options.first, HUGE_VAL).value, sweep_price = 1;
  spent.charge(spent.descents);
  std::size_t doublings = 1;
  while (true) {
    if (options.sweeps && spent.sweeps * sweep_price <= spent.descents + spent.populations) {
      bool any = false;
      while (sweep(probe, stream, options.sweep)) {
        any = true;
        const std::vector<double> start = probe.best_point();
        descend(start, probe.best(), 0.02, HUGE_VAL);
      }
      spent.charge(spent.sweeps);
      if (!any) sweep_price *= 3;
      best = std::min(best, probe.best());
    } else if (spent.populations < options.populations * spent.descents) {
      const Vector& mean = restarts.mean(probe.best_point());
      best = std::min(best, populate(mean, restarts.population(doublings++)));
      spent.charge(spent.populations);
    } else {
      const Restarts::Start& from = restarts.best_of_random();
      best = std::min(best, descend(from.point, from.value, options.first * from.shrink, best).value);
      spent.charge(spent.descents);
    }
  }
}

}  // namespace

std::unique_ptr<Agent> make_space_search(const SpaceSearchOptions& options) {
  check_options(options);
  return make_fiber_agent(
      [=](Evaluator& evaluator) {
        if (options.noise.average && evaluator.problem().noisy.value_or(false)) search_in_noise(options, evaluator);
        else search_for_ever(options, evaluator);
      },
      [](const Problem& problem) {
        if (problem.dimension > most_dimensions_in_space)
          throw UsageError("the agent 'rover-space' fits quadratics in at most " +
                           std::to_string(most_dimensions_in_space) + " dimensions");
      });
}

}  // namespace rover
