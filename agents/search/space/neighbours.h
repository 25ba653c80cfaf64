#pragma once
#include <cstdint>
#include <vector>

#include "agents/search/space/window.h"

namespace rover::space {

/// Every sample of a search, and those near its window. The nearest are looked for among a list of candidates that
/// follows the window; the whole archive is gone through only when the window has moved too far for it.
class Neighbours {
 public:
  /// `memory`: how many of the newest samples are known.
  Neighbours(std::size_t dimension, std::size_t memory);
  void add(Reals point_d, double value);

  std::size_t size() const { return values_.size(); }
  Reals point(std::size_t k) const { return {points_.data() + k * d_, d_}; }
  double value(std::size_t k) const { return values_[k]; }

  /// At most `most` of the nearest with |z| ≤ reach, in no order. The window's drift begins anew where the archive was
  /// gone through.
  void find(Window& window, std::size_t most, double reach);
  std::size_t count() const { return found_; }
  const Matrix& coordinates() const { return z_; }  ///< [d, ≥ count], column k: z of the k-th
  double squared_distance(std::size_t k) const { return near_[k].squared; }
  double near_value(std::size_t k) const { return values_[near_[k].id]; }

 private:
  struct Candidate {
    std::uint32_t id;
    double squared;
  };
  void measure(const Window& window);
  void keep(std::size_t count);  // the nearest so many come first
  void trim(std::size_t count);  // … and are all

  std::size_t d_, memory_;
  std::vector<double> points_, values_;
  std::vector<Candidate> near_;  // the candidates; find() puts the nearest first
  std::size_t found_ = 0;
  Matrix z_;
};

}  // namespace rover::space
