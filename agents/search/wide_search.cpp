#include "agents/search/wide_search.h"

#include <algorithm>
#include <cmath>

#include "agents/search/difference_descent.h"
#include "agents/search/noise.h"
#include "agents/search/restarts.h"
#include "agents/search/sweep.h"
#include "agents/search/wide_descent.h"

namespace rover::search {
namespace {

// Descents and sweeps get equal evaluations; a sweep that gained nothing is asked for less often.
template <class Descend>
void search_for_ever(Probe& probe, RandomStream& stream, Descend& descend, double first, const SearchOptions& options) {
  Restarts restarts(probe, stream);
  Accounts spent(probe);
  descend(probe.start(), probe.start_value(), first, HUGE_VAL);
  spent.charge(spent.descents);
  double price = 1;
  while (true) {
    if (options.sweeps && spent.sweeps * price <= spent.descents) {
      bool any = false;
      while (sweep(probe, stream, options.sweep)) {
        any = true;
        const std::vector<double> start = probe.best_point();
        descend(start, probe.best(), 0.02, HUGE_VAL);
      }
      spent.charge(spent.sweeps);
      if (!any) price *= 3;
      continue;
    }
    const Restarts::Start& from = restarts.best_of_random();
    descend(from.point, from.value, first * from.shrink, probe.best());
    spent.charge(spent.descents);
  }
}

// Descents that average, from the start and from the best of random points, and between them more samples around the
// best.
void search_in_wide_noise(Probe& probe, RandomStream& stream, WideDescent& descend, const SearchOptions& options) {
  constexpr std::size_t again = 6;  // values at the start beside the first, which say how noisy they are
  Deviation deviation;
  double mean = probe.start_value();
  std::vector<double> point = probe.start();
  for (std::size_t k = 1; k <= again; ++k) {
    const double value = probe(point);
    deviation.again(value, mean, k);
    mean += (value - mean) / static_cast<double>(k + 1);
  }
  const auto patience =
      static_cast<std::size_t>(std::ceil(10 * options.noise.patience * static_cast<double>(probe.dimension())));
  Restarts restarts(probe, stream);
  Accounts spent(probe);
  WideDescent::End best = descend.among_noise(point, mean, options.first, deviation.value(), patience, HUGE_VAL);
  spent.charge(spent.descents);
  while (true) {
    if (spent.polish < options.noise.polish * spent.descents) {
      best = descend.among_noise(best.point, best.value, std::clamp(best.half_width, 1e-3, 0.5), deviation.value(),
                                 patience, HUGE_VAL);
      spent.charge(spent.polish);
    } else {
      const Restarts::Start& from = restarts.best_of_random();
      const WideDescent::End& end = descend.among_noise(from.point, from.value, options.first * from.shrink,
                                                        deviation.value(), patience, best.value);
      if (end.value < best.value) best = end;
      spent.charge(spent.descents);
    }
  }
}

}  // namespace

void search_wide(const SearchOptions& options, Evaluator& evaluator) {
  Probe probe(evaluator, {.memory = 0, .most = 0, .batch = options.batch, .scale = options.scale});
  RandomStream stream = make_stream(evaluator.seed(), 0, "search");
  if (probe.dimension() > options.wide.differences) {
    DifferenceDescent descend(probe, options.wide.difference);
    search_for_ever(probe, stream, descend, options.wide.difference.reach, options);
  } else {
    const bool averages = options.noise.average && evaluator.problem().noisy.value_or(false);
    SearchOptions own = options;
    if (averages) own.wide.samples = std::max(own.wide.samples, own.wide.averaged);
    WideDescent descend(probe, stream, own);
    if (averages) search_in_wide_noise(probe, stream, descend, own);
    search_for_ever(probe, stream, descend, options.first, options);
  }
}

}  // namespace rover::search
