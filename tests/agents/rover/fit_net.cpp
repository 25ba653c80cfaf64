#include "agents/rover/fit_net.h"

#include <doctest/doctest.h>

#include "tests/agents/rover/grids.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

using testing::look;

const FitNetOptions both_kinds[] = {{.grid_size = 8, .hidden = 32, .robust = false},
                                    {.grid_size = 6, .hidden = 20, .robust = true}};

// f = (u, v)·g + ½ (u, v)H(u, v)ᵀ over [−1, 1]², rescaled.
std::vector<float> quadratic_grid(std::size_t n, const double g[2], const double h[3]) {
  std::vector<float> out;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      const double u = 2 * static_cast<double>(a) / static_cast<double>(n - 1) - 1,
                   v = 2 * static_cast<double>(b) / static_cast<double>(n - 1) - 1;
      out.push_back(static_cast<float>(g[0] * u + g[1] * v + (h[0] * u * u + 2 * h[1] * u * v + h[2] * v * v) / 2));
    }
  return out;
}

}  // namespace

TEST_CASE("FitNet turns with the surface") {
  for (const auto& options : both_kinds) {
    const FitNet net(options, 3);
    CHECK(testing::worst_turn(net, testing::smooth_grids(40, options.grid_size, 1), options.grid_size) < 1e-4);
  }
}

TEST_CASE("FitNet proposes the gradient and the Newton step of a quadratic") {
  struct Case {
    double g[2], h[3];
  };
  for (const Case& c : {Case{{0.7, -1.2}, {2, 0.5, 1}}, Case{{-0.4, 0.3}, {1.5, -0.8, -1}}}) {  // a bowl and a saddle
    for (const auto& options : both_kinds) {
      const FitNet net(options, 3);
      const std::size_t n = options.grid_size;
      auto grid = quadratic_grid(n, c.g, c.h);
      const auto [low, high] = std::ranges::minmax(grid);
      const double range = high - low;
      testing::rescale(grid);
      std::vector<float> e(net.candidates() * 2), i(net.invariants());
      net.proposals(grid, e, i);
      CHECK(std::ranges::all_of(i, [](float x) { return std::isfinite(x); }));
      const double length = std::hypot(c.g[0], c.g[1]);
      // saddle-free Newton: −Σ q (q·g)/(|λ| + 1e-3), λ those of the rescaled grid
      const double mean = (c.h[0] + c.h[2]) / 2, half = (c.h[0] - c.h[2]) / 2, radius = std::hypot(half, c.h[1]);
      const double angle = std::atan2(c.h[1], half) / 2,
                   q[2][2] = {{std::cos(angle), std::sin(angle)}, {-std::sin(angle), std::cos(angle)}};
      const double curvature[2] = {(mean + radius) / range, (mean - radius) / range};
      double newton[2] = {0, 0};
      for (int k = 0; k < 2; ++k)
        for (int axis = 0; axis < 2; ++axis)
          newton[axis] -= q[k][axis] * (q[k][0] * c.g[0] + q[k][1] * c.g[1]) / range / (std::abs(curvature[k]) + 1e-3);
      const double newton_length = std::hypot(newton[0], newton[1]);
      for (const std::size_t fit : {0u, 4u})  // the cubic and the centre-weighted fit: both are exact here
        for (std::size_t axis = 0; axis < 2; ++axis) {
          CHECK(e[2 * fit + axis] == doctest::Approx(-c.g[axis] / length).epsilon(1e-4));
          CHECK(e[2 * (fit + 1) + axis] == doctest::Approx(newton[axis] / newton_length).epsilon(1e-3));
        }
    }
  }
}

TEST_CASE("a flat grid gives FitNet a finite unit vector") {
  for (const auto& options : both_kinds) {
    const FitNet net(options, 3);
    const auto seen = look(net, std::vector<float>(options.grid_size * options.grid_size), options.grid_size);
    CHECK(std::hypot(seen.directions[0], seen.directions[1]) == doctest::Approx(1));
    CHECK(std::isfinite(seen.norms[0]));
    CHECK(std::ranges::all_of(seen.features, [](float x) { return std::isfinite(x); }));
  }
}

TEST_CASE("FitNet: a batch is its rows, and the file is the net") {
  for (const auto& options : both_kinds) {
    const FitNet net(options, 3);
    const std::size_t n = options.grid_size, cells = n * n;
    const auto grids = testing::smooth_grids(70, n, 2);  // more than one chunk, and a tail
    const auto together = look(net, grids, n);
    for (std::size_t b = 0; b < 70; ++b) {
      const auto alone = look(net, std::span(grids).subspan(b * cells, cells), n);
      REQUIRE(alone.directions[0] == together.directions[2 * b]);
      REQUIRE(alone.directions[1] == together.directions[2 * b + 1]);
      REQUIRE(alone.norms[0] == together.norms[b]);
      REQUIRE(
          std::ranges::equal(alone.features, std::span(together.features).subspan(b * options.hidden, options.hidden)));
    }
    const Scratch scratch;
    Checkpoint out;
    net.save(out);
    out.write(scratch / "net.h5");
    const auto loaded = FitNet::load(Checkpoint::read(scratch / "net.h5"));
    CHECK(look(*loaded, grids, n) == together);
    CHECK(!(look(FitNet(options, 4), grids, n) == together));
  }
}

TEST_CASE("FitNet refuses what does not fit") {
  CHECK_THROWS_WITH_AS(FitNet({.grid_size = 3}, 0), "a FitNet needs grids of 4 to 64 cells a side, not 3", UsageError);
  CHECK_THROWS_WITH_AS(FitNet({.hidden = 0}, 0), "a FitNet needs hidden ≥ 1, at most 16384", UsageError);
  const FitNet net({.grid_size = 6}, 0);
  CHECK_THROWS_WITH_AS(look(net, std::vector<float>(64), 8), "this FitNet reads grids of 6×6", std::invalid_argument);
}

}  // namespace rover
