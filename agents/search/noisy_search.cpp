#include "agents/search/noisy_search.h"

#include <algorithm>
#include <cmath>

#include "agents/search/noisy_descent.h"
#include "agents/search/population.h"
#include "agents/search/restarts.h"

namespace rover::search {

void search_in_noise(const SearchOptions& options, Evaluator& evaluator) {
  constexpr std::size_t again = 6;  // values at the start beside the first, which say how noisy they are
  FitOptions fit = options.descent.fit;
  fit.samples = options.noise.samples;
  Probe probe(evaluator, probe_options(options, evaluator.problem().dimension, fit));
  RandomStream stream = make_stream(evaluator.seed(), 0, "search");
  NoisyDescent descend(probe, stream, options.descent, options.noise);
  PopulationSearch populate(probe, stream, options.population);
  Restarts restarts(probe, stream);
  const auto coefficients = static_cast<double>(coefficients_of(probe.dimension()));
  const auto patience = static_cast<std::size_t>(std::ceil(options.noise.patience * coefficients));

  Deviation deviation;
  double mean = probe.start_value();
  std::vector<double> point = probe.start();
  for (std::size_t k = 1; k <= again; ++k) {
    const double value = probe(point);
    deviation.again(value, mean, k);
    mean += (value - mean) / static_cast<double>(k + 1);
  }
  NoisyDescent::End best = descend(point, mean, options.first, deviation, patience, NoisyDescent::End{});
  Accounts spent(probe);
  spent.charge(spent.descents);
  std::size_t doublings = 1;
  const auto take = [&](const NoisyDescent::End& end) {
    if (end.leads(best)) best = end;
  };
  while (true) {
    if (spent.polish < options.noise.polish * (spent.descents + spent.populations)) {
      const NoisyDescent::End from = best;
      best = descend(from.point, from.value, from.half_width, deviation, patience / 2, NoisyDescent::End{});
      spent.charge(spent.polish);
    } else if (spent.populations < options.populations * spent.descents) {
      const double lowest = populate(restarts.mean(best.point), restarts.population(doublings++), deviation.value());
      const Vector& end = populate.mean();
      take(descend({end.data(), probe.dimension()}, lowest, std::clamp(populate.deviation(), 1e-3, 0.3), deviation,
                   patience, best));
      spent.charge(spent.populations);
    } else {
      const Restarts::Start from = restarts.best_of_random();
      take(descend(from.point, from.value, options.first * from.shrink, deviation, patience, best));
      spent.charge(spent.descents);
    }
  }
}

}  // namespace rover::search
