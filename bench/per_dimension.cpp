// What rover-search costs an evaluation beside the function, next to CMA-ES and BOBYQA in the same run: on a
// surface of many shallow basins, so that all kinds of restarts have their share. Quote ratios of one run.
//   build/dev/bench/bench_per_dimension
#include <benchmark/benchmark.h>

#include <cmath>

#include "agents/runner.h"
#include "env/landscapes/function.h"
#include "env/surface_env.h"

namespace {

double basins(rover::Reals x) {
  double sum = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double z = x[i] - 0.3 + 0.3 * x[(i + 1) % x.size()];
    sum += z * z + (std::abs(z) > 1 ? 0.1 * std::abs(z - std::round(z)) : 0);
  }
  return sum;
}

void played(benchmark::State& state, const std::string& agent) {
  const auto d = static_cast<std::size_t>(state.range(0));
  const auto budget = static_cast<std::uint64_t>(state.range(1));
  const std::shared_ptr<const rover::Landscape> surface =
      rover::make_function(basins, {std::vector<double>(d, -5), std::vector<double>(d, 5)});
  const auto made = rover::agents().make(agent);
  std::uint64_t evaluations = 0;
  for (auto _ : state) {
    const auto env = rover::make_surface_env(surface, {.budget = budget, .clamp = true});
    evaluations += rover::play(*made, *env, 1).evaluations;
  }
  state.counters["per_evaluation"] =
      benchmark::Counter(static_cast<double>(evaluations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

/// In the dense dimensions a thousand evaluations a coordinate.
void dense(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t d : {2, 5, 10, 20}) bench->Args({d, 1000 * d});
}
/// In 200 the whole claim for the search and fewer evaluations for the peers, which take minutes for it.
void wide(benchmark::internal::Benchmark* bench, std::int64_t evaluations) {
  bench->Args({200, evaluations})->Iterations(1)->Unit(benchmark::kMillisecond);
}

}  // namespace

BENCHMARK_CAPTURE(played, rover_search, "rover-search")->Apply(dense);
BENCHMARK_CAPTURE(played, bobyqa, "bobyqa")->Apply(dense);
BENCHMARK_CAPTURE(played, cma_es, "cma-es")->Apply(dense);
BENCHMARK_CAPTURE(played, rover_search, "rover-search")->Apply([](auto* b) { wide(b, 200'000); });
BENCHMARK_CAPTURE(played, bobyqa, "bobyqa")->Apply([](auto* b) { wide(b, 5'000); });
BENCHMARK_CAPTURE(played, cma_es, "cma-es")->Apply([](auto* b) { wide(b, 20'000); });
