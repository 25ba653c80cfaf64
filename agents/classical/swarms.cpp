#include "agents/classical/swarms.h"

#include <algorithm>
#include <cmath>
#include <pagmo/algorithm.hpp>
#include <pagmo/algorithms/pso.hpp>
#include <pagmo/algorithms/sade.hpp>
#include <pagmo/algorithms/simulated_annealing.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "agents/classical/fiber_agent.h"

namespace rover {
namespace {

// Shared by the copies that pagmo makes of its problem.
struct Run {
  Evaluator& evaluator;
  std::uint64_t until_end;  // evaluations before the iteration ends
  std::uint64_t population;
};

struct PagmoObjective {
  Run* run = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& point) const {
    const bool ends_iteration = --run->until_end == 0;
    if (ends_iteration) run->until_end = run->population;
    return {run->evaluator.value(point, ends_iteration)};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    const Box& box = *run->evaluator.problem().domain;
    return {box.low, box.high};
  }
};

/// Do all points lie within this fraction of the domain's width?
bool collapsed(const pagmo::population& population, const Box& box, double tolerance) {
  const auto& points = population.get_x();
  for (std::size_t i = 0; i < box.low.size(); ++i) {
    const auto [least, most] =
        std::ranges::minmax_element(points, {}, [i](const pagmo::vector_double& point) { return point[i]; });
    if ((*most)[i] - (*least)[i] > tolerance * (box.high[i] - box.low[i])) return false;
  }
  return true;
}

/// `make_algorithm(seed)`: one generation a call of evolve, with a memory between calls.
template <class Options, class MakeAlgorithm>
void evolve_for_ever(const Options& options, const MakeAlgorithm& make_algorithm, Evaluator& evaluator) {
  const Box& box = *evaluator.problem().domain;
  for (std::uint64_t restart = 0;; ++restart) {
    RandomStream stream = make_stream(evaluator.seed(), restart, "restart");
    const auto seed = static_cast<unsigned>(derive_seed(evaluator.seed(), restart, "swarm"));
    const bool from_start = restart == 0;
    Run run{evaluator, options.population - from_start, options.population};
    pagmo::population population(pagmo::problem(PagmoObjective{&run}), 0, seed);
    if (from_start)
      population.push_back({evaluator.start().begin(), evaluator.start().end()}, {evaluator.start_value()});
    while (population.size() < options.population) {
      pagmo::vector_double point(box.low.size());
      for (std::size_t i = 0; i < point.size(); ++i) point[i] = stream.uniform(box.low[i], box.high[i]);
      population.push_back(point);
    }
    const pagmo::algorithm algorithm(make_algorithm(seed));
    do population = algorithm.evolve(std::move(population));
    while (!collapsed(population, box, options.tolerance));
    if (!options.restarts) return;
  }
}

// Values in units of the spread, so that temperatures are.
struct ScaledObjective {
  Evaluator* evaluator = nullptr;
  double unit = 1;

  pagmo::vector_double fitness(const pagmo::vector_double& point) const {
    return {evaluator->value(point, true) / unit};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    const Box& box = *evaluator->problem().domain;
    return {box.low, box.high};
  }
};

void anneal(const SimulatedAnnealingOptions& options, Evaluator& evaluator) {
  constexpr int sampled = 10;
  const Box& box = *evaluator.problem().domain;
  RandomStream stream = make_stream(evaluator.seed(), 0, "restart");
  pagmo::vector_double point(evaluator.start().begin(), evaluator.start().end()), best = point;
  double best_value = evaluator.start_value(), sum = best_value, squares = best_value * best_value;
  for (int k = 0; k < sampled; ++k) {
    for (std::size_t i = 0; i < point.size(); ++i) point[i] = stream.uniform(box.low[i], box.high[i]);
    const double value = evaluator.value(point, true);
    sum += value, squares += value * value;
    if (value < best_value) best = point, best_value = value;
  }
  constexpr double count = sampled + 1;
  const double spread = std::sqrt(std::max(squares - sum * sum / count, 0.0) / (count - 1)),
               unit = spread > 0 && std::isfinite(spread) ? spread : 1;
  for (std::uint64_t run = 0;; ++run) {
    const auto seed = static_cast<unsigned>(derive_seed(evaluator.seed(), run, "annealing"));
    pagmo::population population(pagmo::problem(ScaledObjective{&evaluator, unit}), 0, seed);
    population.push_back(best, {best_value / unit});
    const pagmo::algorithm algorithm(pagmo::simulated_annealing(
        options.hottest, options.coldest, static_cast<unsigned>(options.temperatures),
        static_cast<unsigned>(options.ranges), static_cast<unsigned>(options.bin), options.first_range, seed));
    population = algorithm.evolve(std::move(population));
    best = population.champion_x(), best_value = population.champion_f()[0] * unit;
    if (!options.restarts) return;
  }
}

}  // namespace

std::unique_ptr<Agent> make_differential_evolution(const DifferentialEvolutionOptions& options) {
  check_options(options);
  return make_fiber_agent([=](Evaluator& evaluator) {
    const auto make = [&](unsigned seed) {
      return pagmo::sade(1, static_cast<unsigned>(options.variant), 1, 0, 0, true, seed);
    };
    evolve_for_ever(options, make, evaluator);
  });
}

std::unique_ptr<Agent> make_particle_swarm(const ParticleSwarmOptions& options) {
  check_options(options);
  return make_fiber_agent([=](Evaluator& evaluator) {
    const auto make = [&](unsigned seed) {
      return pagmo::pso(1, options.constriction, options.acceleration, options.acceleration, options.max_velocity, 5, 2,
                        4, true, seed);
    };
    evolve_for_ever(options, make, evaluator);
  });
}

std::unique_ptr<Agent> make_simulated_annealing(const SimulatedAnnealingOptions& options) {
  check_options(options);
  if (!(options.coldest <= options.hottest))
    throw UsageError("coldest=" + detail::to_text(options.coldest) +
                     " is above hottest=" + detail::to_text(options.hottest));
  return make_fiber_agent([=](Evaluator& evaluator) { anneal(options, evaluator); });
}

}  // namespace rover
