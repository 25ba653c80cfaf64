#pragma once
#include "agents/search/differences.h"
#include "agents/search/options.h"
#include "agents/search/secants.h"

namespace rover::search {

/// A descent in many dimensions: rounds of a look along the axes and a search along the step of a quasi-Newton method.
/// The look is as wide as steps are long, so that it sees past ripples at first. One that led to nothing is completed
/// to both sides; one that still leads to nothing is followed by a narrower one (implicit filtering: Gilmore & Kelley
/// 1995).
class DifferenceDescent {
 public:
  DifferenceDescent(Probe& probe, const DifferenceOptions& options);
  struct End {
    double value;
    std::vector<double> point;
  };
  /// Begins at a point with its value; the first look reaches as far as `reach`.
  void begin(Reals start_d, double value, double reach);
  /// One round; false: it was the last. `rival`: the best value so far, which a descent without hope of reaching it
  /// does not compete with; infinite: it goes on whatever it gains.
  bool round(double rival);
  const End& operator()(Reals start_d, double value, double reach, double rival);
  double value() const { return value_; }
  double reach() const { return reach_; }
  const Vector& point() const { return point_; }

 private:
  bool search();
  double at(double share);

  Probe& probe_;
  DifferenceOptions options_;
  Eigen::Index d_;
  Differences look_;
  Secants secants_;
  Vector point_, slopes_, step_, change_, free_, direction_, tried_, better_, diagonal_;
  double value_ = 0, reach_ = 0, first_reach_ = 0, recent_ = 0, begun_ = 0;
  std::size_t round_ = 0, idle_ = 0;
  bool fresh_ = true;  // no slopes at an earlier point
  End end_;
};

}  // namespace rover::search
