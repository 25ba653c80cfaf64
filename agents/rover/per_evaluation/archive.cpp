#include "agents/rover/per_evaluation/archive.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/rover/per_evaluation/archive.cpp"
// clang-format off: foreach_target.h includes this file once a target, and must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// No fused multiply-add, so that every target and the reference round alike.
std::size_t scan(const double* x, const double* y, const double* value, std::size_t size, const Whitening& w, double radius2, double* a,
                 double* b, double* f) {
  const hn::ScalableTag<double> d;
  using V = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  const V cx = hn::Set(d, w.x), cy = hn::Set(d, w.y), xx = hn::Set(d, w.xx), xy = hn::Set(d, w.xy), yy = hn::Set(d, w.yy);
  const V limit = hn::Set(d, radius2);
  std::size_t count = 0, k = 0;
  const auto keep = [&](V px, V py, auto&& valid, auto&& values) {
    const V dx = hn::Sub(px, cx), dy = hn::Sub(py, cy);
    const V u = hn::Add(hn::Mul(xx, dx), hn::Mul(xy, dy)), v = hn::Add(hn::Mul(xy, dx), hn::Mul(yy, dy));
    const auto inside = valid(hn::Le(hn::Add(hn::Mul(u, u), hn::Mul(v, v)), limit));
    if (hn::AllFalse(d, inside)) return;
    hn::CompressStore(u, inside, d, a + count);
    hn::CompressStore(v, inside, d, b + count);
    count += hn::CompressStore(values(), inside, d, f + count);
  };
  for (; k + lanes <= size; k += lanes)
    keep(
        hn::LoadU(d, x + k), hn::LoadU(d, y + k), [](auto mask) { return mask; }, [&] { return hn::LoadU(d, value + k); });
  if (k < size) {
    const auto rest = hn::FirstN(d, size - k);
    keep(
        hn::MaskedLoad(rest, d, x + k), hn::MaskedLoad(rest, d, y + k), [&](auto mask) { return hn::And(mask, rest); },
        [&] { return hn::MaskedLoad(rest, d, value + k); });
  }
  return count;
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {
namespace {

HWY_EXPORT(scan);

constexpr std::size_t most_lanes = 64;  // a compressed store writes whole vectors

}  // namespace

void Neighbours::make_room(std::size_t size) {
  if (a.size() >= size + most_lanes) return;
  for (auto* part : {&a, &b, &value}) part->resize(size + size / 2 + most_lanes);
}

void Archive::reserve(std::size_t size) {
  for (auto* part : {&x_, &y_, &value_}) part->reserve(size);
}

void Archive::clear() {
  for (auto* part : {&x_, &y_, &value_}) part->clear();
}

void Archive::add(double x, double y, double value) {
  x_.push_back(x);
  y_.push_back(y);
  value_.push_back(value);
}

void find_neighbours(const Archive& archive, std::size_t first, const Whitening& whitening, double radius, Neighbours& out) {
  const std::size_t size = archive.size() - first;
  out.make_room(size);
  out.count = HWY_DYNAMIC_DISPATCH(scan)(archive.xs().data() + first, archive.ys().data() + first, archive.values().data() + first, size,
                                         whitening, radius * radius, out.a.data(), out.b.data(), out.value.data());
}

void find_neighbours_reference(const Archive& archive, std::size_t first, const Whitening& whitening, double radius, Neighbours& out) {
  out.make_room(archive.size() - first);
  out.count = 0;
  for (std::size_t k = first; k < archive.size(); ++k) {
    const double dx = archive.x(k) - whitening.x, dy = archive.y(k) - whitening.y;
    const double a = whitening.xx * dx + whitening.xy * dy, b = whitening.xy * dx + whitening.yy * dy;
    if (!(a * a + b * b <= radius * radius)) continue;
    out.a[out.count] = a, out.b[out.count] = b, out.value[out.count] = archive.value(k);
    ++out.count;
  }
}

}  // namespace rover
#endif
