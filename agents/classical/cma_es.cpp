#include "agents/classical/cma_es.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "agents/classical/fiber_agent.h"

namespace rover {
namespace {

// With a penalty of one spread the mean wanders along the bounds: spheres in ten dimensions took 3000 evaluations.
constexpr double strictness = 10;

// Thrown when the distribution has diverged: the run is over.
struct Diverged {};

// One run's bookkeeping, shared by the copies that pagmo makes of its problem.
struct Run {
  Evaluator& evaluator;
  std::size_t population;
  std::uint64_t calls = 0;
  double penalty = 0;  // of a point one width outside: ten spreads of f in the generation before
  double lowest = std::numeric_limits<double>::infinity(), highest = -lowest;  // of this generation
};

struct PagmoObjective {
  Run* run = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& point) const {
    const Box& box = *run->evaluator.problem().domain;
    double outside = 0;
    for (std::size_t i = 0; i < point.size(); ++i) {
      if (!std::isfinite(point[i])) throw Diverged{};
      const double excess = (point[i] - std::clamp(point[i], box.low[i], box.high[i])) / (box.high[i] - box.low[i]);
      outside += excess * excess;
    }
    ++run->calls;
    const double value = run->evaluator.value(point, run->calls % run->population == 0);
    run->lowest = std::min(run->lowest, value);
    run->highest = std::max(run->highest, value);
    return {value + run->penalty * outside};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    const Box& box = *run->evaluator.problem().domain;
    return {box.low, box.high};
  }
};

// Generation by generation: pagmo keeps its state between calls with `memory`.
void descend(Run& run, const pagmo::vector_double& mean, double mean_value, double sigma0, unsigned seed) {
  const Box& box = *run.evaluator.problem().domain;
  const std::size_t d = mean.size();
  double width = 0;
  for (std::size_t i = 0; i < d; ++i) width = std::max(width, box.high[i] - box.low[i]);

  // A population of copies of the mean costs no evaluations; ftol 0, because their values are equal.
  pagmo::population population(pagmo::problem(PagmoObjective{&run}), 0, seed);
  for (std::size_t k = 0; k < run.population; ++k) population.push_back(mean, {mean_value});
  const double xtol = 1e-12 * width;
  const pagmo::cmaes algorithm(1, -1, -1, -1, -1, sigma0, 0, xtol, true, false, seed);

  // Hansen's TolFun, made invariant to scale: the best of the last 10 + 30d/λ generations differ by rounding alone.
  const std::size_t memory = 10 + 30 * d / run.population;
  std::vector<double> bests;
  double largest_spread = 0;
  while (true) {
    const std::uint64_t calls_before = run.calls;
    run.lowest = std::numeric_limits<double>::infinity(), run.highest = -run.lowest;
    population = algorithm.evolve(std::move(population));
    if (run.calls == calls_before) return;  // steps below xtol
    const double spread = run.highest - run.lowest;
    run.penalty = strictness * spread;
    largest_spread = std::max(largest_spread, spread);
    bests.push_back(run.lowest);
    if (bests.size() < memory) continue;
    const auto [low, high] = std::minmax_element(bests.end() - static_cast<std::ptrdiff_t>(memory), bests.end());
    const double rounding = 4 * std::numeric_limits<double>::epsilon() * std::abs(*low);
    if (std::max(*high - *low, spread) <= 1e-12 * largest_spread + rounding) return;
  }
}

void restart_for_ever(const CmaEsOptions& options, Evaluator& evaluator) {
  const auto& [low, high] = *evaluator.problem().domain;
  const std::size_t d = evaluator.problem().dimension;
  RandomStream stream = make_stream(evaluator.seed(), 0, "restart");
  std::size_t population = options.population;
  if (population == 0)
    population = std::max<std::size_t>(5, 4 + static_cast<std::size_t>(3 * std::log(static_cast<double>(d))));
  pagmo::vector_double mean(evaluator.start().begin(), evaluator.start().end());
  double mean_value = evaluator.start_value();
  for (std::uint64_t restart = 0;; ++restart, population *= 2) {
    Run run{evaluator, population};
    try {
      descend(run, mean, mean_value, options.sigma0,
              static_cast<unsigned>(derive_seed(evaluator.seed(), restart, "cma-es")));
    } catch (const Diverged&) {}
    if (!options.restarts) return;
    for (std::size_t i = 0; i < d; ++i) mean[i] = stream.uniform(low[i], high[i]);
    mean_value = 0;  // not used: pagmo compares the copies of the mean with no other point
  }
}

}  // namespace

std::unique_ptr<Agent> make_cma_es(const CmaEsOptions& options) {
  check_options(options);
  return make_fiber_agent([=](Evaluator& evaluator) { restart_for_ever(options, evaluator); });
}

}  // namespace rover
