#include "env/landscapes/test_functions.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "core/settings.h"

using namespace rover;

namespace {

double value(std::string_view id, std::vector<double> x) { return make_test_function(id, x.size())->value(x); }

constexpr double pi = std::numbers::pi, e = std::numbers::e;
const auto near = [](double expected) { return doctest::Approx(expected).epsilon(1e-13); };

}  // namespace

TEST_CASE("the formulas of section 6.3 as the paper writes them") {
  for (const auto& [a, b] : {std::pair{0.3, -1.7}, std::pair{-2.1, 0.6}, std::pair{1.9, 3.2}}) {
    CHECK(value("rosenbrock", {a, b}) == near(100 * std::pow(b - a * a, 2) + std::pow(a - 1, 2)));
    CHECK(value("ackley", {a, b}) == near(-20 * std::exp(-0.2 * std::sqrt((a * a + b * b) / 2)) -
                                          std::exp((std::cos(2 * pi * a) + std::cos(2 * pi * b)) / 2) + 20 + e));
    CHECK(value("rastrigin", {a, b}) ==
          near(20 + a * a - 10 * std::cos(2 * pi * a) + b * b - 10 * std::cos(2 * pi * b)));
    CHECK(value("mccormick", {a, b}) == near(std::sin(a + b) + std::pow(a - b, 2) - 1.5 * a + 2.5 * b + 1));
    CHECK(value("styblinski", {a, b}) ==
          near((std::pow(a, 4) - 16 * a * a + 5 * a + std::pow(b, 4) - 16 * b * b + 5 * b) / 2));
    CHECK(value("beale", {a, b}) == near(std::pow(1.5 - a + a * b, 2) + std::pow(2.25 - a + a * b * b, 2) +
                                         std::pow(2.625 - a + a * b * b * b, 2)));
    CHECK(value("griewank", {a, b}) == near(1 + (a * a + b * b) / 4000 - std::cos(a) * std::cos(b / std::sqrt(2.0))));
    CHECK(value("sphere", {a, b}) == near(a * a + b * b));
  }
}

TEST_CASE("published optima") {
  struct Published {
    const char* id;
    double x, y, value;
  };
  for (const auto& [id, x, y, f] : {Published{"rosenbrock", 1, 1, 0},
                                    {"ackley", 0, 0, 0},
                                    {"rastrigin", 0, 0, 0},
                                    {"mccormick", -0.54719755, -1.54719755, -1.91322295},
                                    {"styblinski", -2.90353403, -2.90353403, -78.33233141},
                                    {"beale", 3, 0.5, 0},
                                    {"sphere", 0, 0, 0},
                                    {"griewank", 0, 0, 0}}) {
    CAPTURE(id);
    const Optimum optimum = *make_test_function(id, 2)->optimum();
    CHECK(std::abs(optimum.point[0] - x) < 1e-8);
    CHECK(std::abs(optimum.point[1] - y) < 1e-8);
    CHECK(std::abs(optimum.value - f) < 1e-8);
  }
  CHECK(make_test_function("styblinski", 10)->optimum()->value == doctest::Approx(-391.66165704).epsilon(1e-10));
}

TEST_CASE("optima are exact to rounding: the gradient there is nothing but rounding") {
  for (const TestFunctionInfo& info : test_functions()) {
    CAPTURE(info.id);
    const auto f = make_test_function(info.id, 2);
    double g[2];
    f->gradients(f->optimum()->point, g, nullptr);
    CHECK(std::hypot(g[0], g[1]) < 1e-12);
  }
}

TEST_CASE("values next to an optimum at 0 keep their digits") {
  CHECK(value("rastrigin", {1e-9, 0}) == doctest::Approx(1e-18 * (1 + 20 * pi * pi)).epsilon(1e-9));
  CHECK(value("ackley", {1e-9, 0}) == doctest::Approx(4 * 1e-9 / std::sqrt(2.0)).epsilon(1e-6));
}

TEST_CASE("McCormick falls below its optimum outside its domain, as the catalogue says") {
  CHECK(value("mccormick", {-0.54719755 - pi, -1.54719755 - pi}) < -1.9133);
  for (const TestFunctionInfo& info : test_functions()) CHECK(info.unbounded == (info.id == "mccormick"));
}

TEST_CASE("slices in many dimensions agree with values, also where neighbours share a term, and near the optimum") {
  const std::size_t d = 100, n = 4;
  for (const char* id : {"rosenbrock", "ackley", "rastrigin", "styblinski", "sphere", "griewank"})
    for (const double away : {1.0, 1e-6}) {
      const auto f = make_test_function(id, d);
      std::vector<double> x(d), points(n * n * d), expected(n * n), grid(n * n);
      RandomStream stream = make_stream(1, 0, "point");
      for (std::size_t k = 0; k < d; ++k) x[k] = f->optimum()->point[k] + away * stream.normal();
      for (const Slice slice : {Slice{3, 4, 0.2 * away}, Slice{4, 3, 0.2 * away}, Slice{0, 99, 0.2 * away},
                                Slice{98, 99, 0.2 * away}, Slice{50, 48, 0.2 * away}, Slice{7, 7, 0.2 * away}}) {
        CAPTURE(id);
        CAPTURE(slice.i);
        slice_points(x, slice, n, points);
        f->values(points, expected, nullptr);
        f->slices(x, {&slice, 1}, n, grid, nullptr);
        // Sums of 100 positive terms: the order of addition moves them by 100 eps at most; Griewank's 1 - product by as
        // much of 1.
        const double tolerance = std::string_view(id) == "griewank" ? 2e-14 : 0;
        for (std::size_t k = 0; k < n * n; ++k)
          CHECK(std::abs(grid[k] - expected[k]) <= 3e-14 * std::abs(expected[k]) + tolerance);
      }
    }
}

TEST_CASE("in the plane a slice has the bits of its values") {
  const double x[2] = {0.37, -1.1};
  for (const TestFunctionInfo& info : test_functions())
    for (const Slice slice : {Slice{0, 1, 0.3}, Slice{1, 0, 0.01}}) {
      const auto f = make_test_function(info.id, 2);
      std::vector<double> points(128), expected(64), grid(64);
      slice_points(x, slice, 8, points);
      f->values(points, expected, nullptr);
      f->slices(x, {&slice, 1}, 8, grid, nullptr);
      CHECK(grid == expected);
    }
}
