#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct DifferentialEvolutionOptions {
  std::uint64_t population = 15;
  std::uint64_t variant = 1;
  double tolerance = 1e-8;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("population", population, "points a generation", in(7, 100000));
    visit("variant", variant, "pagmo's mutation: 1 best/1/exp, 2 rand/1/exp, 6 best/1/bin, 7 rand/1/bin, …", in(1, 18));
    visit("tolerance", tolerance, "a run ends when all points lie within this fraction of the domain's width",
          in(0, 1));
    visit("restarts", restarts, "start again from a random population until the budget is spent");
  }
};

struct ParticleSwarmOptions {
  std::uint64_t population = 20;
  double constriction = 0.6;
  double acceleration = 2.05;
  double max_velocity = 0.2;
  double tolerance = 1e-8;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("population", population, "particles", in(2, 100000));
    visit("constriction", constriction, "factor of velocity and pulls together (Clerc & Kennedy 2002)", in(0, 1));
    visit("acceleration", acceleration, "pull towards a particle's own best point, and towards its neighbours'",
          in(0, 4));
    visit("max_velocity", max_velocity, "largest step, as a fraction of the domain's width", above(0, 1));
    visit("tolerance", tolerance,
          "a run ends when all particles' best points lie within this fraction of the domain's width", in(0, 1));
    visit("restarts", restarts, "start again from a random swarm until the budget is spent");
  }
};

struct SimulatedAnnealingOptions {
  double hottest = 1, coldest = 1e-6;  // rover tune on the suite extended
  std::uint64_t temperatures = 30, ranges = 1, bin = 20;
  double first_range = 1;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("hottest", hottest, "first temperature, in spreads of the loss over the box", above(0, 1e6));
    visit("coldest", coldest, "the last", above(0, 1e6));
    visit("temperatures", temperatures, "how many there are, in a geometric series", in(1, 1e6));
    visit("ranges", ranges, "how often the steps' widths are adjusted at each", in(1, 1e6));
    visit("bin", bin, "moves of every coordinate between two adjustments", in(1, 1e6));
    visit("first_range", first_range, "first width of a step, as a share of the box's", above(0, 1));
    visit("restarts", restarts, "anneal again from the best point until the budget is spent");
  }
};

/// Self-adaptive differential evolution (jDE, Brest et al. 2006; pagmo2's sade): every point carries its own F and CR.
/// A generation is an iteration; the first population is the start and uniform points. Of pagmo's three (de, sade,
/// de1220) this one, with best/1/exp, solved most of the paper's six functions, shifted; the population is a compromise
/// on six turned, moved functions in 2, 5 and 10 dimensions: 10 is better within 200 evaluations, 20 to 30 after 6400.
std::unique_ptr<Agent> make_differential_evolution(const DifferentialEvolutionOptions& options);

/// Particle swarm optimization (Kennedy & Eberhart 1995; pagmo2's pso, von Neumann neighbourhoods). A generation
/// is an iteration; the first swarm is the start and uniform points. The defaults were chosen on those
/// functions and the suite extended; with pagmo's own (.7298, half a width) a swarm hardly contracts in 1000
/// evaluations.
std::unique_ptr<Agent> make_particle_swarm(const ParticleSwarmOptions& options);

/// Simulated annealing with steps adjusted by their acceptance (Corana et al. 1987; pagmo2's simulated_annealing).
/// Temperatures are in units of the standard deviation of f at the start and ten uniform points, which are charged. A
/// run takes temperatures · ranges · bin · d evaluations; an evaluation is an iteration.
std::unique_ptr<Agent> make_simulated_annealing(const SimulatedAnnealingOptions& options);

}  // namespace rover
