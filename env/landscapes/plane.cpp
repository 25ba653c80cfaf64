#include "env/landscapes/plane.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

#include "env/landscapes/scratch.h"
#include "env/landscapes/varied.h"

namespace rover {
namespace {

using Point = std::array<double, 2>;

/// Nelder and Mead's simplex with their coefficients, from a point and two beside it, inside the box.
template <class F>
std::pair<Point, double> simplex_descent(const F& f, const Box& box, Point from, const Point& side, int steps) {
  struct Corner {
    Point x;
    double f;
  };
  const auto corner = [&](Point x) {
    for (std::size_t k = 0; k < 2; ++k) x[k] = std::clamp(x[k], box.low[k], box.high[k]);
    return Corner{x, f(x)};
  };
  const auto inward = [&](std::size_t k) { return from[k] + side[k] > box.high[k] ? -side[k] : side[k]; };
  std::array<Corner, 3> s{corner(from), corner({from[0] + inward(0), from[1]}), corner({from[0], from[1] + inward(1)})};
  for (int step = 0; step < steps; ++step) {
    std::ranges::sort(s, {}, &Corner::f);
    const Point middle{(s[0].x[0] + s[1].x[0]) / 2, (s[0].x[1] + s[1].x[1]) / 2};
    const auto along = [&](double t) {
      return corner({middle[0] + t * (s[2].x[0] - middle[0]), middle[1] + t * (s[2].x[1] - middle[1])});
    };
    const Corner reflected = along(-1);
    if (reflected.f < s[0].f) {
      const Corner expanded = along(-2);
      s[2] = expanded.f < reflected.f ? expanded : reflected;
    } else if (reflected.f < s[1].f) {
      s[2] = reflected;
    } else if (const Corner contracted = along(reflected.f < s[2].f ? -0.5 : 0.5);
               contracted.f < std::min(reflected.f, s[2].f)) {
      s[2] = contracted;
    } else {
      for (std::size_t k = 1; k < 3; ++k) s[k] = corner({(s[0].x[0] + s[k].x[0]) / 2, (s[0].x[1] + s[k].x[1]) / 2});
    }
  }
  const Corner& best = *std::ranges::min_element(s, {}, &Corner::f);
  return {best.x, best.f};
}

}  // namespace

Plane::Plane(std::string name, std::shared_ptr<const Landscape> base, std::vector<double> through, std::size_t i,
             std::size_t j)
    : name_(std::move(name)), base_(std::move(base)), through_(std::move(through)), i_(i), j_(j) {
  const std::size_t d = base_->dimension();
  if (i == j || i >= d || j >= d || through_.size() != d)
    throw std::invalid_argument("a plane needs two coordinates of its surface and a point on it");
  const Box& box = base_->domain();
  box_ = {{box.low[i], box.low[j]}, {box.high[i], box.high[j]}};
  optimum_ = search();
}

void Plane::values(Reals points, MutReals values, RandomStream*) const {
  const std::size_t d = through_.size();
  in_chunks(values.size(), d, [&](std::size_t first, std::size_t count) {
    Scratch scratch(count * d);
    const MutReals full = scratch.span();
    for (std::size_t k = 0; k < count; ++k) {
      std::ranges::copy(through_, full.begin() + static_cast<std::ptrdiff_t>(k * d));
      full[k * d + i_] = points[2 * (first + k)], full[k * d + j_] = points[2 * (first + k) + 1];
    }
    base_->values(full.first(count * d), values.subspan(first, count), nullptr);
  });
}

Optimum Plane::search() const {
  constexpr std::size_t n = 41, most = 12;
  const Point step{(box_.high[0] - box_.low[0]) / (n - 1), (box_.high[1] - box_.low[1]) / (n - 1)};
  std::vector<double> points, grid(n * n);
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      points.push_back(box_.low[0] + static_cast<double>(a) * step[0]);
      points.push_back(box_.low[1] + static_cast<double>(b) * step[1]);
    }
  values(points, grid, nullptr);
  std::vector<std::size_t> minima;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      bool lowest = true;
      for (std::size_t u = a - (a > 0); u <= std::min(a + 1, n - 1); ++u)
        for (std::size_t v = b - (b > 0); v <= std::min(b + 1, n - 1); ++v)
          lowest = lowest && grid[a * n + b] <= grid[u * n + v];
      if (lowest) minima.push_back(a * n + b);
    }
  std::ranges::sort(minima, {}, [&](std::size_t k) { return grid[k]; });
  minima.resize(std::min(minima.size(), most));
  const auto f = [&](const Point& x) { return value(x); };
  Optimum best{{points[2 * minima[0]], points[2 * minima[0] + 1]}, grid[minima[0]]};
  for (const std::size_t k : minima) {
    Point x{points[2 * k], points[2 * k + 1]};
    double side = 0.5;  // in cells; a simplex that has collapsed on the way gets a new one
    for (int again = 0; again < 3; ++again, side *= 1e-2) {
      const auto [at, lowest] = simplex_descent(f, box_, x, {side * step[0], side * step[1]}, 150);
      x = at;
      if (lowest < best.value) best = {{x[0], x[1]}, lowest};
    }
  }
  return best;
}

std::shared_ptr<const Landscape> draw_plane(std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "plane");
  const std::size_t d = 3 + stream.below(8);
  const auto& families = varied_families();
  const std::shared_ptr<const Landscape> base =
      draw_varied(families[stream.below(families.size())], d, derive_seed(seed, 0, "varied"));
  const std::size_t i = stream.below(d), j = (i + 1 + stream.below(d - 1)) % d;
  std::vector<double> through = base->optimum()->point;
  const double way = std::pow(stream.uniform(), 2);
  for (std::size_t k = 0; k < d; ++k)
    through[k] += way * (stream.uniform(base->domain().low[k], base->domain().high[k]) - through[k]);
  return std::make_shared<Plane>("plane", base, std::move(through), i, j);
}

}  // namespace rover
