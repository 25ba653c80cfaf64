#include "agents/classical/swarms.h"

#include <algorithm>
#include <cmath>
#include <limits>
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
bool collapsed(const std::vector<pagmo::vector_double>& points, const Box& box, double tolerance) {
  for (std::size_t i = 0; i < box.low.size(); ++i) {
    const auto [least, most] =
        std::ranges::minmax_element(points, {}, [i](const pagmo::vector_double& point) { return point[i]; });
    if ((*most)[i] - (*least)[i] > tolerance * (box.high[i] - box.low[i])) return false;
  }
  return true;
}

/// The start, or in later runs another random point, and uniform points. These are evaluated, the start is not.
pagmo::population draw_population(const pagmo::problem& problem, std::uint64_t count, const Evaluator& evaluator,
                                  std::uint64_t restart, unsigned seed) {
  const Box& box = *evaluator.problem().domain;
  RandomStream stream = make_stream(evaluator.seed(), restart, "restart");
  pagmo::population population(problem, 0, seed);
  if (restart == 0)
    population.push_back({evaluator.start().begin(), evaluator.start().end()}, {evaluator.start_value()});
  while (population.size() < count) {
    pagmo::vector_double point(box.low.size());
    for (std::size_t i = 0; i < point.size(); ++i) point[i] = stream.uniform(box.low[i], box.high[i]);
    population.push_back(point);
  }
  return population;
}

/// One generation a call, with a memory between calls.
void evolve_for_ever(const DifferentialEvolutionOptions& options, Evaluator& evaluator) {
  for (std::uint64_t restart = 0;; ++restart) {
    const auto seed = static_cast<unsigned>(derive_seed(evaluator.seed(), restart, "swarm"));
    Run run{evaluator, options.population - (restart == 0), options.population};
    pagmo::population population =
        draw_population(pagmo::problem(PagmoObjective{&run}), options.population, evaluator, restart, seed);
    const pagmo::algorithm algorithm(pagmo::sade(1, static_cast<unsigned>(options.variant), 1, 0, 0, true, seed));
    do population = algorithm.evolve(std::move(population));
    while (!collapsed(population.get_x(), *evaluator.problem().domain, options.tolerance));
    if (!options.restarts) return;
  }
}

// Thrown out of pagmo's loop when the swarm has collapsed: the run is over.
struct Collapsed {};

// A swarm's best points as they are evaluated, particle after particle, shared by the copies that pagmo makes of its
// problem. Between calls pagmo's swarm forgets where its particles stand, so a run is one call.
struct Swarm {
  Evaluator& evaluator;
  double tolerance;
  std::vector<pagmo::vector_double> best = {};
  std::vector<double> best_value = {};
  std::size_t next = 0;  // particle
  bool flies = false;    // the first swarm is drawn
};

struct SwarmObjective {
  Swarm* swarm = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& point) const {
    const bool last = swarm->next + 1 == swarm->best.size();
    const double value = swarm->evaluator.value(point, last);
    if (value < swarm->best_value[swarm->next])
      swarm->best_value[swarm->next] = value, swarm->best[swarm->next] = point;
    swarm->next = last ? 0 : swarm->next + 1;
    if (last && swarm->flies && collapsed(swarm->best, *swarm->evaluator.problem().domain, swarm->tolerance))
      throw Collapsed{};
    return {value};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    const Box& box = *swarm->evaluator.problem().domain;
    return {box.low, box.high};
  }
};

void fly_for_ever(const ParticleSwarmOptions& options, Evaluator& evaluator) {
  for (std::uint64_t restart = 0;; ++restart) {
    const auto seed = static_cast<unsigned>(derive_seed(evaluator.seed(), restart, "swarm"));
    Swarm swarm{evaluator, options.tolerance};
    swarm.best.resize(options.population), swarm.best_value.assign(options.population, HUGE_VAL);
    if (restart == 0) {
      swarm.best[0].assign(evaluator.start().begin(), evaluator.start().end());
      swarm.best_value[0] = evaluator.start_value(), swarm.next = 1;
    }
    pagmo::population population =
        draw_population(pagmo::problem(SwarmObjective{&swarm}), options.population, evaluator, restart, seed);
    swarm.flies = true;
    const pagmo::algorithm algorithm(pagmo::pso(std::numeric_limits<unsigned>::max(), options.constriction,
                                                options.acceleration, options.acceleration, options.max_velocity, 5, 3,
                                                4, false, seed));
    try {
      algorithm.evolve(std::move(population));
    } catch (const Collapsed&) {}
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
  return make_fiber_agent([=](Evaluator& evaluator) { evolve_for_ever(options, evaluator); });
}

std::unique_ptr<Agent> make_particle_swarm(const ParticleSwarmOptions& options) {
  check_options(options);
  return make_fiber_agent([=](Evaluator& evaluator) { fly_for_ever(options, evaluator); });
}

std::unique_ptr<Agent> make_simulated_annealing(const SimulatedAnnealingOptions& options) {
  check_options(options);
  if (!(options.coldest <= options.hottest))
    throw UsageError("coldest=" + detail::to_text(options.coldest) +
                     " is above hottest=" + detail::to_text(options.hottest));
  return make_fiber_agent([=](Evaluator& evaluator) { anneal(options, evaluator); });
}

}  // namespace rover
