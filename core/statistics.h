#pragma once
#include <vector>

#include "core/random.h"

namespace rover {

/// A quotient of geometric means with its 95 % interval: percentiles of 2000 bootstrap resamples.
struct RatioInterval {
  double ratio, low, high;
};
/// exp of the mean of the logarithms of paired quotients; NaN without any.
RatioInterval ratio_interval(const std::vector<double>& log_quotients, RandomStream stream);

}  // namespace rover
