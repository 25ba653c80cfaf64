#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "env/kernels/gaussian.h"
#include "env/landscape.h"

namespace rover {

/// What makes a Gaussian field: the anchors X and their values V (one or four of them), and S = R_φᵀ diag(λ) R_φ.
struct FieldShape {
  std::vector<std::array<double, 2>> anchors;
  std::vector<double> values;
  double lambda[2] = {10, 10};
  double angle_rad = 0;
};

/// Gaussian field of appendix 6.1: f is the mean of a Gaussian process given f(x_i) = v_i,
///   k(x, x') = |2πS|^{-½} exp(−½ (x−x')ᵀ S⁻¹ (x−x'))   (eq. 11; the paper's xᵀS⁻¹x' is a misprint),
///   f(x) = k(x)ᵀ K⁻¹ v                                  (mean of eq. 12);
/// a noisy field adds white noise with the conditional standard deviation √(k(x,x) − k(x)ᵀK⁻¹k(x)).
///   valley   one anchor at 0, v ∈ −U(0.5, 5), λ₁ ~ N(10, 2), λ₂ = λ₁·U(100, 200); x* = 0, f* = v
///   plateau  one anchor at 0, v = −N(5, 2), λ ~ N(10, 2); x* = 0, f* = v (a hole with cliffs in a plateau)
///   saddle   an anchor in each quarter, |coordinate| ∈ [0.25, 1], v = ±(|N(0, 1)| + 0.1) with signs alternating
///            round the square, λ ~ N(10, 2); of its minima, which lie outside the square, the lower is x*
/// N(mean, variance) is cut off below at 1 for λ and at 0.5 for the plateau's −v.
/// Starts: valley and plateau at ‖S^{-½}x‖ ∈ [0.7, 2.5] and [1.5, 3.3] in a random whitened direction; saddle uniform
/// in [−2, 2]². Domain: the box around the start region; for saddles [−12, 12]², where x* is looked for.
class GaussianField final : public Landscape {
 public:
  struct Starts {
    bool whitened = false;  ///< low, high bound ‖S^{-½}x‖; else uniform in [low, high]²
    double low = -2, high = 2;
  };
  GaussianField(std::string name, const FieldShape& shape, Starts starts, bool noisy);
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return 2; }
  const Box& domain() const override { return domain_; }
  std::optional<Optimum> optimum() const override { return optimum_; }
  void sample_start(RandomStream& stream, MutReals start_d) const override;
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool is_noisy() const override { return noisy_; }
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void hessians(Reals points_nd, MutReals hessians_ndd) const override;
  void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
              RandomStream* noise) const override;
  const kernels::GaussianProcess& process() const { return process_; }

 private:
  Optimum find_optimum() const;
  std::string name_;
  kernels::GaussianProcess process_;
  double inverse_[3], half_[4];  // S⁻¹ (xx, xy, yy), S^{½} as Rᵀ diag(√λ)
  Starts starts_;
  bool noisy_;
  Box domain_;
  Optimum optimum_;
};

std::unique_ptr<GaussianField> draw_valley(std::uint64_t seed, bool noisy);
std::unique_ptr<GaussianField> draw_saddle(std::uint64_t seed, bool noisy);
std::unique_ptr<GaussianField> draw_plateau(std::uint64_t seed, bool noisy);

}  // namespace rover
