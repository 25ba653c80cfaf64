#pragma once
#include <memory>
#include <string>
#include <vector>

#include "env/heading.h"

namespace rover {

/// The least-squares quadratic of an n×n grid about its middle, in units of half a window: coordinate (a, b) lies at
/// u = 2a/(n−1) − 1, v = 2b/(n−1) − 1 in [−1, 1]². f ≈ mean-level + g·(u, v) + ½(u, v)H(u, v)ᵀ.
struct GridFit {
  double gradient[2];  ///< ∂f/∂u, ∂f/∂v at the middle
  double h_uu = 0, h_uv = 0, h_vv = 0;
};

/// n ≥ 3. On a symmetric product grid 1, u, v, u² − m, uv, v² − m are orthogonal (m the mean of u²): every coefficient
/// is one projection, and no linear system is solved.
GridFit fit_grid(std::span<const float> grid_nn, std::size_t n);

/// The names that make_analytic_heading knows.
std::vector<std::string> analytic_headings();

/// `least-squares-gradient`: −g of the fit. `newton-fit`: saddle-free Newton −|H|⁻¹g on it (Dauphin et al., 2014), each
/// curvature |λ| + 10⁻³. Norms are those of these vectors, in half windows for newton-fit. Throws UsageError on another
/// name.
std::shared_ptr<const Heading> make_analytic_heading(const std::string& name);

}  // namespace rover
