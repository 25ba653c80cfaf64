#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct CmaEsOptions {
  double sigma0 = 0.2;
  std::uint64_t population = 0;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("sigma0", sigma0, "first standard deviation as a fraction of the domain's width, at least 1e-6");
    visit("population", population, "points a generation, at least 5; 0: 4 + ⌊3 ln d⌋");
    visit("restarts", restarts,
          "start again from a random point with twice the population until the budget is spent (IPOP)");
  }
};

/// CMA-ES (Hansen; pagmo2's cmaes) with restarts of growing population (Auger & Hansen 2005). A generation is an
/// iteration. The first mean is the start. Points outside are evaluated where the domain is nearest and pay a quadratic
/// penalty, so that the mean stays near.
std::unique_ptr<Agent> make_cma_es(const CmaEsOptions& options);

}  // namespace rover
