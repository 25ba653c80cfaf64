#pragma once
#include "agents/search/space/probe.h"
#include "agents/search/space/trust_step.h"
#include "core/random.h"

namespace rover::space {

/// One descent: rounds of a look where samples are few, a fit, a try and the next resolution, from a window that
/// remembers the surface's shape.
class Descent {
 public:
  Descent(Probe& probe, RandomStream& stream, const DescentOptions& options);

  struct End {
    double value;
    std::vector<double> point;
  };
  /// From a point with its value, in a ball of `half_width`. `rival`: the best value so far, which a descent without
  /// hope of reaching it does not compete with; infinite: it goes on whatever it gains.
  const End& operator()(Reals start_d, double value, double half_width, double rival);

 private:
  void fit();
  void sort_directions();
  /// New points where the neighbourhood is thin; whether the best of them leads.
  void look(std::size_t count);
  void miss(double value, const Eigen::Ref<const Vector>& z, double rate);
  void follow_shape();

  Probe& probe_;
  RandomStream& stream_;
  DescentOptions options_;
  std::size_t d_;
  Window window_;
  RidgeFit ridge_;
  Model model_;
  TrustStep step_;
  Eigen::SelfAdjointEigenSolver<Matrix> spread_;
  Matrix covered_, directions_;
  Vector point_, z_, factors_;
  Matrix looked_;  // z of a look's points
  std::vector<double> best_, looked_values_;
  std::size_t near_ = 0;
  double value_ = 0, noise_ = 0;
  End end_;
};

}  // namespace rover::space
