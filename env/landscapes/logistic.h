#pragma once
#include <memory>
#include <string>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// Labelled samples for a linear classifier, with labels y = ±1 already multiplied in: column k holds y_s x_sk, [d,
/// padded N] (kernels/columns.h), zeros in the padding.
struct MarginData {
  std::size_t samples = 0;
  std::vector<double> columns;
};

/// Binary classification after Guyon (2003), as `make_classification` does it with one cluster a class: ⌈d/2⌉
/// informative features, the rest noise N(0, 1), no redundant ones (they would leave the optimum undetermined). The
/// classes sit at two different corners of {−1, 1}^k, each spread by its own covariance AᵀA, A uniform in [−1, 1]; 1
/// label in 20 is flipped and the features are shuffled. There are max(500, 10 d) samples: with fewer than 2 d any
/// labels are separable and the optimum is at infinity.
MarginData draw_guyon(std::size_t dimension, std::uint64_t seed);

/// Mean cross-entropy of a linear classifier without intercept, f(θ) = 1/N Σ ln(1 + exp(−y_s x_s·θ)): convex. The
/// optimum is computed by damped Newton when it is made. Starts N(0, I); the domain is a cube of half-width 10, or
/// twice the optimum's where that is more.
class Logistic final : public Landscape {
 public:
  /// Throws std::runtime_error when the data are separable: there is no optimum then.
  Logistic(std::string name, MarginData data, std::size_t dimension);
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return optimum_.point.size(); }
  const Box& domain() const override { return domain_; }
  std::optional<Optimum> optimum() const override { return optimum_; }
  void sample_start(RandomStream& stream, MutReals start_d) const override;
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void hessians(Reals points_nd, MutReals hessians_ndd) const override;
  /// O(N (d + slices·n²)): a slice adds two columns to the margins of its centre.
  void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
              RandomStream* noise) const override;

 private:
  Reals column(std::size_t k) const { return Reals(data_.columns).subspan(k * padded_, padded_); }
  void margins(Reals point_d, MutReals out) const;
  void descend();
  std::string name_;
  MarginData data_;
  std::size_t padded_;
  Optimum optimum_;
  Box domain_;
};

/// `dimension` 1 … 1000. Throws UsageError outside.
std::unique_ptr<Landscape> make_guyon(std::size_t dimension, std::uint64_t seed);

}  // namespace rover
