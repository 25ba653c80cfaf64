// What minimize costs an evaluation, beside the agent playing the same surface itself.
#include <benchmark/benchmark.h>

#include "agents/minimize.h"
#include "agents/runner.h"
#include "env/landscapes/function.h"

namespace {

double bowl(rover::Reals x) {
  double sum = 0;
  for (const double xi : x) sum += xi * xi;
  return sum;
}

rover::MinimizeOptions problem(const std::string& agent) {
  return {.low = {-5, -5}, .high = {5, 5}, .agent = agent, .budget = 20000};
}

void played(benchmark::State& state, const std::string& agent) {
  const auto options = problem(agent);
  const std::shared_ptr<const rover::Landscape> surface = rover::make_function(bowl, {options.low, options.high});
  const auto made = rover::agents().make(agent);
  std::uint64_t evaluations = 0;
  for (auto _ : state) {
    const auto env = rover::make_surface_env(surface, {.budget = options.budget, .clamp = true});
    evaluations += rover::play(*made, *env, 1).evaluations;
  }
  state.counters["per_evaluation"] =
      benchmark::Counter(static_cast<double>(evaluations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void minimized(benchmark::State& state, const std::string& agent) {
  const auto options = problem(agent);
  std::uint64_t evaluations = 0;
  for (auto _ : state) evaluations += rover::minimize(bowl, options).evaluations;
  state.counters["per_evaluation"] =
      benchmark::Counter(static_cast<double>(evaluations), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace

BENCHMARK_CAPTURE(played, random, "random");
BENCHMARK_CAPTURE(minimized, random, "random");
BENCHMARK_CAPTURE(played, rover_search, "rover-search");
BENCHMARK_CAPTURE(minimized, rover_search, "rover-search");
BENCHMARK_CAPTURE(played, nelder_mead, "nelder-mead");
BENCHMARK_CAPTURE(minimized, nelder_mead, "nelder-mead");
BENCHMARK_CAPTURE(played, cma_es, "cma-es");
BENCHMARK_CAPTURE(minimized, cma_es, "cma-es");
