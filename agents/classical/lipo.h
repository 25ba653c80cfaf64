#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct LipoOptions {
  std::uint64_t run_length = 300;
  double epsilon = 0;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("run_length", run_length, "evaluations before it begins anew: the n-th costs as much as n and d",
          in(10, 1e6));
    visit("epsilon", epsilon, "a trust region that gains less than this is left for the upper bound", in(0, 1e9));
  }
};

/// LIPO with a trust region (Malherbe & Vayatis 2017; King's MaxLIPO + TR, dlib's global_function_search): a piecewise
/// upper bound of f from a Lipschitz constant a coordinate says where to look, in turn with a quadratic model around
/// the best point. Strong where few evaluations are to be had; what it computes grows with the square of their number,
/// which `run_length` bounds.
std::unique_ptr<Agent> make_lipo(const LipoOptions& options);

}  // namespace rover
