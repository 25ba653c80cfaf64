#include "env/kernels/quadratic.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace rover;

TEST_CASE("the quadratic slice agrees with its scalar reference") {
  RandomStream stream = make_stream(3, 0, "kernel");
  for (const std::size_t d : {1, 2, 3, 10})
    for (std::size_t n = 2; n <= 13; ++n) {
      std::vector<double> residual(d), column_i(d), column_j(d), grid(n * n), slow(n * n);
      for (auto* v : {&residual, &column_i, &column_j}) stream.normals(*v);
      kernels::quadratic_grid(residual, column_i, column_j, 0.3, n, grid);
      kernels::reference::quadratic_grid(residual, column_i, column_j, 0.3, n, slow);
      for (std::size_t k = 0; k < n * n; ++k) CHECK(std::abs(grid[k] - slow[k]) <= 1e-13 * (slow[k] + 1));
    }
}
