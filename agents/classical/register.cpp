#include "agents/register.h"

#include "agents/classical/cma_es.h"
#include "agents/classical/gradient.h"
#include "agents/classical/lipo.h"
#include "agents/classical/newton.h"
#include "agents/classical/nlopt_agents.h"
#include "agents/classical/replica_exchange.h"
#include "agents/classical/sampling.h"
#include "agents/classical/swarms.h"

namespace rover {

void register_classical(Registry<Agent>& agents) {
  const std::vector<std::string> rates{"1e-5", "3e-5", "1e-4", "3e-4", "1e-3", "3e-3", "1e-2",
                                       "3e-2", "0.1",  "0.3",  "1",    "3",    "10"},
      momenta{"0.5", "0.8", "0.9", "0.95", "0.99"}, steps{"0.01", "0.03", "0.1", "0.25", "0.5"},
      populations{"10", "20", "40"};
  constexpr Capabilities gradients{.gradients = true, .unbounded = true}, any{}, unbounded{.unbounded = true};

  agents.add<GradientDescentOptions>("gd", "gradient descent with a constant step size", make_gradient_descent,
                                     {.capabilities = gradients, .tuning = {{"learning_rate", rates}}});
  agents.add<MomentumOptions>("momentum", "gradient descent with heavy-ball momentum (Polyak)", make_momentum,
                              {.capabilities = gradients, .tuning = {{"learning_rate", rates}, {"momentum", momenta}}});
  agents.add<MomentumOptions>("nesterov", "gradient descent with Nesterov momentum", make_nesterov,
                              {.capabilities = gradients, .tuning = {{"learning_rate", rates}, {"momentum", momenta}}});
  agents.add<AdamOptions>("adam", "Adam: gradients scaled by their moments (Kingma & Ba)", make_adam,
                          {.capabilities = gradients, .tuning = {{"learning_rate", rates}}});
  agents.add<AdamWOptions>(
      "adamw", "Adam with decoupled weight decay (Loshchilov & Hutter)", make_adamw,
      {.capabilities = gradients, .tuning = {{"learning_rate", rates}, {"weight_decay", {"1e-4", "1e-2", "0.1"}}}});
  agents.add<RmsPropOptions>("rmsprop", "RMSProp: gradients over the root of their mean square (Tieleman & Hinton)",
                             make_rmsprop, {.capabilities = gradients, .tuning = {{"learning_rate", rates}}});
  agents.add<AdaGradOptions>("adagrad", "AdaGrad: gradients over the root of their sum of squares (Duchi et al.)",
                             make_adagrad, {.capabilities = gradients, .tuning = {{"learning_rate", rates}}});
  agents.add<AdadeltaOptions>(
      "adadelta", "Adadelta: gradients over their mean square, times that of the moves (Zeiler)", make_adadelta,
      {.capabilities = gradients,
       .tuning = {{"learning_rate", {"0.1", "1", "10", "100"}}, {"epsilon", {"1e-6", "1e-3"}}}});
  agents.add<AdamsBashforthOptions>(
      "adams-bashforth", "the gradient flow by Adams and Bashforth's methods: steps that extrapolate gradients",
      make_adams_bashforth,
      {.capabilities = gradients, .tuning = {{"learning_rate", rates}, {"order", {"2", "3", "4"}}}});
  agents.add<NewtonOptions>(
      "newton", "damped, saddle-free Newton with exact Hessians", make_newton,
      {.capabilities = {.gradients = true, .hessians = true, .unbounded = true},
       .tuning = {{"damping", {"0", "1e-4", "1e-3", "1e-2", "0.1", "1"}}, {"step_size", {"0.3", "1"}}}});
  agents.add<LbfgsOptions>("l-bfgs", "L-BFGS with restarts (NLopt)", make_l_bfgs, {.capabilities = gradients});
  agents.add<RandomSearchOptions>("random", "uniform random search in the domain", make_random_search);
  agents.add<PatternSearchOptions>("patsearch", "grid pattern search: the Rover's looks, nothing learned",
                                   make_pattern_search, {.capabilities = {.min_dimension = 2}});
  agents.add<NelderMeadOptions>("nelder-mead", "Nelder–Mead simplex with restarts (NLopt)", make_nelder_mead,
                                {.capabilities = unbounded, .tuning = {{"initial_step", steps}}});
  agents.add<NloptOptions>(
      "bobyqa", "BOBYQA: quadratic models in a trust region, with restarts (NLopt)", make_bobyqa,
      {.capabilities = {.min_dimension = 2, .unbounded = true}, .tuning = {{"initial_step", steps}}});
  agents.add<DirectOptions>("direct-l", "DIRECT-L: divided rectangles, locally biased (NLopt)", make_direct_l);
  agents.add<CrsOptions>("crs2", "controlled random search with local mutation and restarts (NLopt)", make_crs2);
  agents.add<LipoOptions>("lipo", "LIPO with a trust region: bounds from Lipschitz constants, quadratic models (dlib)",
                          make_lipo);
  agents.add<SimulatedAnnealingOptions>(
      "simulated-annealing", "simulated annealing with adjusted steps and restarts (pagmo2)", make_simulated_annealing,
      {.capabilities = any,
       .tuning = {{"hottest", {"0.1", "1"}}, {"coldest", {"1e-6", "1e-3"}}, {"temperatures", {"10", "30"}}}});
  agents.add<ReplicaExchangeOptions>(
      "replica-exchange", "parallel tempering: random walks at several temperatures that swap places",
      make_replica_exchange,
      {.capabilities = any,
       .tuning = {{"replicas", {"4", "8", "16"}}, {"coldest", {"1e-6", "1e-4", "1e-2"}}, {"sigma", {"0.05", "0.2"}}}});
  agents.add<CmaEsOptions>(
      "cma-es", "CMA-ES with restarts of growing populations, or BIPOP (pagmo2)", make_cma_es,
      {.capabilities = {.noise = true}, .tuning = {{"sigma0", {"0.02", "0.05", "0.1", "0.2", "0.3", "0.5"}}}});
  agents.add<DifferentialEvolutionOptions>(
      "differential-evolution", "self-adaptive differential evolution with restarts (pagmo2)",
      make_differential_evolution,
      {.capabilities = any, .tuning = {{"population", populations}, {"variant", {"1", "2", "6", "7"}}}});
  agents.add<ParticleSwarmOptions>(
      "particle-swarm", "particle swarm with restarts (pagmo2)", make_particle_swarm,
      {.capabilities = any,
       .tuning = {
           {"population", populations}, {"constriction", {"0.6", "0.73"}}, {"max_velocity", {"0.1", "0.2", "0.5"}}}});
}

}  // namespace rover
