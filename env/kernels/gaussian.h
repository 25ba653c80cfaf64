#pragma once
#include "env/landscape.h"

namespace rover::kernels {

/// A Gaussian process in the plane given its values at up to four anchors (eqs. 11, 12), in whitened coordinates z =
/// Wx: with e_k(x) = exp(−½‖Wx − a_k‖²), mean = Σ_k weight_k e_k and variance = prior − eᵀ·reduction·e. Unused anchors
/// have weight and reduction 0.
struct GaussianProcess {
  static constexpr std::size_t max_anchors = 4;
  std::size_t count = 1;                ///< anchors in use
  double whiten[4] = {1, 0, 0, 1};      ///< W row-major, S⁻¹ = WᵀW
  double anchors[max_anchors][2] = {};  ///< a_k = W x_k
  double weights[max_anchors] = {};
  double reduction[max_anchors][max_anchors] = {};  ///< symmetric
  double prior = 0;
};

/// Means, and standard deviations unless that span is empty, at points [n, 2]. The bits are the same on all processors
/// with FMA (AVX2, AVX-512); without it the last digits differ.
void gaussian_values(const GaussianProcess& process, Reals points_n2, MutReals means_n, MutReals deviations_n);
/// The same on the n×n grid around (x, y): entry (a, b) is a steps along x and b along y, as Slice{0, 1, resolution}
/// says.
void gaussian_grid(const GaussianProcess& process, double x, double y, double resolution, std::size_t n,
                   MutReals means_nn, MutReals deviations_nn);

namespace reference {
void gaussian_values(const GaussianProcess& process, Reals points_n2, MutReals means_n, MutReals deviations_n);
}

}  // namespace rover::kernels
