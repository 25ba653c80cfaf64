#include "env/kernels/softmax.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace rover;
using Vector = std::vector<double>;

TEST_CASE("tanh is exact to rounding of 1, odd, and ends at 1") {
  Vector x(48), way{-800, -20, -1, -1e-8, 0, 1e-8, 0.3, 1, 5, 20, 800};
  std::copy(way.begin(), way.end(), x.begin());
  kernels::tanh_in_place(x);
  for (std::size_t k = 0; k < way.size(); ++k) CHECK(std::abs(x[k] - std::tanh(way[k])) <= 2.3e-16);
  Vector slopes(48, 2.0);
  kernels::tanh_slopes(x, slopes);
  for (std::size_t k = 0; k < way.size(); ++k) CHECK(std::abs(slopes[k] - 2 * (1 - x[k] * x[k])) <= 5e-16);
}

TEST_CASE("cross-entropy and its slopes agree with their scalar references; the padding counts for nothing") {
  RandomStream stream = make_stream(1, 0, "logits");
  for (const std::size_t samples : {1, 5, 16, 150, 1500})  // 1500: more than one product of sums
    for (const std::size_t classes : {2, 3, 10})
      for (const double scale : {1.0, 300.0}) {
        const std::size_t n = (samples + 15) / 16 * 16;
        Vector logits(classes * n), targets(classes * n), fast(classes * n), slow(classes * n);
        stream.normals(logits);
        for (double& z : logits) z *= scale;
        for (std::size_t s = 0; s < samples; ++s) targets[stream.below(classes) * n + s] = 1;
        const double expected = kernels::reference::cross_entropy(logits, targets, n, samples);
        CHECK(std::abs(kernels::cross_entropy(logits, targets, n, samples) - expected) <= 1e-13 * expected + 1e-14);
        kernels::cross_entropy_slopes(logits, targets, n, samples, 0.5, fast);
        kernels::reference::cross_entropy_slopes(logits, targets, n, samples, 0.5, slow);
        double worst = 0;
        for (std::size_t k = 0; k < fast.size(); ++k) worst = std::max(worst, std::abs(fast[k] - slow[k]));
        CHECK(worst <= 1e-15);
      }
}
