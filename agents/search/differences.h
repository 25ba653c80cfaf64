#pragma once
#include "agents/search/probe.h"

namespace rover::search {

/// A look along the axes: slopes and second derivatives by differences, from one point an axis, or from two. One point
/// gives the slope of a quadratic, too, where its second derivative along the axis is known already.
class Differences {
 public:
  explicit Differences(Probe& probe);
  /// Forgets all; the first look then takes two points an axis.
  void begin();

  /// Around a point with its value, which need not be the same as at the last look: one point at distance reach·width_i
  /// along each axis i, on the side where the last slopes fall, or inside the region.
  void look(const Vector& centre, double value, double reach);
  /// The other side, too, of the last look.
  void complete();

  const Vector& slopes() const { return slopes_; }
  const Vector& curvatures() const { return curvatures_; }  ///< second derivatives along the axes
  const Vector& widths() const { return widths_; }          ///< of the axes, about 1, wider where the surface is flat
  bool both() const { return both_; }                       ///< two points an axis
  /// The best point that was looked at since the last look.
  double best() const { return best_; }
  void best_point(Vector& point) const;

 private:
  void evaluate(const Vector& offsets, Vector& values);
  double inside(Eigen::Index i, double offset) const;
  void follow_curvatures();

  Probe& probe_;
  Eigen::Index d_;
  Vector centre_, slopes_, curvatures_, widths_, first_, second_, first_values_, second_values_;
  Matrix asked_;
  std::vector<double> told_;
  double value_ = 0, best_ = 0, best_offset_ = 0;
  Eigen::Index best_axis_ = 0;
  bool known_ = false, both_ = false;
};

}  // namespace rover::search
