#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct ReplicaExchangeOptions {
  std::uint64_t replicas = 4;  // these: rover tune on the suite extended
  double coldest = 1e-6, hottest = 1;
  double sigma = 0.05;
  std::uint64_t swap_every = 5;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("replicas", replicas, "walks, each at a temperature of its own", in(2, 100000));
    visit("coldest", coldest, "the lowest temperature, in spreads of the loss over the box", above(0, 1e6));
    visit("hottest", hottest, "the highest", above(0, 1e6));
    visit("sigma", sigma, "first standard deviation of a move, as a share of the box's width", above(0, 1));
    visit("swap_every", swap_every, "moves between proposed swaps", in(1, 1e6));
  }
};

/// Replica exchange, or parallel tempering (Swendsen & Wang 1986; Earl & Deem 2005): walks at temperatures in a
/// geometric series propose normal moves and accept them by Metropolis's rule, min(1, exp(−Δf/T)). Every few moves
/// neighbours i, i + 1 (even and odd pairs in turn) swap places with probability min(1, exp((1/T_i − 1/T_{i+1})(f_i −
/// f_{i+1}))), so that what the hot walks find is refined by the cold ones. Temperatures are in units of the standard
/// deviation of the walks' first values; each temperature widens its moves by a tenth when one is accepted and narrows
/// them when not, for three of ten to be. A look is one move of every walk.
std::unique_ptr<Agent> make_replica_exchange(const ReplicaExchangeOptions& options);

}  // namespace rover
