#pragma once
#include <memory>
#include <string>

#include "agents/agent.h"

namespace rover {

struct CmaEsOptions {
  double sigma0 = 0.2;
  std::uint64_t population = 0;
  bool restarts = true;
  std::string regime = "ipop";
  template <class Visit>
  void fields(Visit&& visit) {
    visit("sigma0", sigma0, "first standard deviation as a fraction of the domain's width", in(1e-6, 1e6));
    visit("population", population, "points a generation; 0: 4 + ⌊3 ln d⌋", in(5, 100000).or_zero());
    visit("restarts", restarts, "start again from a random point until the budget is spent");
    visit("regime", regime,
          "of restarts: ipop, twice the population each time, or bipop, in turns that and small populations with small "
          "first steps",
          one_of("ipop", "bipop"));
  }
};

/// CMA-ES (Hansen; pagmo2's cmaes) with restarts: IPOP (Auger & Hansen 2005) or BIPOP (Hansen 2009), whose rules for
/// ending a run they share. A generation is an iteration. The first mean is the start. Points outside the domain are
/// evaluated at its nearest point, and once the mean lies outside they get a quadratic penalty, whose weight follows
/// the values' spread (Hansen, Niederberger, Guzzella & Koumoutsakos 2009, section IV-B).
std::unique_ptr<Agent> make_cma_es(const CmaEsOptions& options);

}  // namespace rover
