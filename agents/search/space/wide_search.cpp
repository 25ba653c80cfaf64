#include "agents/search/space/wide_search.h"

#include "agents/search/space/difference_descent.h"
#include "agents/search/space/restarts.h"
#include "agents/search/space/sweep.h"
#include "agents/search/space/wide_descent.h"

namespace rover::space {
namespace {

template <class Descend>
void search_for_ever(Probe& probe, RandomStream& stream, Descend& descend, double first) {
  Restarts restarts(probe, stream);
  descend(probe.start(), probe.start_value(), first, HUGE_VAL);
  while (true) {
    const Restarts::Start& from = restarts.best_of_random();
    descend(from.point, from.value, first * from.shrink, probe.best());
  }
}

}  // namespace

void search_wide(const SpaceSearchOptions& options, Evaluator& evaluator) {
  Probe probe(evaluator, {.memory = 0, .most = 0, .batch = options.batch, .scale = options.scale});
  RandomStream stream = make_stream(evaluator.seed(), 0, "search");
  if (probe.dimension() > options.wide.differences) {
    DifferenceDescent descend(probe, options.wide.difference);
    search_for_ever(probe, stream, descend, options.wide.difference.reach);
  } else {
    WideDescent descend(probe, stream, options);
    search_for_ever(probe, stream, descend, options.first);
  }
}

}  // namespace rover::space
