#pragma once
#include <cmath>
#include <cstddef>

namespace rover::search {

/// The standard deviation of noise, from values at the same points.
class Deviation {
 public:
  /// One value more at a point that has `count` values with this mean.
  void again(double value, double mean, std::size_t count) {
    const auto n = static_cast<double>(count);
    squares_ += (value - mean) * (value - mean) * n / (n + 1), ++freedom_;
  }
  void pair(double a, double b) { squares_ += 0.5 * (a - b) * (a - b), ++freedom_; }
  double value() const { return freedom_ == 0 ? 0 : std::sqrt(squares_ / static_cast<double>(freedom_)); }
  std::size_t freedom() const { return freedom_; }

 private:
  double squares_ = 0;
  std::size_t freedom_ = 0;
};

}  // namespace rover::search
