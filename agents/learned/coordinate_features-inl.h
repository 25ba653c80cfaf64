// The features of agents/learned/coordinate_features.h on one vector of coordinates, for every target. Include after
// hwy/highway.h; per-target include guard.
#if defined(ROVER_AGENTS_LEARNED_COORDINATE_FEATURES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ROVER_AGENTS_LEARNED_COORDINATE_FEATURES_INL_H
#undef ROVER_AGENTS_LEARNED_COORDINATE_FEATURES_INL_H
#else
#define ROVER_AGENTS_LEARNED_COORDINATE_FEATURES_INL_H
#endif

#include "agents/learned/coordinate_features.h"
#include "agents/learned/features-inl.h"
#include "env/kernels/tanh-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

HWY_INLINE FloatsV sigmoid(Floats d, FloatsV x) {
  const FloatsV half = hn::Set(d, 0.5f);
  return hn::MulAdd(half, fast_tanh(d, hn::Mul(half, x)), half);
}

/// decay · old + (1 − decay) · now.
HWY_INLINE FloatsV running_mean(Floats d, double decay, FloatsV old, FloatsV now) {
  return hn::MulAdd(hn::Set(d, static_cast<float>(decay)), old,
                    hn::Mul(hn::Set(d, static_cast<float>(1 - decay)), now));
}

/// Features of the coordinates from `at`, of which `count` are left, of `size` in all, into f; `kept` is updated. A
/// gradient that is not finite gives some that are not.
HWY_INLINE void coordinate_features(Floats d, const CoordinateFeatures& features, const CoordinateTime& time,
                                    const float* gradient, const float* point, float* kept, std::size_t size,
                                    std::size_t at, FloatsV* f) {
  const std::size_t count = size - at;
  const FloatsV g = load_first(d, gradient + at, count), p = load_first(d, point + at, count), zero = hn::Zero(d);
  if (features.raw) *f++ = g, *f++ = p;
  if (features.log || features.andrychowicz) {
    // + 0 g, because the logarithm of NaN need not be NaN
    const FloatsV a =
        hn::MulAdd(zero, g, hn::Mul(hn::Set(d, 0.1f), hn::Log(d, hn::Add(hn::Abs(g), hn::Set(d, 1e-8f)))));
    const FloatsV sign = hn::IfThenElseZero(hn::Ne(g, zero), hn::CopySign(hn::Set(d, 1.0f), g));
    if (features.log) *f++ = a, *f++ = sign, *f++ = p;
    if (features.andrychowicz) {
      const FloatsV low = hn::Set(d, -1.0f);
      *f++ = hn::Max(low, a);  // in this order NaN stays NaN: x86 returns the second operand
      *f++ = hn::IfThenElse(hn::Gt(a, low), sign, hn::Mul(hn::Set(d, 22026.465795f), g));
    }
  }
  if (features.rich) {
    float* const square = kept + 3 * size + at;
    const FloatsV v = running_mean(d, CoordinateFeatures::square_decay, load_first(d, square, count), hn::Mul(g, g));
    store_first(v, d, square, count);
    const FloatsV s = hn::Sqrt(hn::MulAdd(hn::Set(d, time.square_scale), v, hn::Set(d, 1e-16f)));
    const FloatsV inverse = hn::Div(hn::Set(d, 1.0f), s);
    *f++ = clip(d, hn::Mul(g, inverse), CoordinateFeatures::limit);
    for (std::size_t k = 0; k < 3; ++k) {
      float* const mean = kept + k * size + at;
      const FloatsV m = running_mean(d, CoordinateFeatures::momentum_decays[k], load_first(d, mean, count), g);
      store_first(m, d, mean, count);
      *f++ = clip(d, hn::Mul(hn::Mul(hn::Set(d, time.momentum_scale[k]), m), inverse), CoordinateFeatures::limit);
    }
    *f++ = hn::Mul(hn::Set(d, 0.1f), hn::Log(d, s));
    *f++ = clip(d, p, CoordinateFeatures::limit);
    *f++ = hn::Set(d, time.share), *f++ = hn::Set(d, time.log_time), *f++ = hn::Set(d, time.early);
  }
  if (features.point) *f++ = hn::Mul(hn::Set(d, 0.2f), p);
  if (features.time) *f++ = hn::Set(d, time.share);
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
