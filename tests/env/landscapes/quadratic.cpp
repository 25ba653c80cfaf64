#include "env/landscapes/quadratic.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "env/landscapes/linear_algebra.h"

using namespace rover;

TEST_CASE("a quadratic is |Ax - b|^2") {
  const Quadratic f({1, 2, 0, 3}, {1, -1});  // b = A x* = (−1, −3)
  const double x[2] = {2, 1};                // Ax − b = (4 + 1, 3 + 3)
  CHECK(f.value(x) == 25 + 36);
  double g[2], h[4];
  f.gradients(x, g, nullptr);  // 2 Aᵀr = 2 (5, 10 + 18)
  f.hessians(x, h);            // 2 AᵀA = 2 (1, 2; 2, 13)
  CHECK((g[0] == 10 && g[1] == 56));
  CHECK((h[0] == 2 && h[1] == 4 && h[2] == 4 && h[3] == 26));
}

TEST_CASE("condition numbers of matrices with known singular values") {
  CHECK(condition_number(std::vector<double>{1, 0, 0, 1}) == doctest::Approx(1));
  CHECK(condition_number(std::vector<double>{0, -8, 2, 0}) == doctest::Approx(4));
  CHECK(condition_number(std::vector<double>{1, 1, 0, 1}) ==
        doctest::Approx((3 + std::sqrt(5)) / 2));  // σ = golden ratio and its inverse
  CHECK(std::isinf(condition_number(std::vector<double>{1, 0, 0, 0})));
}

TEST_CASE("random rotations are orthogonal with determinant 1") {
  RandomStream stream = make_stream(1, 0, "rotation");
  for (int k = 0; k < 20; ++k) {
    const auto r = random_rotation(2, stream);
    CHECK(r[0] * r[3] - r[1] * r[2] == doctest::Approx(1));
  }
  const std::size_t d = 7;
  const auto r = random_rotation(d, stream);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      CHECK(std::abs(dot(Reals(r).subspan(i * d, d), Reals(r).subspan(j * d, d)) - (i == j)) < 1e-14);
}

TEST_CASE("drawn quadratics keep the bounds of their law") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto f = draw_quadratic(2, seed);
    CHECK(condition_number(f->matrix()) <= 20);
    const Optimum optimum = *f->optimum();
    RandomStream stream = make_stream(seed, 0, "start");
    double start[2];
    f->sample_start(stream, start);
    const double away = std::hypot(start[0] - optimum.point[0], start[1] - optimum.point[1]);
    CHECK((away >= 3 && away <= 15 + 1e-12));
    for (const double x : optimum.point) CHECK((x >= -5 && x <= 5));
    CHECK(f->value(optimum.point) == 0);
  }
  CHECK(condition_number(draw_quadratic(20, 1)->matrix()) <= 20 + 1e-9);
}
