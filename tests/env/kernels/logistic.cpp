#include "env/kernels/logistic.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "env/kernels/columns.h"

using namespace rover;
using Vector = std::vector<double>;

TEST_CASE("the logistic loss agrees with log1p to rounding, however large the margins") {
  RandomStream stream = make_stream(1, 0, "margins");
  for (const double scale : {1e-3, 1.0, 30.0, 1000.0}) {
    Vector margins(9600), slopes(9600), expected(9600);
    stream.normals(margins);
    for (double& m : margins) m *= scale;
    const double slow = kernels::reference::logistic_loss(margins);
    CHECK(std::abs(kernels::logistic_loss(margins) - slow) <= 1e-13 * slow);
    kernels::logistic_slopes(margins, slopes);
    kernels::reference::logistic_slopes(margins, expected);
    for (std::size_t s = 0; s < margins.size(); ++s) REQUIRE(std::abs(slopes[s] - expected[s]) <= 1e-15);
  }
  CHECK(kernels::logistic_loss(Vector(16, kernels::settled_margin)) == 0);
}

TEST_CASE(
    "the logistic slice agrees with its scalar reference, where exponentials factorise and where they would overflow") {
  RandomStream stream = make_stream(2, 0, "margins");
  Vector margins(512), u(512), v(512), scratch;
  for (const double scale : {1.0, 20.0, 200.0})
    for (const double resolution : {1e-6, 0.3, 10.0})
      for (const std::size_t side : {2, 3, 6, 12}) {
        for (Vector* column : {&margins, &u, &v}) stream.normals(*column);
        for (double& m : margins) m *= scale;
        for (std::size_t s = 500; s < 512; ++s) margins[s] = kernels::settled_margin, u[s] = v[s] = 0;
        Vector fast(side * side), slow(side * side);
        kernels::logistic_grid(margins, u, v, resolution, side, fast, scratch);
        kernels::reference::logistic_grid(margins, u, v, resolution, side, slow);
        double worst = 0;
        for (std::size_t k = 0; k < fast.size(); ++k) worst = std::max(worst, std::abs(fast[k] / slow[k] - 1));
        CAPTURE(scale);
        CAPTURE(resolution);
        CAPTURE(side);
        CHECK(worst <= 2e-13);  // exponents up to 300 are rounded to 300 eps, that is 7e-14, in either form
      }
}

TEST_CASE("a margin that is not a number does not vanish") {
  Vector margins(16, 1.0), u(16, 1.0), grid(4), scratch, slopes(16);
  margins[3] = NAN;
  CHECK(std::isnan(kernels::logistic_loss(margins)));
  kernels::logistic_slopes(margins, slopes);
  CHECK(std::isnan(slopes[3]));
  kernels::logistic_grid(margins, u, u, 0.1, 2, grid, scratch);
  for (const double cell : grid) CHECK(std::isnan(cell));
}
