#pragma once
#include <string>

#include "env/kernels/relief.h"
#include "env/landscape.h"

namespace rover {

/// A relief (env/kernels/relief.h: bowl, Gaussian bumps, cosines, a shear) in a box: starts are uniform in it. The
/// optimum is the box's.
class Boxed final : public Landscape {
 public:
  /// `optimum` [2]: where f is lowest in the box.
  Boxed(std::string name, const kernels::Relief& relief, Box box, std::vector<double> optimum);
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return 2; }
  const Box& domain() const override { return box_; }
  std::optional<Optimum> optimum() const override { return optimum_; }
  void values(Reals points_nd, MutReals values_n, RandomStream*) const override {
    kernels::relief_values(relief_, points_nd, values_n);
  }
  bool has_gradient() const override { return true; }
  bool has_hessian() const override { return true; }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void hessians(Reals points_nd, MutReals hessians_ndd) const override;
  const kernels::Relief& relief() const { return relief_; }

 private:
  std::string name_;
  kernels::Relief relief_;
  Box box_;
  Optimum optimum_;
};

/// Where a relief is lowest in a box: the lowest local minima of an n×n grid that reaches the edges, each polished by
/// projected Newton steps to the rounding of f. A minimum that is much narrower than the grid's spacing is missed. n
/// ≥ 2.
Optimum lowest_in_box(const kernels::Relief& relief, const Box& box, std::size_t n);

}  // namespace rover
