#include "env/landscapes/extended.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "env/landscapes/augmented.h"
#include "env/landscapes/boxed.h"

using namespace rover;

namespace {

/// The surface itself; null for one below an output warp.
const Boxed* plain(const Trial& instance) { return dynamic_cast<const Boxed*>(instance.landscape.get()); }

}  // namespace

TEST_CASE("instance k is of family k mod 7, whatever the size and the threads") {
  const InstancePool small = make_extended_pool(21, 4), large = make_extended_pool(70, 4, 3),
                     other = make_extended_pool(7, 5);
  CHECK(large.families ==
        std::vector<std::string>{"quadratic", "valley", "saddle", "plateau", "anchors", "ripple", "cosines"});
  std::set<double> starts;
  for (std::size_t k = 0; k < large.instances.size(); ++k) {
    const auto& instance = large.instances[k];
    CHECK(instance.family == k % 7);
    CHECK(instance.landscape->name() == large.families[k % 7]);
    CHECK(instance.landscape->value(instance.start) == instance.start_value);
    CHECK(instance.landscape->value(instance.optimum) == instance.optimum_value);
    CHECK(instance.start_value > instance.optimum_value);
    starts.insert(instance.start[0]);
    if (k >= small.instances.size()) continue;
    CHECK(small.instances[k].start == instance.start);
    CHECK(small.instances[k].start_value == instance.start_value);
    CHECK(small.instances[k].optimum == instance.optimum);
  }
  CHECK(starts.size() == 70);
  CHECK(other.instances[0].start != small.instances[0].start);
}

TEST_CASE("nothing in the box lies below the optimum, which lies where it should") {
  const InstancePool pool = make_extended_pool(140, 11);
  for (const auto& instance : pool.instances) {
    const Landscape& f = *instance.landscape;
    CAPTURE(f.name());
    const Box& box = f.domain();
    RandomStream stream = make_stream(instance.family, 0, "probe");
    double lowest[2] = {}, best = 1e300, point[2];
    const auto probe = [&](const double* centre, double sigma) {
      for (std::size_t k = 0; k < 2; ++k) {
        const double x = sigma > 0 ? centre[k] + sigma * (box.high[k] - box.low[k]) * stream.normal()
                                   : stream.uniform(box.low[k], box.high[k]);
        point[k] = std::clamp(x, box.low[k], box.high[k]);
      }
      if (const double value = f.value(point); value < best) best = value, lowest[0] = point[0], lowest[1] = point[1];
    };
    for (int k = 0; k < 3000; ++k) probe(nullptr, 0);
    for (double sigma = 0.05; sigma > 1e-9; sigma /= 2)
      for (int k = 0; k < 20; ++k) probe(lowest, sigma);
    for (double sigma = 0.05; sigma > 1e-9; sigma /= 2)
      for (int k = 0; k < 20; ++k) probe(instance.optimum.data(), sigma);
    CHECK(best >= instance.optimum_value - 1e-12 * (instance.start_value - instance.optimum_value));
    for (std::size_t k = 0; k < 2; ++k) {
      const double share = (instance.optimum[k] - box.low[k]) / (box.high[k] - box.low[k]);
      const double edge = instance.family <= 4 ? 0.05 - 1e-9 : 0;
      CHECK((share >= edge && share <= 1 - edge));
    }
  }
}

TEST_CASE("derivatives are those of the values") {
  const InstancePool pool = make_extended_pool(70, 2);
  for (const auto& instance : pool.instances) {
    const Boxed* f = plain(instance);
    if (!f) continue;
    CAPTURE(f->name());
    RandomStream stream = make_stream(instance.family, 1, "probe");
    const Box& box = f->domain();
    double point[2], g[2], h[4];
    for (std::size_t k = 0; k < 2; ++k) point[k] = stream.uniform(box.low[k], box.high[k]);
    f->gradients(point, g, nullptr);
    f->hessians(point, h);
    const double scale = std::abs(f->value(point)) + std::abs(instance.start_value) + 1;
    const double size = std::hypot(h[0], h[1]) + std::hypot(h[2], h[3]) + std::hypot(g[0], g[1]) + scale;
    const double step = 1e-5 * std::min(box.high[0] - box.low[0], box.high[1] - box.low[1]) / 30;
    for (std::size_t k = 0; k < 2; ++k) {
      double ahead[2] = {point[0], point[1]}, behind[2] = {point[0], point[1]}, g_ahead[2], g_behind[2];
      ahead[k] += step, behind[k] -= step;
      f->gradients(ahead, g_ahead, nullptr), f->gradients(behind, g_behind, nullptr);
      // rounding of f over the step, and the third derivative times step²: below 1e-4 of the second for 30 cosines a
      // box
      CHECK(std::abs((f->value(ahead) - f->value(behind)) / (2 * step) - g[k]) <=
            1e-13 * scale / step + 1e-4 * size * step);
      for (std::size_t j = 0; j < 2; ++j)
        CHECK(std::abs((g_ahead[j] - g_behind[j]) / (2 * step) - h[2 * k + j]) <= 1e-6 * size);
    }
  }
}

TEST_CASE("the mixture is as documented") {
  int warped = 0, sheared = 0, shearable = 0;
  for (const auto& instance : make_extended_pool(700, 8).instances) {
    const Boxed* f = plain(instance);
    warped += !f;
    if (!f) {
      CHECK(dynamic_cast<const Warped*>(instance.landscape.get()));
      CHECK(instance.optimum_value == 0);
      continue;
    }
    shearable += instance.family < 6, sheared += f->relief().kappa != 0;
    CHECK(f->relief().cosines == (instance.family == 5 ? 8 : instance.family == 6 ? 16 : 0));
    if (instance.family == 4) CHECK(f->relief().bumps == 12);
  }
  CHECK(std::abs(warped - 0.6 * 700) < 5 * std::sqrt(700 * 0.24));  // five standard deviations
  CHECK(std::abs(sheared - 0.6 * shearable) < 5 * std::sqrt(shearable * 0.24));
  const InstancePool cosines = make_extended_pool("cosines", 3, 8);
  for (const auto& instance : cosines.instances) CHECK(instance.landscape->name() == "cosines");
  CHECK_THROWS_WITH_AS(make_extended_pool("cosine", 3, 8), "unknown training family 'cosine'; did you mean 'cosines'?",
                       UsageError);
}

TEST_CASE("a grid's edges count: the lowest point of a slope is a corner") {
  kernels::Relief slope;
  slope.cosines = 4, slope.amplitude[0] = 1, slope.omega_x[0] = 0.5,
  slope.omega_y[0] = 0.25;  // falls from the origin to (π/0.75, ·)
  const Optimum corner = lowest_in_box(slope, {{0.1, 0.1}, {2, 3}}, 10);
  CHECK(corner.point == std::vector<double>{2, 3});
  CHECK(corner.value == doctest::Approx(std::cos(1.75)));
}
