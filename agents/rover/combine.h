#pragma once
#include <span>
#include <vector>

#include "agents/rover/pairs.h"

namespace rover {

/// The step that fits the two-dimensional updates best, eq. (8) over any set of pairs Θ:
///   Δθ = argmin_x Σ_{(i,j) ∈ Θ} ‖(x_i, x_j) − Δθ_ij‖².
/// Each term holds two coordinates and nothing between them, so the normal matrix is diagonal, with the number of pairs
/// that coordinate is in: x_i is the mean over them. Over all pairs that number is d − 1, eq. (9); over all pairs of k
/// coordinates it is k − 1. For any other set eq. (10)'s common factor is not the minimum. A coordinate in no pair does
/// not occur: it gets 0, the shortest solution.
///
/// updates [pairs, 2] → step [d]. No allocation but for `counts`, scratch of the caller.
void combine_updates(std::span<const Pair> pairs, std::span<const double> updates_p2, std::span<double> step_d,
                     std::vector<std::uint32_t>& counts);

}  // namespace rover
