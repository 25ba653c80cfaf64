#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/random.h"
#include "env/layout.h"

namespace rover {

using Reals = std::span<const double>;  ///< rows are points: [n, d], row-major
using MutReals = std::span<double>;

struct Box {
  std::vector<double> low, high;
};  ///< one entry a coordinate, low < high
struct Optimum {
  std::vector<double> point;
  double value;
};

/// n×n samples around a point along coordinates (i, j), `resolution` apart. Entry (a, b) lies at x_i + (a − (n−1)/2)·δ,
/// x_j + (b − (n−1)/2)·δ: symmetric about the point, where the paper's eq. (1) is off-centre for even n.
struct Slice {
  std::uint32_t i = 0, j = 1;
  double resolution = 1;
};

/// The points of a slice, [n·n, d], in the order of its grid.
void slice_points(Reals point_d, const Slice& slice, std::size_t n, MutReals points_nnd);

/// A loss surface f: R^d → R. It counts nothing and remembers nothing: safe to share between threads, noise comes from
/// the caller's stream. The batched calls take any number of points; none allocates for d ≤ 16.
class Landscape {
 public:
  virtual ~Landscape() = default;
  virtual std::string_view name() const = 0;
  virtual std::size_t dimension() const = 0;
  /// Where starts are drawn from, and what agents are told; f is defined outside it too.
  virtual const Box& domain() const = 0;
  virtual std::optional<Optimum> optimum() const { return std::nullopt; }
  /// What the coordinates are; by default a vector.
  virtual Layout layout() const { return flat_layout(dimension()); }
  /// A start point of this surface's start region [d]; by default uniform in the domain.
  virtual void sample_start(RandomStream& stream, MutReals start_d) const;

  /// f at each row. `noise` null: the noise-free mean, else a noisy sample (the same thing for surfaces without noise).
  virtual void values(Reals points_nd, MutReals values_n, RandomStream* noise) const = 0;
  virtual bool is_noisy() const { return false; }
  virtual bool has_gradient() const { return false; }
  virtual bool has_hessian() const { return false; }
  /// ∇f, [n, d]. Throws std::logic_error unless has_gradient(). `noise` matters to minibatch surfaces only.
  virtual void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const;
  /// Both at the same points; where looks see minibatches, of the same one. By default one after the other.
  virtual void values_and_gradients(Reals points_nd, MutReals values_n, MutReals gradients_nd,
                                    RandomStream* noise) const;
  /// ∇²f of the mean, [n, d, d]. Throws std::logic_error unless has_hessian().
  virtual void hessians(Reals points_nd, MutReals hessians_ndd) const;
  /// All three at the same points; by default values and gradients, then Hessians.
  virtual void values_and_derivatives(Reals points_nd, MutReals values_n, MutReals gradients_nd, MutReals hessians_ndd,
                                      RandomStream* noise) const;
  /// H·v [d] at a point [d], H = ∇²f of what gradients() sees with this noise. By default from the Hessian where there
  /// is one, few dimensions and no noise; else the central difference of two gradients, so f must be computed in
  /// double. Throws std::logic_error unless has_gradient().
  virtual void hessian_product(Reals point_d, Reals vector_d, MutReals product_d, RandomStream* noise) const;
  /// Grids [slices.size(), n, n]; the default samples `values`, structured surfaces do better.
  virtual void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                      RandomStream* noise) const;

  double value(Reals point_d) const;  ///< the noise-free f at one point

  /// What a noise-free value costs, in noisy looks with a gradient. Where that is much, curves measure at marks alone.
  virtual double noise_free_cost() const { return 1; }
  /// Whether there is data to judge a point by beside those that f is made of.
  virtual bool has_validation() const { return false; }
  /// The loss on them. Throws std::logic_error unless has_validation().
  virtual double validation(Reals point_d) const;
};

/// Throws UsageError, in one sentence, unless the landscape has at least one coordinate, a box of as many with low <
/// high (finite, unless `infinite_domain`), and, where it has an optimum, one that is finite and of as many
/// coordinates. The registry and SurfaceEnv ask for this, so that agents may rely on it.
void check_landscape(const Landscape& landscape, bool infinite_domain = false);

}  // namespace rover
