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
    visit("sigma0", sigma0, "first standard deviation as a fraction of the domain's width", in(1e-6, 1e6));
    visit("population", population, "points a generation; 0: 4 + ⌊3 ln d⌋", in(5, 100000).or_zero());
    visit("restarts", restarts,
          "start again from a random point with twice the population until the budget is spent (IPOP)");
  }
};

/// CMA-ES (Hansen; pagmo2's cmaes) with restarts of growing population (Auger & Hansen 2005). A generation is an
/// iteration. The first mean is the start. Points outside the domain are evaluated at its nearest point and get a
/// quadratic penalty, which keeps the mean near the domain.
std::unique_ptr<Agent> make_cma_es(const CmaEsOptions& options);

}  // namespace rover
