#include "agents/search/archive.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/search/archive.cpp"
// clang-format off: foreach_target.h includes this file once a target, and must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "env/kernels/load_first-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// No fused multiply-add, so that every target and the reference round alike.
std::size_t scan(const double* x, const double* y, const double* value, std::size_t size, const Whitening& w,
                 double radius2, double* a, double* b, double* f) {
  const hn::ScalableTag<double> d;
  using V = hn::Vec<decltype(d)>;
  const std::size_t lanes = hn::Lanes(d);
  const V cx = hn::Set(d, w.x), cy = hn::Set(d, w.y), xx = hn::Set(d, w.xx), xy = hn::Set(d, w.xy),
          yy = hn::Set(d, w.yy);
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
        hn::LoadU(d, x + k), hn::LoadU(d, y + k), [](auto mask) { return mask; },
        [&] { return hn::LoadU(d, value + k); });
  if (k < size) {
    const auto rest = hn::FirstN(d, size - k);
    keep(
        load_first(d, x + k, size - k), load_first(d, y + k, size - k), [&](auto mask) { return hn::And(mask, rest); },
        [&] { return load_first(d, value + k, size - k); });
  }
  return count;
}

bool any_within(const double* a, const double* b, std::size_t size, double pa, double pb, double radius2) {
  const hn::ScalableTag<double> d;
  using V = hn::Vec<decltype(d)>;
  const V ca = hn::Set(d, pa), cb = hn::Set(d, pb), limit = hn::Set(d, radius2);
  const auto inside = [&](std::size_t k) {
    const V da = hn::Sub(hn::LoadU(d, a + k), ca), db = hn::Sub(hn::LoadU(d, b + k), cb);
    return hn::Lt(hn::Add(hn::Mul(da, da), hn::Mul(db, db)), limit);
  };
  const std::size_t lanes = hn::Lanes(d);
  std::size_t k = 0;
  for (; k + lanes <= size; k += lanes)
    if (!hn::AllFalse(d, inside(k))) return true;
  return k < size && !hn::AllFalse(d, hn::And(inside(k), hn::FirstN(d, size - k)));
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {
namespace {

HWY_EXPORT(scan);
HWY_EXPORT(any_within);

constexpr std::size_t spare = 512;  // compressed stores and loads of whole vectors, and the places of a look

}  // namespace

void Neighbours::make_room(std::size_t size) {
  if (a.size() >= size + spare) return;
  for (auto* part : {&a, &b, &value}) part->resize(size + size / 2 + spare);
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

void find_neighbours(const Archive& archive, std::size_t first, const Whitening& whitening, double radius,
                     Neighbours& out) {
  const std::size_t size = archive.size() - first;
  out.make_room(size);
  out.count = HWY_DYNAMIC_DISPATCH(scan)(archive.xs().data() + first, archive.ys().data() + first,
                                         archive.values().data() + first, size, whitening, radius * radius,
                                         out.a.data(), out.b.data(), out.value.data());
}

bool any_within(const Neighbours& neighbours, double a, double b, double radius) {
  return HWY_DYNAMIC_DISPATCH(any_within)(neighbours.a.data(), neighbours.b.data(), neighbours.count, a, b,
                                          radius * radius);
}

bool any_within_reference(const Neighbours& neighbours, double a, double b, double radius) {
  for (std::size_t k = 0; k < neighbours.count; ++k) {
    const double da = neighbours.a[k] - a, db = neighbours.b[k] - b;
    if (da * da + db * db < radius * radius) return true;
  }
  return false;
}

void find_neighbours_reference(const Archive& archive, std::size_t first, const Whitening& whitening, double radius,
                               Neighbours& out) {
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
