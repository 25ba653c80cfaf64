#include "env/kernels/quadratic.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/quadratic.cpp"
#include "hwy/foreach_target.h"  // compiles this file once a target

#include "env/kernels/grid-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {

void quadratic_grid(Reals residual, Reals column_i, Reals column_j, double resolution, std::size_t n, MutReals grid) {
  const Doubles d;
  const GridCells cells(n, resolution);
  for (std::size_t c = 0; c < grid.size(); c += hn::Lanes(d)) {
    Vec s, t, sum = hn::Zero(d);
    cells.offsets(c, s, t);
    for (std::size_t k = 0; k < residual.size(); ++k) {
      const Vec r =
          hn::MulAdd(t, hn::Set(d, column_j[k]), hn::MulAdd(s, hn::Set(d, column_i[k]), hn::Set(d, residual[k])));
      sum = hn::MulAdd(r, r, sum);
    }
    store_some(sum, grid.size() - c, &grid[c]);
  }
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(quadratic_grid);

void quadratic_grid(Reals residual, Reals column_i, Reals column_j, double resolution, std::size_t n, MutReals grid) {
  HWY_DYNAMIC_DISPATCH(quadratic_grid)(residual, column_i, column_j, resolution, n, grid);
}

void reference::quadratic_grid(Reals residual, Reals column_i, Reals column_j, double resolution, std::size_t n,
                               MutReals grid) {
  const double middle = (static_cast<double>(n) - 1) / 2;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      const double s = (static_cast<double>(a) - middle) * resolution,
                   t = (static_cast<double>(b) - middle) * resolution;
      double sum = 0;
      for (std::size_t k = 0; k < residual.size(); ++k) {
        const double r = residual[k] + s * column_i[k] + t * column_j[k];
        sum += r * r;
      }
      grid[a * n + b] = sum;
    }
}

}  // namespace rover::kernels
#endif
