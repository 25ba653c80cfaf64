#pragma once
#include "agents/search/space/options.h"
#include "agents/search/space/probe.h"
#include "core/random.h"

namespace rover::space {

/// Runs of lq-CMA-ES: a population search whose surrogate stands for evaluations where their ranks agree.
class PopulationSearch {
 public:
  PopulationSearch(Probe& probe, RandomStream& stream, const PopulationOptions& options);
  /// One run until its distribution has collapsed or its bests stagnate. The best value that it found.
  /// `noise`: of the values; a generation that differs by little more ends the run, too.
  double operator()(const Vector& mean, std::size_t population, double noise = 0);
  /// Where the last run ended, and its deviation there.
  const Vector& mean() const { return mean_; }
  double deviation() const { return deviation_; }

 private:
  Probe& probe_;
  RandomStream& stream_;
  PopulationOptions options_;
  Vector mean_;
  double deviation_ = 0;
};

}  // namespace rover::space
