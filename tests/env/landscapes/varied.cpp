#include "env/landscapes/varied.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace rover;

TEST_CASE("varied surfaces: instance k is of family k mod 9, whatever the size and the threads") {
  const auto& families = varied_families();
  const InstancePool small = make_varied_pool(families, 3, 16, 4), large = make_varied_pool(families, 3, 40, 4, 3);
  for (std::size_t k = 0; k < large.instances.size(); ++k) {
    const Trial& instance = large.instances[k];
    CHECK(instance.landscape->name() == families[k % 9]);
    CHECK(instance.family == k % 9);
    CHECK(instance.start_value > instance.optimum_value);
    if (k >= small.instances.size()) continue;
    CHECK(small.instances[k].start == instance.start);
    CHECK(small.instances[k].start_value == instance.start_value);
  }
}

TEST_CASE("varied surfaces: nothing in the box lies below the optimum, which is taken there") {
  for (const std::size_t d : {1u, 2u, 5u}) {
    const InstancePool pool = make_varied_pool(varied_families(), d, 180, 11);
    for (std::size_t k = 0; k < pool.instances.size(); ++k) {
      const Trial& instance = pool.instances[k];
      const Landscape& f = *instance.landscape;
      CAPTURE(f.name());
      CAPTURE(d);
      CAPTURE(k);
      const double gap = instance.start_value - instance.optimum_value;
      // Rounding of the optimum's own place counts where f rises as a root does.
      CHECK(f.value(instance.optimum) <= instance.optimum_value + 0.05 * gap);
      const Box& box = f.domain();
      RandomStream stream = make_stream(3, k, "probe");
      std::vector<double> lowest = instance.start, point(d);
      double best = instance.start_value;
      const auto probe = [&](const std::vector<double>* centre, double sigma) {
        for (std::size_t i = 0; i < d; ++i) {
          const double x = centre ? (*centre)[i] + sigma * (box.high[i] - box.low[i]) * stream.normal()
                                  : stream.uniform(box.low[i], box.high[i]);
          point[i] = std::clamp(x, box.low[i], box.high[i]);
        }
        if (const double value = f.value(point); value < best) best = value, lowest = point;
      };
      for (int n = 0; n < 1000; ++n) probe(nullptr, 0);
      for (double sigma = 0.05; sigma > 1e-9; sigma /= 2)
        for (int n = 0; n < 20; ++n) probe(&lowest, sigma);
      for (double sigma = 0.05; sigma > 1e-9; sigma /= 2)
        for (int n = 0; n < 20; ++n) probe(&instance.optimum, sigma);
      CHECK(best >= instance.optimum_value - 1e-9 * gap);
    }
  }
}

TEST_CASE("varied surfaces: what is asked for in vain") {
  for (const auto& family : varied_families()) CHECK(landscapes().contains(family));
  CHECK_THROWS_AS(make_varied_pool({"bowls"}, 2, 1, 0), UsageError);
  CHECK_THROWS_AS(make_varied_pool({}, 2, 1, 0), UsageError);
  CHECK_THROWS_AS(draw_varied("bowl", most_varied_dimensions + 1, 0), UsageError);
}
