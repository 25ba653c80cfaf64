// The features of agents/learned/feature_rules.h on one vector of coordinates, and the network behind them, for every
// target. Include after hwy/highway.h; per-target include guard.
#if defined(ROVER_AGENTS_LEARNED_FEATURES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ROVER_AGENTS_LEARNED_FEATURES_INL_H
#undef ROVER_AGENTS_LEARNED_FEATURES_INL_H
#else
#define ROVER_AGENTS_LEARNED_FEATURES_INL_H
#endif

#include <hwy/contrib/math/math-inl.h>

#include "agents/learned/feature_rules.h"
#include "env/kernels/load_first-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using FloatsV = hn::Vec<Floats>;

template <class V>
HWY_INLINE void store_first(V v, Floats d, float* p, std::size_t count) {
  if (count >= hn::Lanes(d)) hn::StoreU(v, d, p);
  else hn::BlendedStore(v, hn::FirstN(d, count), d, p);
}

HWY_INLINE FloatsV inverse_root(Floats d, FloatsV x) { return hn::Div(hn::Set(d, 1.0f), hn::Sqrt(x)); }
HWY_INLINE FloatsV clip(Floats d, FloatsV x, float limit) {
  return hn::Min(hn::Set(d, limit), hn::Max(hn::Set(d, -limit), x));
}

/// Features 0–9, 28, 29.
HWY_INLINE void early_features(Floats d, FloatsV g, FloatsV p, const FloatsV (&m)[3], FloatsV v, float epsilon,
                               FloatsV* f) {
  const FloatsV r = inverse_root(d, hn::Add(v, hn::Set(d, epsilon)));
  f[0] = g, f[1] = p, f[5] = v, f[9] = r;
  for (std::size_t k = 0; k < 3; ++k) f[2 + k] = m[k], f[6 + k] = hn::Mul(m[k], r);
  f[10] = clip(d, g, 0.1f), f[11] = hn::Mul(g, r);
}

/// Features 10–12 and 25–27.
HWY_INLINE void late_features(FloatsV g, const FloatsV (&m)[3], const FloatsV (&factor_g)[3],
                              const FloatsV (&factor_m)[3], FloatsV* f) {
  for (std::size_t k = 0; k < 3; ++k) f[k] = hn::Mul(g, factor_g[k]), f[3 + k] = hn::Mul(m[k], factor_m[k]);
}

/// The two upper layers: `hidden` sums of the first layer → the outputs that count.
template <std::size_t hidden, std::size_t used>
HWY_INLINE void upper_layers(Floats d, FloatsV (&sums)[hidden], const float* w2, const float* b2, const float* w3,
                             std::size_t outputs, const float* b3, FloatsV (&out)[used]) {
  const FloatsV zero = hn::Zero(d);  // first in Max, so that NaN stays: x86 returns the second operand
  FloatsV second[hidden];
  for (std::size_t k = 0; k < hidden; ++k) sums[k] = hn::Max(zero, sums[k]), second[k] = hn::Set(d, b2[k]);
  for (std::size_t j = 0; j < hidden; ++j)
    for (std::size_t k = 0; k < hidden; ++k) second[k] = hn::MulAdd(hn::Set(d, w2[j * hidden + k]), sums[j], second[k]);
  for (std::size_t o = 0; o < used; ++o) out[o] = hn::Set(d, b3[o]);
  for (std::size_t j = 0; j < hidden; ++j) {
    const FloatsV h = hn::Max(zero, second[j]);
    for (std::size_t o = 0; o < used; ++o) out[o] = hn::MulAdd(hn::Set(d, w3[j * outputs + o]), h, out[o]);
  }
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
