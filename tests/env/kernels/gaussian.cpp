#include "env/kernels/gaussian.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "env/landscapes/gaussian_field.h"

using namespace rover;

TEST_CASE("the Gaussian kernels agree with their scalar reference, whatever the number of points") {
  RandomStream stream = make_stream(3, 0, "kernel");
  for (const std::uint64_t seed : {1, 2, 3}) {
    for (const auto& field : {draw_valley(seed, true), draw_saddle(seed, true)}) {
      const kernels::GaussianProcess& process = field->process();
      double scale = 0, reduction = 0;  // rounding is relative to the terms, which cancel between anchors
      for (std::size_t k = 0; k < process.count; ++k) {
        scale += std::abs(process.weights[k]);
        for (std::size_t l = 0; l < process.count; ++l) reduction += std::abs(process.reduction[k][l]);
      }
      for (std::size_t n = 1; n <= 20; ++n) {
        std::vector<double> points(2 * n), means(n), deviations(n), slow_means(n), slow_deviations(n), alone(n);
        for (double& x : points) x = stream.uniform(-6, 6);
        kernels::gaussian_values(process, points, means, deviations);
        kernels::gaussian_values(process, points, alone, {});
        kernels::reference::gaussian_values(process, points, slow_means, slow_deviations);
        CHECK(alone == means);
        for (std::size_t p = 0; p < n; ++p) {
          CHECK(std::abs(means[p] - slow_means[p]) <= 1e-14 * scale);
          CHECK(std::abs(deviations[p] * deviations[p] - slow_deviations[p] * slow_deviations[p]) <=
                1e-14 * (reduction + process.prior));
        }
      }
    }
  }
}

TEST_CASE("a grid has the bits of its points") {
  const auto field = draw_saddle(4, true);
  const double centre[2] = {0.7, -1.3};
  for (std::size_t n = 2; n <= 13; ++n) {
    const Slice slice{0, 1, 0.37};
    std::vector<double> points(2 * n * n), expected(n * n), expected_deviations(n * n), grid(n * n), deviations(n * n);
    slice_points(centre, slice, n, points);
    kernels::gaussian_values(field->process(), points, expected, expected_deviations);
    kernels::gaussian_grid(field->process(), centre[0], centre[1], slice.resolution, n, grid, deviations);
    CHECK(grid == expected);
    CHECK(deviations == expected_deviations);
  }
}

TEST_CASE("far away the field is exactly flat, never NaN") {
  const auto field = draw_plateau(1, true);
  const std::vector<double> points{1e3, -1e3, 1e8, 1e8, -1e154, 1e154};
  std::vector<double> means(3), deviations(3);
  kernels::gaussian_values(field->process(), points, means, deviations);
  for (const double mean : means) CHECK(mean == 0);
  for (const double deviation : deviations) CHECK(deviation == std::sqrt(field->process().prior));
}
