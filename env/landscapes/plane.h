#pragma once
#include <memory>
#include <string>

#include "env/landscape.h"

namespace rover {

/// What a slice of the Rover in more dimensions sees (section 3.3): a surface of d coordinates as a function of two of
/// them, the others held fixed. Its box is that of the two; its optimum the lowest point found there: 12 local minima
/// of a 41×41 grid, each followed down by a Nelder–Mead simplex. Noise-free.
class Plane final : public Landscape {
 public:
  /// `through` [d]: where the other coordinates are held. Throws std::invalid_argument unless i ≠ j are coordinates of
  /// the base and the point has as many.
  Plane(std::string name, std::shared_ptr<const Landscape> base, std::vector<double> through, std::size_t i,
        std::size_t j);
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return 2; }
  const Box& domain() const override { return box_; }
  std::optional<Optimum> optimum() const override { return optimum_; }
  void values(Reals points_nd, MutReals values_n, RandomStream*) const override;

 private:
  Optimum search() const;

  std::string name_;
  std::shared_ptr<const Landscape> base_;
  std::vector<double> through_;
  std::size_t i_, j_;
  Box box_;
  Optimum optimum_;
};

/// A plane of a training surface (env/landscapes/varied.h) of 3 to 10 dimensions, any of its nine families, along two
/// random coordinates, through a point between its optimum and a uniform one: the share of the way is U(0, 1)².
std::shared_ptr<const Landscape> draw_plane(std::uint64_t seed);

}  // namespace rover
