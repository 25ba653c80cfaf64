#pragma once
#include <cstdint>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// What an agent asks to see on landing. `points` empty means: at the pose itself.
struct Query {
  enum class Kind { values, gradients, hessians, slices };
  Kind kind = Kind::values;
  std::vector<double> points;  ///< [n, d], absolute positions; kinds values, gradients, hessians
  std::vector<Slice> slices;   ///< kind slices, around the pose
  std::size_t grid_size = 0;   ///< n of a slice's n×n grid
};

/// Where to move, and what to look at on landing. Kept by the agent and refilled: no allocation in the loop.
struct Action {
  std::vector<double> move;  ///< [d], added to the pose; empty stays
  Query query;
  bool ends_iteration = true;  ///< a generation, a simplex move: what "per iteration" means for this agent
  bool stop = false;           ///< the agent is done: nothing is carried out, and the episode is terminated
};

/// What a look costs. Function evaluations are the common currency: a value 1, a slice n², a gradient 2d (central
/// differences; the value comes with it), a Hessian 2d + 2d² (value and gradient come with it).
struct QueryCost {
  std::uint64_t evaluations = 0, gradients = 0, hessians = 0;
};
/// `gradient`: evaluations that a gradient counts instead of 2d (2 where it comes by reverse differentiation); 0: 2d.
QueryCost cost_of(const Query& query, std::size_t dimension, std::uint64_t gradient = 0);

}  // namespace rover
