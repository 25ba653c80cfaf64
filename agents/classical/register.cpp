#include "agents/register.h"

#include "agents/classical/cma_es.h"
#include "agents/classical/gradient.h"
#include "agents/classical/newton.h"
#include "agents/classical/nlopt_agents.h"
#include "agents/classical/sampling.h"
#include "agents/classical/swarms.h"

namespace rover {

void register_classical(Registry<Agent>& agents) {
  const auto add = [&]<class Options>(const char* id, const char* summary,
                                      std::unique_ptr<Agent> (*make)(const Options&)) {
    agents.add(id, summary, [make](const Settings& settings) { return make(from_settings<Options>(settings)); });
  };
  add("gd", "gradient descent", make_gradient_descent);
  add("momentum", "gradient descent with heavy-ball momentum (Polyak)", make_momentum);
  add("nesterov", "gradient descent with Nesterov momentum", make_nesterov);
  add("adam", "Adam (Kingma & Ba)", make_adam);
  add("newton", "damped, saddle-free Newton", make_newton);
  add("random", "uniform random search", make_random_search);
  add("patsearch", "grid pattern search: the Rover's looks, nothing learned", make_pattern_search);
  add("nelder-mead", "Nelder–Mead with restarts (NLopt)", make_nelder_mead);
  add("bobyqa", "BOBYQA with restarts (NLopt)", make_bobyqa);
  add("cma-es", "CMA-ES with restarts and growing population (pagmo2)", make_cma_es);
  add("direct-l", "DIRECT-L: divided rectangles, locally biased (NLopt)", make_direct_l);
  add("differential-evolution", "self-adaptive differential evolution with restarts (pagmo2)",
      make_differential_evolution);
  add("particle-swarm", "particle swarm with restarts (pagmo2)", make_particle_swarm);
  add("l-bfgs", "L-BFGS with restarts (NLopt)", make_l_bfgs);
}

}  // namespace rover
