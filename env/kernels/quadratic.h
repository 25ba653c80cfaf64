#pragma once
#include "env/landscape.h"

namespace rover::kernels {

/// A slice of ‖Ax − b‖²: cell (a, b) is Σ_k (residual_k + s_a column_i,k + t_b column_j,k)², s and t the symmetric
/// offsets (a − (n−1)/2)·resolution. Columns of A, [d]; grid [n, n].
void quadratic_grid(Reals residual_d, Reals column_i_d, Reals column_j_d, double resolution, std::size_t n,
                    MutReals grid_nn);

namespace reference {
void quadratic_grid(Reals residual_d, Reals column_i_d, Reals column_j_d, double resolution, std::size_t n,
                    MutReals grid_nn);
}

}  // namespace rover::kernels
