#pragma once
#include <cstddef>
#include <string>
#include <vector>

namespace rover {

/// The places of a look, in window coordinates: an n×n grid over [−1, 1]², or n points on the unit circle and the
/// centre.
class Stencil {
 public:
  /// `kind` "grid" (size ≥ 2) or "ring" (size ≥ 3). Throws UsageError otherwise.
  Stencil(const std::string& kind, std::size_t size);
  std::size_t size() const { return a_.size(); }
  bool turns() const { return ring_; }  ///< a ring is turned between looks
  /// Half-widths from the centre to the farthest place.
  double radius() const;
  double a(std::size_t k) const { return a_[k]; }
  double b(std::size_t k) const { return b_[k]; }

 private:
  bool ring_;
  std::vector<double> a_, b_;
};

}  // namespace rover
