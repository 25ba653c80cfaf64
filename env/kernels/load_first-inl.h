// Included once a Highway target, after <hwy/highway.h>: the guard toggles.
#if defined(ROVER_LOAD_FIRST_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ROVER_LOAD_FIRST_INL_H
#undef ROVER_LOAD_FIRST_INL_H
#else
#define ROVER_LOAD_FIRST_INL_H
#endif

#include <algorithm>
#include <cstddef>

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {

/// The first `count` ≥ 1 entries at p, as many as there are lanes, then zeros; reads nothing else. Highway's MaskedLoad
/// will not do: before AVX2 it loads whole vectors, and from aligned places only.
template <class D, typename T = hwy::HWY_NAMESPACE::TFromD<D>>
HWY_INLINE hwy::HWY_NAMESPACE::Vec<D> load_first(D d, const T* p, std::size_t count) {
  namespace hn = hwy::HWY_NAMESPACE;
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, count), d, p);
#else
  if (count >= hn::Lanes(d)) return hn::LoadU(d, p);
  HWY_ALIGN T entries[hn::MaxLanes(D())] = {};
  std::copy_n(p, count, entries);
  return hn::Load(d, entries);
#endif
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
