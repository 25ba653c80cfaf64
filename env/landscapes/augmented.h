#pragma once
#include <memory>
#include <vector>

#include "env/landscapes/transformed.h"

namespace rover {

/// Curved valleys: f(x) = base(x + κ(p·(x − x*))² q), with orthonormal p, q: a shear v + κu² in a frame (u, v) about
/// the optimum, which stays where it is. κ is uniform in ±1.5/max(r, 1), r the mean distance of starts from x*; p
/// points to a start of the base with chance 0.6 (turned by 0.3·N(0, 1) rad) and anywhere otherwise.
class Sheared final : public MappedLandscape {
 public:
  /// Throws UsageError when the base has one dimension or no known optimum.
  Sheared(std::shared_ptr<const Landscape> base, std::uint64_t seed);
  double kappa() const { return kappa_; }

 private:
  void to_base(Reals points_nd, MutReals mapped_nd) const override;
  void from_base(MutReals point_d) const override;
  void pull_gradient(Reals point_d, MutReals gradient_d) const override;
  void pull_hessian(Reals point_d, Reals base_gradient_d, MutReals hessian_dd) const override;
  double along(Reals point_d) const;  ///< u = p·(x − x*)
  double kappa_;
  std::vector<double> optimum_, p_, q_;
};

/// A monotone output warp: with r = (base(x) − f*)/gap ≥ 0 and gap the mean f(x₀) − f* of starts, f = r^p (chance 0.6)
/// or expm1(min(2pr, 60)), p log-uniform in [0.5, 3.5]; f* = 0. Noise passes through the warp and is biased by it.
/// Derivatives at the optimum itself, where r^p may have none, are those of r = 1e-16.
class Warped final : public Landscape {
 public:
  enum class Kind { power, exponential };
  /// Throws UsageError when the base has no known optimum.
  Warped(std::shared_ptr<const Landscape> base, std::uint64_t seed);
  std::string_view name() const override { return base_->name(); }
  std::size_t dimension() const override { return base_->dimension(); }
  const Box& domain() const override { return base_->domain(); }
  std::optional<Optimum> optimum() const override;
  void sample_start(RandomStream& stream, MutReals start_d) const override { base_->sample_start(stream, start_d); }
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool is_noisy() const override { return base_->is_noisy(); }
  bool has_gradient() const override { return base_->has_gradient(); }
  bool has_hessian() const override { return base_->has_gradient() && base_->has_hessian(); }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void hessians(Reals points_nd, MutReals hessians_ndd) const override;
  void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
              RandomStream* noise) const override;
  Kind kind() const { return kind_; }
  double power() const { return power_; }

 private:
  struct Derivatives {
    double first, second;
  };  ///< of the warp with respect to the base's value
  Derivatives derivatives(double base_value) const;
  void apply(MutReals values_n) const;
  std::shared_ptr<const Landscape> base_;
  Kind kind_;
  double power_, floor_, gap_;  // p, f*, gap
};

}  // namespace rover
