#include <doctest/doctest.h>

#include <cmath>

#include "agents/search/stencil.h"
#include "agents/search/window.h"
#include "core/random.h"
#include "core/settings.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

Symmetric2 draw(RandomStream& random) { return {random.uniform(-2, 2), random.uniform(-2, 2), random.uniform(-2, 2)}; }

}  // namespace

TEST_CASE("a matrix is composed again of its eigenvalues and eigenvectors") {
  RandomStream random = make_stream(2, 0, "test");
  const auto check = [](const Symmetric2& m) {
    const Eigen2 e = eigen(m);
    const Symmetric2 again = compose(e.high, e.low, e.c, e.s);
    CHECK(e.high >= e.low);
    CHECK(e.c * e.c + e.s * e.s == doctest::Approx(1).epsilon(1e-14));
    CHECK(std::fabs(again.xx - m.xx) < 1e-14 * 8);
    CHECK(std::fabs(again.xy - m.xy) < 1e-14 * 8);
    CHECK(std::fabs(again.yy - m.yy) < 1e-14 * 8);
  };
  for (int k = 0; k < 200; ++k) check(draw(random));
  for (const Symmetric2& m :
       {Symmetric2{1, 0, 1}, {0, 0, 0}, {1, 0, 3}, {3, 0, 1}, {0, 1, 0}, {0, -1, 0}, {1, 1e-9, -1}, {-1, 1e-9, 1}})
    check(m);
}

TEST_CASE("window coordinates and back") {
  RandomStream random = make_stream(3, 0, "test");
  SearchWindow window;
  window.resolution = 0.01;
  for (int k = 0; k < 50; ++k) {
    window.stretch(draw(random), 36);
    const double a = random.uniform(-2, 2), b = random.uniform(-2, 2);
    double dx, dy;
    window.to_square(a, b, dx, dy);
    const Whitening w = window.whitening();
    CHECK(w.xx * dx + w.xy * dy == doctest::Approx(a).epsilon(1e-10));
    CHECK(w.xy * dx + w.yy * dy == doctest::Approx(b).epsilon(1e-10));
    const Symmetric2& m = window.metric;
    CHECK(m.xx * m.yy - m.xy * m.xy == doctest::Approx(1).epsilon(1e-10));
    CHECK(window.aspect() <= 36 * (1 + 1e-10));
  }
}

TEST_CASE("the window is stretched by |H|^-1/2: in it the curvature is the same along both axes") {
  // f = ½(100 p² ± q²) with axes turned by .6, seen from a round window.
  for (const double sign : {1.0, -1.0}) {
    const Symmetric2 hessian = compose(100, sign, std::cos(0.6), std::sin(0.6));
    SearchWindow window;
    window.stretch(hessian, 36);
    CHECK(window.aspect() == doctest::Approx(10).epsilon(1e-10));
    // Stretching twice equals stretching once: the Hessian is now in window coordinates, M H M.
    const Symmetric2 m = window.metric;
    const double p = m.xx * hessian.xx + m.xy * hessian.xy, q = m.xx * hessian.xy + m.xy * hessian.yy;
    const double r = m.xy * hessian.xx + m.yy * hessian.xy, s = m.xy * hessian.xy + m.yy * hessian.yy;
    const Symmetric2 seen{p * m.xx + q * m.xy, p * m.xy + q * m.yy, r * m.xy + s * m.yy};
    const Eigen2 e = eigen(seen);
    CHECK(std::fabs(e.high / e.low) == doctest::Approx(1).epsilon(1e-9));
    window.stretch(seen, 36);
    CHECK(window.metric.xx == doctest::Approx(m.xx).epsilon(1e-9));
    CHECK(window.metric.xy == doctest::Approx(m.xy).epsilon(1e-9));
  }
  SearchWindow window;
  window.stretch({1, 0, 0}, 4);
  CHECK(window.aspect() == doctest::Approx(4));
}

TEST_CASE("stencils") {
  const Stencil grid("grid", 4), ring("ring", 5);
  CHECK(grid.size() == 16);
  CHECK(grid.a(0) == -1);
  CHECK(grid.b(15) == 1);
  CHECK(grid.b(1) == doctest::Approx(-1.0 / 3));
  CHECK(ring.size() == 6);
  CHECK(ring.a(0) == 0);
  for (std::size_t k = 1; k < 6; ++k) CHECK(std::hypot(ring.a(k), ring.b(k)) == doctest::Approx(1));
  CHECK(error_of([] { Stencil("grid", 1); }).find("2 (a ring 3) to 16") != std::string::npos);
}

}  // namespace rover
