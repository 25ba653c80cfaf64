#pragma once
#include <utility>

#include "agents/search/distribution.h"

namespace rover::search {

/// A quadratic through the newest samples of a population, linear, diagonal or full by how many there are, the better
/// ones weighing more (Hansen 2019, "A Global Surrogate Assisted CMA-ES": lq-CMA-ES). It is fitted in the whitened
/// coordinates of the distribution that it saw at the last fit from scratch, which changes nothing but rounding;
/// between those, every new sample is added by the rank that it has then.
class Surrogate {
 public:
  /// Keeps the newest max(population, twice the coefficients of a full quadratic).
  Surrogate(std::size_t dimension, std::size_t population);
  void add(Reals point_d, double value);
  std::size_t size() const { return ranked_.size(); }
  /// Takes in what was added since.
  void fit(const Distribution& distribution);
  bool valid() const { return valid_; }
  /// The model at points of the cube, coordinate by coordinate, coordinates `stride` apart; `values` has room for
  /// `count` and padding.
  void predict(const double* points, std::size_t stride, std::size_t count, double* values) const;
  /// Where the model is lowest [d]; false where it has no minimum.
  bool minimum(Vector& point) const;
  /// Kendall's rank correlation of model and values over the newest `count` samples, 300 at most.
  double agreement(std::size_t count);

 private:
  enum class Order { linear, diagonal, full };
  std::size_t terms(Order order) const;
  void add_rows(std::size_t first, std::size_t count);
  void fit_anew(const Distribution& distribution);
  void solve();

  std::size_t d_, room_, stride_, system_stride_;
  std::vector<double> points_, values_;  // a ring [d, stride], [room]
  std::uint64_t added_ = 0, fitted_ = 0, fitted_anew_ = 0;
  std::vector<std::pair<double, std::uint32_t>> ranked_;  // value and place in the ring, best first
  std::vector<std::uint32_t> rank_;                       // of each place

  Order order_ = Order::linear;
  Vector mean_, gradient_;
  Matrix whitening_, colouring_, hessian_;
  double deviation_ = 0, offset_ = 0, range_ = 1, constant_ = 0;
  std::vector<double> white_, rows_, system_, factor_, solution_, guesses_, known_;
  bool valid_ = false;
};

}  // namespace rover::search
