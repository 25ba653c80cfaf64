#pragma once
#include "env/landscape.h"

namespace rover::kernels {

/// A margin whose loss ln(1 + exp(−m)) and slope are 0: what padding samples get.
inline constexpr double settled_margin = 1e4;

/// Σ ln(1 + exp(−m)) over margins [n], n padded as in columns.h. One exponential a sample; logarithms are taken of
/// products.
double logistic_loss(Reals margins_n);
/// out = exp(−m) / (1 + exp(−m)), the chance of the wrong class, [n].
void logistic_slopes(Reals margins_n, MutReals out_n);
/// A slice of the loss: cell (a, b) is Σ ln(1 + exp(−(m + s_a u + t_b v))) with margins' columns u, v [n] and the
/// symmetric offsets s, t = (a − (side−1)/2)·resolution. The exponentials factorise, exp(−m)·exp(−s_a u)·exp(−t_b v),
/// so that a cell costs two multiplications a sample; where they could overflow, the cells are computed one by one.
/// `scratch` grows to (side + 4)·n once.
void logistic_grid(Reals margins_n, Reals u_n, Reals v_n, double resolution, std::size_t side, MutReals grid,
                   std::vector<double>& scratch);

namespace reference {
double logistic_loss(Reals margins_n);
void logistic_slopes(Reals margins_n, MutReals out_n);
void logistic_grid(Reals margins_n, Reals u_n, Reals v_n, double resolution, std::size_t side, MutReals grid);
}  // namespace reference

}  // namespace rover::kernels
