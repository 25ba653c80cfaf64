#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// A search drawn with characters while it runs: where it looked in the plane of the first two coordinates, and how the
/// best value fell.
class Watch {
 public:
  /// `columns`: of the terminal. The box's infinite bounds become those of the points seen.
  Watch(Box box, std::size_t columns);
  void add(Reals point_d, double value);
  /// Lines that end with a newline each; always as many.
  std::string text() const;

 private:
  Box box_;
  std::size_t columns_;
  std::vector<float> across_, up_;  // all points
  std::vector<double> best_;        // of each evaluation so far
  std::size_t best_at_ = 0;
};

}  // namespace rover
