// What the search that counts its evaluations costs beside the function: time an evaluation on a trivial bowl, next to
// a loop that draws points at random. Quote ratios of one run, not times.
//   build/dev/bench/bench_per_evaluation
#include <benchmark/benchmark.h>

#include <vector>

#include "agents/search/search.h"
#include "core/random.h"

using namespace rover;

namespace {

// Two basins, so that descents end and others start.
double bowl(double x, double y) {
  const double dx = x - 0.3, dy = y - 0.6, ex = x - 0.8, ey = y - 0.2;
  return std::min(dx * dx + 3 * dy * dy + dx * dy, 0.01 + ex * ex + ey * ey);
}

void count(benchmark::State& state) { state.SetItemsProcessed(state.iterations() * state.range(0)); }

void random_search(benchmark::State& state) {
  RandomStream stream = make_stream(1, 0, "bench");
  for (auto _ : state) {
    double best = 1e300;
    for (std::int64_t k = 0; k < state.range(0); ++k) best = std::min(best, bowl(stream.uniform(), stream.uniform()));
    benchmark::DoNotOptimize(best);
  }
  count(state);
}
BENCHMARK(random_search)->Arg(200)->Arg(1000)->Arg(6400);

void per_evaluation(benchmark::State& state, bool controlled) {
  const auto budget = static_cast<std::uint64_t>(state.range(0));
  PlaneSearch search({}, budget);
  const auto controller = make_random_controller();
  std::vector<double> values(256);
  float decision[SearchController::decisions];
  std::uint64_t seed = 0;
  for (auto _ : state) {
    search.reset(++seed);
    while (search.evaluations() < budget) {
      while (search.needs_decision()) {
        if (!controlled) {
          search.decide();
          continue;
        }
        controller->decide(search.features(), decision);
        search.decide(decision);
      }
      const auto points = search.ask();
      const std::size_t size = std::min<std::size_t>(points.size() / 2, budget - search.evaluations());
      for (std::size_t k = 0; k < size; ++k) values[k] = bowl(points[2 * k], points[2 * k + 1]);
      search.tell({values.data(), size});
    }
    benchmark::DoNotOptimize(search.best_value());
  }
  count(state);
}
BENCHMARK_CAPTURE(per_evaluation, rule, false)->Arg(200)->Arg(1000)->Arg(6400);
BENCHMARK_CAPTURE(per_evaluation, random_controller, true)->Arg(200)->Arg(1000)->Arg(6400);

}  // namespace
