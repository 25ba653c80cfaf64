#pragma once
#include <cstdint>
#include <vector>

#include "agents/search/window.h"

namespace rover::search {

/// The newest samples of a search, and those near its window. The nearest are looked for in a list that follows the
/// window; all are gone through only when the window has moved too far for it. Nothing is allocated after the
/// beginning.
class Neighbours {
 public:
  /// Knows the newest `memory` samples; find() takes at most `most`; 0: samples are only counted.
  Neighbours(std::size_t dimension, std::size_t memory, std::size_t most);
  void add(Reals point_d, double value);
  std::uint64_t size() const { return size_; }  ///< samples ever added

  /// The nearest to the window, at most `most` with |z| ≤ reach, in no order.
  void find(Window& window, double reach);
  std::size_t count() const { return count_; }
  /// Coordinate i of all their z is at coordinates() + i·stride().
  const double* coordinates() const { return z_.data(); }
  std::size_t stride() const { return stride_; }
  double squared_distance(std::size_t k) const { return squared_[k]; }
  double value(std::size_t k) const { return values_[k]; }

 private:
  /// Samples coordinate by coordinate.
  struct Columns {
    std::size_t stride = 0, count = 0;
    std::vector<double> points, values, squared;
    Columns(std::size_t d, std::size_t room);
    std::size_t room() const { return values.size(); }
    void copy(std::size_t to, const Columns& from, std::size_t k, std::size_t d);
  };
  void measure(Columns& samples, const Window& window);
  /// Makes the keys of the samples with |z|² ≤ limit, the nearest `most` first; returns how many these are.
  std::size_t nearest(const Columns& samples, std::size_t most, double limit);
  double limit_of_list(double limit, double guess) const;
  void list_anew(Window& window, double limit);
  void trim(Window& window);

  std::size_t d_, most_, list_most_, stride_, count_ = 0;
  std::uint64_t size_ = 0;
  // The squared distances that the last search and the last list went to, × the half-width's square.
  double last_ = 0, last_list_ = 0;
  bool missed_ = false;  // a sample that found no room in the list
  Columns all_, list_;
  std::size_t within_ = 0;
  std::vector<std::uint64_t> keys_;  // those within_ the limit (kernels.h)
  std::vector<double> gathered_, z_, squared_, values_;
};

}  // namespace rover::search
