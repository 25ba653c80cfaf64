#include "env/kernels/gaussian.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/gaussian.cpp"
#include "hwy/foreach_target.h"  // compiles this file once a target

#include "env/kernels/grid-inl.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {

struct Whitened {
  Vec u, v;
};

/// exp(−½‖z − a_k‖²)
HWY_INLINE Vec bump(const GaussianProcess& process, std::size_t k, Whitened z) {
  const Doubles d;
  const Vec du = hn::Sub(z.u, hn::Set(d, process.anchors[k][0])), dv = hn::Sub(z.v, hn::Set(d, process.anchors[k][1]));
  return hn::Exp(d, hn::Mul(hn::MulAdd(du, du, hn::Mul(dv, dv)), hn::Set(d, -0.5)));
}

/// `place(i, x, y)` gives the coordinates of points i, i + 1, …
template <class Place>
HWY_INLINE void evaluate(const GaussianProcess& process, MutReals means, MutReals deviations, const Place& place) {
  const Doubles d;
  const auto set = [d](double value) { return hn::Set(d, value); };
  const double* w = process.whiten;
  for (std::size_t i = 0; i < means.size(); i += hn::Lanes(d)) {
    Vec x, y;
    place(i, x, y);
    const Whitened z{hn::MulAdd(set(w[0]), x, hn::Mul(set(w[1]), y)), hn::MulAdd(set(w[2]), x, hn::Mul(set(w[3]), y))};
    const std::size_t left = means.size() - i;
    const Vec e0 = bump(process, 0, z);
    Vec mean = hn::Mul(set(process.weights[0]), e0), explained = hn::Mul(set(process.reduction[0][0]), hn::Mul(e0, e0));
    if (process.count > 1) {
      const Vec e1 = bump(process, 1, z), e2 = bump(process, 2, z), e3 = bump(process, 3, z);
      mean = hn::MulAdd(set(process.weights[1]), e1, mean);
      mean = hn::MulAdd(set(process.weights[2]), e2, mean);
      mean = hn::MulAdd(set(process.weights[3]), e3, mean);
      if (!deviations.empty()) {
        const auto row = [&](std::size_t k) {
          const double* r = process.reduction[k];
          return hn::MulAdd(set(r[0]), e0,
                            hn::MulAdd(set(r[1]), e1, hn::MulAdd(set(r[2]), e2, hn::Mul(set(r[3]), e3))));
        };
        explained = hn::MulAdd(row(0), e0, hn::MulAdd(row(1), e1, hn::MulAdd(row(2), e2, hn::Mul(row(3), e3))));
      }
    }
    store_some(mean, left, &means[i]);
    if (!deviations.empty())
      store_some(hn::Sqrt(hn::Max(hn::Sub(set(process.prior), explained), hn::Zero(d))), left, &deviations[i]);
  }
}

void gaussian_values(const GaussianProcess& process, Reals points, MutReals means, MutReals deviations) {
  evaluate(process, means, deviations, [&](std::size_t i, Vec& x, Vec& y) {
    const Doubles d;
    if (means.size() - i >= hn::Lanes(d)) {
      hn::LoadInterleaved2(d, &points[2 * i], x, y);
    } else {
      double rest[2 * max_lanes] = {};
      std::copy(points.begin() + static_cast<std::ptrdiff_t>(2 * i), points.end(), rest);
      hn::LoadInterleaved2(d, rest, x, y);
    }
  });
}

void gaussian_grid(const GaussianProcess& process, double cx, double cy, double resolution, std::size_t n,
                   MutReals means, MutReals deviations) {
  const GridCells cells(n, resolution);
  evaluate(process, means, deviations, [&](std::size_t i, Vec& x, Vec& y) {
    const Doubles d;
    cells.offsets(i, x, y);
    x = hn::Add(hn::Set(d, cx), x), y = hn::Add(hn::Set(d, cy), y);
  });
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(gaussian_values);
HWY_EXPORT(gaussian_grid);

void gaussian_values(const GaussianProcess& process, Reals points, MutReals means, MutReals deviations) {
  HWY_DYNAMIC_DISPATCH(gaussian_values)(process, points, means, deviations);
}

void gaussian_grid(const GaussianProcess& process, double x, double y, double resolution, std::size_t n, MutReals means,
                   MutReals deviations) {
  HWY_DYNAMIC_DISPATCH(gaussian_grid)(process, x, y, resolution, n, means, deviations);
}

void reference::gaussian_values(const GaussianProcess& process, Reals points, MutReals means, MutReals deviations) {
  const double* w = process.whiten;
  for (std::size_t p = 0; p < means.size(); ++p) {
    const double x = points[2 * p], y = points[2 * p + 1];
    double e[GaussianProcess::max_anchors], mean = 0, variance = process.prior;
    for (std::size_t k = 0; k < process.count; ++k) {
      const double u = w[0] * x + w[1] * y - process.anchors[k][0], v = w[2] * x + w[3] * y - process.anchors[k][1];
      e[k] = std::exp(-0.5 * (u * u + v * v));
      mean += process.weights[k] * e[k];
    }
    for (std::size_t k = 0; k < process.count; ++k)
      for (std::size_t l = 0; l < process.count; ++l) variance -= process.reduction[k][l] * e[k] * e[l];
    means[p] = mean;
    if (!deviations.empty()) deviations[p] = std::sqrt(std::max(variance, 0.0));
  }
}

}  // namespace rover::kernels
#endif
