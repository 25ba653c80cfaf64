#include "env/analytic_heading.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/settings.h"

using namespace rover;

namespace {

/// Samples of f(u, v) on [−1, 1]², first index along u.
template <class F>
std::vector<float> sample(std::size_t n, F&& f) {
  std::vector<float> grid;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      const double half = (static_cast<double>(n) - 1) / 2;
      grid.push_back(static_cast<float>(f(static_cast<double>(a) / half - 1, static_cast<double>(b) / half - 1)));
    }
  return grid;
}

struct Answer {
  float direction[2], norm;
};

Answer ask(const std::string& name, const std::vector<float>& grid, std::size_t n) {
  Answer answer{};
  make_analytic_heading(name)->headings(grid, n, answer.direction, {&answer.norm, 1}, {});
  return answer;
}

}  // namespace

TEST_CASE("the fit recovers every coefficient of a quadratic, for odd and even n") {
  for (const std::size_t n : {3, 4, 8, 11}) {
    const auto fit = fit_grid(
        sample(n,
               [](double u, double v) { return 0.3 + 0.5 * u - 0.25 * v + 0.8 * u * u + 0.4 * u * v - 0.6 * v * v; }),
        n);
    // the grid is single precision: entries of size ≤ 2.9 carry errors ≤ 1.2e-7, at most a few times that after
    // projection
    CHECK(fit.gradient[0] == doctest::Approx(0.5).epsilon(1e-5));
    CHECK(fit.gradient[1] == doctest::Approx(-0.25).epsilon(1e-5));
    CHECK(fit.h_uu == doctest::Approx(1.6).epsilon(1e-5));
    CHECK(fit.h_uv == doctest::Approx(0.4).epsilon(1e-5));
    CHECK(fit.h_vv == doctest::Approx(-1.2).epsilon(1e-5));
  }
}

TEST_CASE("newton-fit points at a quadratic's minimum, the gradient downhill") {
  const auto grid =
      sample(8, [](double u, double v) { return 0.5 * (u - 0.6) * (u - 0.6) + 2 * (v + 0.2) * (v + 0.2); });
  const auto newton = ask("newton-fit", grid, 8);
  CHECK(newton.direction[1] / newton.direction[0] ==
        doctest::Approx(-0.2 / 0.6).epsilon(2e-3));  // the damping 1e-3 against λ = 1, 4
  CHECK(newton.norm == doctest::Approx(std::hypot(0.6, 0.2)).epsilon(2e-3));
  const auto gradient = ask("least-squares-gradient", grid, 8);
  CHECK(gradient.direction[1] / gradient.direction[0] == doctest::Approx(-0.8 / 0.6).epsilon(1e-5));
  CHECK(gradient.norm == doctest::Approx(1.0).epsilon(1e-5));
}

TEST_CASE("newton-fit leaves a saddle along its negative curvature") {
  // f = u² − v² + 0.1v, rotated by 45°: plain Newton would climb back to the saddle
  const auto grid = sample(8, [](double a, double b) {
    const double u = (a + b) / std::sqrt(2.0), v = (b - a) / std::sqrt(2.0);
    return u * u - v * v + 0.1 * v;
  });
  const auto newton = ask("newton-fit", grid, 8);
  CHECK(newton.direction[0] == doctest::Approx(std::sqrt(0.5)).epsilon(1e-4));
  CHECK(newton.direction[1] == doctest::Approx(-std::sqrt(0.5)).epsilon(1e-4));
}

TEST_CASE("a flat grid gives a finite unit vector, a batch its rows") {
  for (const auto& name : analytic_headings()) {
    const auto flat = ask(name, std::vector<float>(64, 0), 8);
    CHECK(std::hypot(flat.direction[0], flat.direction[1]) == 1);
    CHECK(flat.norm == 0);

    auto two = sample(5, [](double u, double) { return u; });
    const auto other = sample(5, [](double u, double v) { return v * v + u * v - v; });
    two.insert(two.end(), other.begin(), other.end());
    float directions[4], norms[2];
    make_analytic_heading(name)->headings(two, 5, directions, norms, {});
    CHECK(directions[0] == doctest::Approx(-1));
    const auto alone = ask(name, other, 5);
    CHECK(directions[2] == alone.direction[0]);
    CHECK(directions[3] == alone.direction[1]);
    CHECK(norms[1] == alone.norm);
  }
}

TEST_CASE("unknown headings and tiny grids are refused") {
  CHECK_THROWS_AS(make_analytic_heading("newton"), UsageError);
  CHECK_THROWS_AS(ask("newton-fit", std::vector<float>(4), 2), UsageError);
}
