// Per-target helpers; the guard toggles, as Highway's re-inclusion needs.
#if defined(ROVER_ENV_KERNELS_GRID_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef ROVER_ENV_KERNELS_GRID_INL
#undef ROVER_ENV_KERNELS_GRID_INL
#else
#define ROVER_ENV_KERNELS_GRID_INL
#endif

#include <cstddef>
#include <cstring>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Doubles = hn::ScalableTag<double>;
using Vec = hn::Vec<Doubles>;
inline constexpr std::size_t max_lanes = hn::MaxLanes(Doubles());

/// Walks the cells of an n×n grid in order, a whole vector of cells at a time, without a table of places.
struct GridCells {
  double n, middle, resolution;
  GridCells(std::size_t size, double step) : n(static_cast<double>(size)), middle((n - 1) / 2), resolution(step) {}

  /// The offsets of cells first, first + 1, … along the grid's two axes; rounds exactly like slice_points.
  HWY_INLINE void offsets(std::size_t first, Vec& along_i, Vec& along_j) const {
    const Doubles d;
    const Vec cell = hn::Iota(d, static_cast<double>(first));
    const Vec a =
        hn::Floor(hn::Mul(hn::Add(cell, hn::Set(d, 0.5)), hn::Set(d, 1 / n)));  // half a cell away from any tie
    const Vec b = hn::Sub(cell, hn::Mul(a, hn::Set(d, n)));
    along_i = hn::Mul(hn::Sub(a, hn::Set(d, middle)), hn::Set(d, resolution));
    along_j = hn::Mul(hn::Sub(b, hn::Set(d, middle)), hn::Set(d, resolution));
  }
};

/// Stores the first `count` lanes.
HWY_INLINE void store_some(Vec v, std::size_t count, double* out) {
  const Doubles d;
  if (count >= hn::Lanes(d)) {
    hn::StoreU(v, d, out);
  } else {
    HWY_ALIGN double lanes[max_lanes];
    hn::Store(v, d, lanes);
    std::memcpy(out, lanes, count * sizeof(double));
  }
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
