#pragma once
#include "agents/search/options.h"
#include "agents/search/probe.h"
#include "core/random.h"

namespace rover::search {

/// Runs of lq-CMA-ES: a population search whose surrogate stands for evaluations where their ranks agree.
class PopulationSearch {
 public:
  PopulationSearch(Probe& probe, RandomStream& stream, const PopulationOptions& options);
  ~PopulationSearch();
  /// Begins a run. `sigma`: the first deviation. `noise`: of the values; a generation that differs by little more ends
  /// the run, too.
  void begin(const Vector& mean, std::size_t population, double sigma, double noise = 0);
  /// One generation; false: it was the last, because the distribution has collapsed or the bests stagnate.
  bool generation();
  /// A whole run with the options' deviation. The best value that it found.
  double operator()(const Vector& mean, std::size_t population, double noise = 0);

  double lowest() const;       ///< the best value of the run
  const Vector& mean() const;  ///< of its distribution
  double deviation() const;    ///< … along the longest axis
  double condition() const;    ///< … longest over shortest

 private:
  struct Run;
  Probe& probe_;
  RandomStream& stream_;
  PopulationOptions options_;
  std::unique_ptr<Run> run_;
};

}  // namespace rover::search
