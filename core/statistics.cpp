#include "core/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace rover {

RatioInterval ratio_interval(const std::vector<double>& log_quotients, RandomStream stream) {
  constexpr std::size_t resamples = 2000;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const std::size_t n = log_quotients.size();
  if (n == 0) return {nan, nan, nan};
  std::vector<double> means;
  for (std::size_t r = 0; r < resamples; ++r) {
    double sum = 0;
    for (std::size_t k = 0; k < n; ++k) sum += log_quotients[stream.below(n)];
    means.push_back(sum / static_cast<double>(n));
  }
  std::ranges::sort(means);
  const double mean = std::accumulate(log_quotients.begin(), log_quotients.end(), 0.0) / static_cast<double>(n);
  return {std::exp(mean), std::exp(means[resamples / 40]), std::exp(means[resamples - 1 - resamples / 40])};
}

}  // namespace rover
