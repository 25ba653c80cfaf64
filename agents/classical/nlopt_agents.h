#pragma once
#include <memory>
#include <string>

#include "agents/agent.h"

namespace rover {

struct NloptOptions {
  double initial_step = 0.2;  // .2 and 1e-8: chosen on six turned, moved functions in 5 and 10 dimensions
  double tolerance = 1e-8;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("initial_step", initial_step, "first step as a fraction of the domain's width", above(0, 0.5));
    visit("tolerance", tolerance, "a run ends when it moves less than this fraction of the domain's width",
          above(0, 1));
    visit("restarts", restarts, "start again from a random point of the domain until the budget is spent");
  }
};

struct NelderMeadOptions : NloptOptions {
  std::string renewal = "auto";
  template <class Visit>
  void fields(Visit&& visit) {
    NloptOptions::fields(visit);
    visit("renewal", renewal, "of a simplex that has shrunk to a tenth: on, off, or auto: on in more than 5 dimensions",
          one_of("auto", "on", "off"));
  }
};

/// Nelder–Mead with bounds (NLopt's LN_NELDERMEAD). NLopt does not say where a simplex move ends: every evaluation is
/// an iteration. In many dimensions a simplex degenerates. Renewed, it is begun again at its best point, half as large
/// as that point has moved, until it is smaller than `tolerance`: on six turned, moved functions in ten dimensions the
/// share of targets reached rises from .42 to .54; in two and five it costs some of the first evaluations.
std::unique_ptr<Agent> make_nelder_mead(const NelderMeadOptions& options);
/// BOBYQA (Powell 2009; NLopt's LN_BOBYQA): quadratic models in a trust region. An evaluation is an iteration. Needs d
/// ≥ 2 (UsageError).
std::unique_ptr<Agent> make_bobyqa(const NloptOptions& options);

struct CrsOptions {
  std::uint64_t population = 0;
  double tolerance = 1e-8;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("population", population, "points; 0: 10 (d + 1)", in(0, 1e6));
    visit("tolerance", tolerance, "a run ends when it moves less than this fraction of the domain's width",
          above(0, 1));
    visit("restarts", restarts, "start again from a random population until the budget is spent");
  }
};

/// Controlled random search with local mutation (Kaelo & Ali 2006; NLopt's GN_CRS2_LM): a population of points, the
/// worst of which is replaced by the reflection of random others. The start is one of the first. An evaluation is an
/// iteration.
std::unique_ptr<Agent> make_crs2(const CrsOptions& options);

struct DirectOptions {
  std::uint64_t run_length = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("run_length", run_length, "evaluations a run; the next one is in a random part of the domain. 0: 500 d",
          in(0, 2147483647));
  }
};

/// DIRECT-L (Gablonsky & Kelley 2001; NLopt's GN_DIRECT_L): thirds of the domain are divided where they may hold the
/// optimum. It starts in the middle, whatever the start. NLopt's version never converges (a tolerance would have to
/// hold for every rectangle) and is given a number of evaluations. After these the next run begins in a box each edge
/// of which lies up to a tenth of the width further in, so that its thirds lie elsewhere: on six turned, moved
/// functions in five dimensions that reaches .58 of the targets within 6400 evaluations, one run .47. An evaluation is
/// an iteration.
std::unique_ptr<Agent> make_direct_l(const DirectOptions& options);

struct LbfgsOptions {
  std::uint64_t memory = 0;
  double tolerance = 1e-8;
  bool restarts = true;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("memory", memory,
          "gradients that the Hessian is estimated from; 0: all of a run, as far as 1000 and 10 MB go", in(0, 1000));
    visit("tolerance", tolerance, "a run ends when it moves less than this fraction of the domain's width",
          above(0, 1));
    visit("restarts", restarts, "start again from a random point of the domain until the budget is spent");
  }
};

/// L-BFGS with bounds (Nocedal 1980, Luksan's code; NLopt's LD_LBFGS). Every evaluation, those of the line search too,
/// is a gradient, is charged as one, and is an iteration.
std::unique_ptr<Agent> make_l_bfgs(const LbfgsOptions& options);

}  // namespace rover
