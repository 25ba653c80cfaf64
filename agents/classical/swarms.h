#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct DifferentialEvolutionOptions {
  std::uint64_t population = 20;
  std::uint64_t variant = 2;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("population", population, "points a generation, in [7, 100000]");
    visit("variant", variant, "pagmo's mutation, in [1, 18]: 1 best/1/exp, 2 rand/1/exp, 6 best/1/bin, 7 rand/1/bin, …");
    visit("restarts", restarts, "start again from a random population when all points are one, until the budget is spent");
  }
};

struct ParticleSwarmOptions {
  std::uint64_t population = 20;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("population", population, "particles, in [2, 100000]");
    visit("restarts", restarts, "start again from a random swarm when all particles are one, until the budget is spent");
  }
};

/// Self-adaptive differential evolution (jDE, Brest et al. 2006; pagmo2's sade): every point carries its own F and CR. A generation is an
/// iteration; the first population is the start and uniform points.
std::unique_ptr<Agent> make_differential_evolution(const DifferentialEvolutionOptions& options);

/// Particle swarm optimization (Kennedy & Eberhart 1995, constriction of Clerc & Kennedy 2002; pagmo2's pso). A generation is an iteration;
/// the first swarm is the start and uniform points.
std::unique_ptr<Agent> make_particle_swarm(const ParticleSwarmOptions& options);

}  // namespace rover
