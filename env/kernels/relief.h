#pragma once
#include "env/landscape.h"

namespace rover::kernels {

/// A surface in the plane made of a sheared bowl or sheared Gaussian bumps, and of cosines that stay as they are:
///   y = x + κ(p·(x − o))² q,  z = My,
///   f(x) = [ ‖z − a₀‖²  or  Σ_k weight_k exp(−½‖z − a_k‖²) ] + Σ_l amplitude_l cos(ω_l·x + phase_l).
/// Counts are multiples of `group`; unused terms have weight or amplitude 0.
struct Relief {
  static constexpr std::size_t group = 4, max_bumps = 12, max_cosines = 16;
  bool bowl = false;
  double origin[2] = {0, 0}, p[2] = {1, 0}, q[2] = {0, 1}, kappa = 0;  ///< p, q orthonormal
  double matrix[4] = {1, 0, 0, 1};                                     ///< M row-major
  std::size_t bumps = 0, cosines = 0;
  double centre_u[max_bumps] = {}, centre_v[max_bumps] = {}, weight[max_bumps] = {};  ///< a_k; a bowl's a₀ comes first
  double omega_x[max_cosines] = {}, omega_y[max_cosines] = {}, phase[max_cosines] = {}, amplitude[max_cosines] = {};
};

/// f at points [n, 2]. Vectors run over terms, so that one point at a time is as fast as many and gives the same bits.
/// The bits are the same on all processors with FMA (AVX2, AVX-512); without it the last digits differ.
void relief_values(const Relief& relief, Reals points_n2, MutReals values_n);

namespace reference {
void relief_values(const Relief& relief, Reals points_n2, MutReals values_n);
}

}  // namespace rover::kernels
