#pragma once
#include <memory>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// f(x) = base(Φ(x)) for a smooth map Φ of space, which derived classes define. Derivatives by the chain rule. Noise,
/// and which derivatives there are, are the base's.
class MappedLandscape : public Landscape {
 public:
  std::string_view name() const override { return base_->name(); }
  std::size_t dimension() const override { return base_->dimension(); }
  const Box& domain() const override { return domain_; }
  std::optional<Optimum> optimum() const override;
  /// The base's starts through Φ⁻¹; one outside the domain is drawn again.
  void sample_start(RandomStream& stream, MutReals start_d) const override;
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool is_noisy() const override { return base_->is_noisy(); }
  bool has_gradient() const override { return base_->has_gradient(); }
  bool has_hessian() const override { return base_->has_gradient() && base_->has_hessian(); }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void hessians(Reals points_nd, MutReals hessians_ndd) const override;

 protected:
  explicit MappedLandscape(std::shared_ptr<const Landscape> base) : base_(std::move(base)), domain_(base_->domain()) {}
  /// y = Φ(x) for each row.
  virtual void to_base(Reals points_nd, MutReals mapped_nd) const = 0;
  /// x = Φ⁻¹(y) at one point, in place.
  virtual void from_base(MutReals point_d) const = 0;
  /// g ← Jᵀg at x, in place, J = ∂Φ/∂x.
  virtual void pull_gradient(Reals point_d, MutReals gradient_d) const = 0;
  /// H ← JᵀHJ + Σ_k g_k ∇²Φ_k at x, in place; g is the base's gradient at Φ(x).
  virtual void pull_hessian(Reals point_d, Reals base_gradient_d, MutReals hessian_dd) const = 0;
  /// Widens the domain to hold the optimum and `region_samples` mapped starts. For the constructors of derived classes.
  void widen_domain();
  static constexpr std::size_t region_samples = 64;

  std::shared_ptr<const Landscape> base_;
  Box domain_;
};

/// The base at the point of its domain nearest to x: for functions that fall below their optimum outside of it.
class Clamped final : public MappedLandscape {
 public:
  explicit Clamped(std::shared_ptr<const Landscape> base) : MappedLandscape(std::move(base)) {}

 private:
  void to_base(Reals points_nd, MutReals mapped_nd) const override;
  void from_base(MutReals) const override {}
  void pull_gradient(Reals point_d, MutReals gradient_d) const override;
  void pull_hessian(Reals point_d, Reals base_gradient_d, MutReals hessian_dd) const override;
  bool inside(Reals point_d, std::size_t k) const {
    return point_d[k] > domain_.low[k] && point_d[k] < domain_.high[k];
  }
};

/// Random shift and rotation: f(x) = base(c + R(x − t − c)), c the centre of the base's domain, R Haar-random, t
/// uniform in ± a fifth of the domain's width, cut so that the optimum stays in the domain (and moved just enough if
/// the rotation alone takes it out).
class Transformed final : public MappedLandscape {
 public:
  struct Options {
    bool shifted = false, rotated = false;
    /// Families bring a start region of their own, which moves along and widens the domain; else starts stay uniform in
    /// the domain.
    bool moves_starts = false;
  };
  Transformed(std::shared_ptr<const Landscape> base, Options options, std::uint64_t seed);
  void sample_start(RandomStream& stream, MutReals start_d) const override;
  void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
              RandomStream* noise) const override;

 private:
  void to_base(Reals points_nd, MutReals mapped_nd) const override;
  void from_base(MutReals point_d) const override;
  void pull_gradient(Reals point_d, MutReals gradient_d) const override;
  void pull_hessian(Reals point_d, Reals base_gradient_d, MutReals hessian_dd) const override;
  Options options_;
  std::vector<double> centre_, shift_, rotation_, inverse_;  // the matrices are empty without rotation
};

}  // namespace rover
