#include "core/statistics.h"

#include <doctest/doctest.h>

#include <cmath>

namespace rover {

TEST_CASE("the interval of many pairs closes around the ratio of their geometric means") {
  std::vector<double> logs;
  for (int k = 0; k < 1000; ++k) logs.push_back(std::log(0.5) + (k % 2 ? 0.1 : -0.1));
  const RatioInterval r = ratio_interval(logs, make_stream(0, 0, "bootstrap"));
  CHECK(r.ratio == doctest::Approx(0.5));
  CHECK(r.low < 0.5);
  CHECK(r.high > 0.5);
  CHECK(r.high - r.low < 0.01);
  CHECK(ratio_interval({std::log(0.1), std::log(0.4)}, make_stream(0, 0, "bootstrap")).ratio == doctest::Approx(0.2));
  CHECK(std::isnan(ratio_interval({}, make_stream(0, 0, "bootstrap")).ratio));
}

}  // namespace rover
