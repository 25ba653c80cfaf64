#pragma once
#include <memory>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// Quadratic bowl of appendix 6.1: f(x) = ‖Ax − b‖², b = A x*.
/// Domain [−20, 20]^d; optimum f(x*) = 0 with x* ∈ [−5, 5]^d; starts lie 3–15 away from x* in a random direction.
class Quadratic final : public Landscape {
 public:
  /// `matrix_dd` row-major.
  Quadratic(std::vector<double> matrix_dd, std::vector<double> optimum_d);
  std::string_view name() const override { return "quadratic"; }
  std::size_t dimension() const override { return optimum_.size(); }
  const Box& domain() const override { return domain_; }
  std::optional<Optimum> optimum() const override { return Optimum{optimum_, 0}; }
  void sample_start(RandomStream& stream, MutReals start_d) const override;
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void hessians(Reals points_nd, MutReals hessians_ndd) const override;
  void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
              RandomStream* noise) const override;
  const std::vector<double>& matrix() const { return matrix_; }

 private:
  double residual(std::size_t k, const double* point) const;  ///< (Ax − b)_k
  std::vector<double> matrix_, columns_, optimum_, target_;   // A, Aᵀ, x*, b
  Box domain_;
};

/// A Gaussian, drawn again while cond(AᵀA) > 400. Beyond d = 8 that hardly ever holds: then A = diag(σ) Q with Q a
/// random rotation and σ² log-uniform in [1/20, 20], the same bound.
std::unique_ptr<Quadratic> draw_quadratic(std::size_t dimension, std::uint64_t seed);

}  // namespace rover
