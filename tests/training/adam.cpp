#include "training/adam.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/storage/scratch.h"

namespace rover {

TEST_CASE("Adam: the first steps in closed form") {
  // step 1: m̂ = g₁, v̂ = g₁²; step 2: m̂ = (0.09 g₁ + 0.1 g₂)/0.19, v̂ = (0.000999 g₁² + 0.001 g₂²)/0.001999
  constexpr double rate = 0.01, g1[] = {3, -1e-3, 0}, g2[] = {-1, 2e-3, 0};
  std::vector<float> w{1, 2, 3}, first{3, -1e-3f, 0}, second{-1, 2e-3f, 0};
  Adam<float> adam(3);
  adam.update(w, first, rate);
  double expected[] = {1, 2, 3};
  for (std::size_t k = 0; k < 3; ++k) {
    expected[k] -= rate * g1[k] / (std::abs(g1[k]) + 1e-8);
    CHECK(w[k] == doctest::Approx(expected[k]).epsilon(1e-7));
  }
  adam.update(w, second, rate);
  for (std::size_t k = 0; k < 3; ++k) {
    const double mean = (0.09 * g1[k] + 0.1 * g2[k]) / 0.19,
                 square = (0.000999 * g1[k] * g1[k] + 0.001 * g2[k] * g2[k]) / 0.001999;
    expected[k] -= rate * mean / (std::sqrt(square) + 1e-8);
    CHECK(w[k] == doctest::Approx(expected[k]).epsilon(3e-7));
  }
  CHECK(w[2] == 3);
}

TEST_CASE("Adam: a constant gradient moves by the learning rate, whatever its size") {
  std::vector<float> w{0, 0};
  Adam<float> adam(2);
  for (int k = 0; k < 200; ++k) adam.update(w, std::vector<float>{1e-4f, -1e3f}, 0.01);
  CHECK(w[0] == doctest::Approx(-2).epsilon(2e-4));
  CHECK(w[1] == doctest::Approx(2).epsilon(2e-4));
}

TEST_CASE("Adam in double, with a shorter memory of squares: the second step in closed form") {
  std::vector<double> w{1};
  Adam<double> adam(1, 0.9, 0.99);
  for (const double g : {2.0, -1.0}) adam.update(w, std::vector<double>{g}, 0.1);
  const double mean = (0.09 * 2 - 0.1) / 0.19, square = (0.0099 * 4 + 0.01) / 0.0199;
  CHECK(w[0] == doctest::Approx(1 - 0.1 - 0.1 * mean / std::sqrt(square)).epsilon(1e-7));
}

TEST_CASE("Adam: saved and loaded it goes on with the same bits") {
  const std::vector<float> g{1, -2, 0.5f};
  std::vector<float> w{1, 2, 3};
  Adam<float> adam(3);
  for (int k = 0; k < 5; ++k) adam.update(w, g, 0.1);
  Checkpoint stored;
  adam.save(stored, "adam/");
  auto w2 = w;
  Adam<float> other(3);
  other.update(w2, g, 0.3);
  w2 = w;
  other.load(stored, "adam/");
  adam.update(w, g, 0.1), other.update(w2, g, 0.1);
  CHECK(w == w2);
  Adam<float> narrow(2);
  CHECK(error_of([&] { narrow.load(stored, "adam/"); }) == "checkpoint entry 'adam/mean' holds 3 values, not 2");
}

}  // namespace rover
