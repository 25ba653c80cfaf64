#include "agents/search/space/space_search.h"

#include <cmath>

#include "agents/search/space/descent.h"
#include "agents/search/space/population.h"
#include "agents/search/space/sweep.h"

namespace rover {
namespace {

using namespace space;

void search_for_ever(const SpaceSearchOptions& options, Evaluator& evaluator) {
  const std::size_t d = evaluator.problem().dimension, coefficients = 1 + d + d * (d + 1) / 2;
  const auto dimension = static_cast<double>(d);
  Probe probe(evaluator, std::max<std::size_t>(2000, 8 * coefficients), fit_samples(d, options.descent.fit));
  RandomStream stream = make_stream(evaluator.seed(), 0, "search");
  Descent descend(probe, stream, options.descent);
  PopulationSearch populate(probe, stream, options.population);
  const auto smallest = 4 + static_cast<std::size_t>(3 * std::log(dimension));

  // Each kind of restart gets its share of the evaluations; a sweep that gained nothing is asked for less often.
  std::uint64_t by_descents = 0, by_populations = 0, by_sweeps = 0, spent = probe.evaluations();
  const auto charge = [&](std::uint64_t& account) {
    account += probe.evaluations() - spent;
    spent = probe.evaluations();
  };
  double sweep_price = 1, best = HUGE_VAL;
  std::size_t doublings = 1;
  std::vector<double> start = probe.start();
  double value = probe.start_value();
  for (bool first = true;; first = false) {
    if (options.sweeps && !first &&
        static_cast<double>(by_sweeps) * sweep_price <= static_cast<double>(by_descents + by_populations)) {
      bool any = false;
      while (sweep(probe, stream, options.sweep)) {
        any = true;
        start = probe.best_point();
        descend(start, probe.best(), 0.02, HUGE_VAL);
      }
      charge(by_sweeps);
      if (!any) sweep_price *= 3;
      best = std::min(best, probe.best());
      continue;
    }
    if (!first && static_cast<double>(by_populations) < options.populations * static_cast<double>(by_descents)) {
      Vector mean(static_cast<Eigen::Index>(d));
      if (stream.uniform() < 0.5) mean = Eigen::Map<const Vector>(probe.best_point().data(), mean.size());
      else
        for (double& x : mean) x = stream.uniform();
      best = std::min(best, populate(mean, smallest << std::min<std::size_t>(doublings++, 12)));
      charge(by_populations);
      continue;
    }
    double half_width = options.first;
    if (!first) {
      half_width *= std::pow(10, -0.5 * stream.uniform());
      value = HUGE_VAL;
      std::vector<double> point(d);
      for (std::size_t k = 0; k <= d; ++k) {
        for (double& x : point) x = stream.uniform();
        if (const double f = probe(point, k == d); f < value) value = f, start = point;
      }
    }
    best = std::min(best, descend(start, value, half_width, first ? HUGE_VAL : best).value);
    charge(by_descents);
  }
}

}  // namespace

std::unique_ptr<Agent> make_space_search(const SpaceSearchOptions& options) {
  check_options(options);
  return make_fiber_agent([=](Evaluator& evaluator) { search_for_ever(options, evaluator); },
                          [](const Problem& problem) {
                            if (problem.dimension > most_dimensions_in_space)
                              throw UsageError("the agent 'rover-space' fits quadratics in at most " +
                                               std::to_string(most_dimensions_in_space) + " dimensions");
                          });
}

}  // namespace rover
