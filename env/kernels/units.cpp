#include "env/kernels/units.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/units.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "env/kernels/load_first-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using rover::HWY_NAMESPACE::load_first;

/// x[k] ← f(x[k], other[k]) for all k < size.
template <class Real, class F>
HWY_INLINE void apply(std::size_t size, const Real* HWY_RESTRICT other, Real* HWY_RESTRICT x, F&& f) {
  const hn::ScalableTag<Real> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t k = 0;
  for (; k + lanes <= size; k += lanes) hn::StoreU(f(hn::LoadU(d, x + k), hn::LoadU(d, other + k)), d, x + k);
  if (k == size) return;
  const std::size_t rest = size - k;
  hn::BlendedStore(f(load_first(d, x + k, rest), load_first(d, other + k, rest)), hn::FirstN(d, rest), d, x + k);
}

template <class Real>
HWY_INLINE void add_bias(const Real* bias, std::size_t units, std::size_t n, bool rectified, Real* x) {
  const hn::ScalableTag<Real> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto zero = hn::Zero(d);
  for (std::size_t u = 0; u < units; ++u) {
    const auto b = hn::Set(d, bias[u]);
    const auto f = [&](auto z) {
      z = hn::Add(z, b);
      return rectified ? hn::IfThenZeroElse(hn::Lt(z, zero), z) : z;
    };
    Real* unit = x + u * n;
    std::size_t s = 0;
    for (; s + lanes <= n; s += lanes) hn::StoreU(f(hn::LoadU(d, unit + s)), d, unit + s);
    if (s < n) hn::BlendedStore(f(load_first(d, unit + s, n - s)), hn::FirstN(d, n - s), d, unit + s);
  }
}

template <class Real>
HWY_INLINE void rectifier_slopes(const Real* a, std::size_t size, Real* slopes) {
  const hn::ScalableTag<Real> d;
  const auto one = hn::Set(d, Real{1}), zero = hn::Zero(d);
  apply(size, a, slopes, [&](auto slope, auto unit) {  // a product, so that NaN stays
    return hn::Mul(slope, hn::IfThenElseZero(hn::Gt(unit, zero), one));
  });
}

template <class Real>
HWY_INLINE void tanh_unit_slopes(const Real* a, std::size_t size, Real* slopes) {
  const auto one = hn::Set(hn::ScalableTag<Real>(), Real{1});
  apply(size, a, slopes, [&](auto slope, auto unit) { return hn::Mul(slope, hn::Sub(one, hn::Mul(unit, unit))); });
}

#define ROVER_UNITS(Real)                                                                                            \
  void add_bias_##Real(const Real* bias, std::size_t units, std::size_t n, bool rectified, Real* x) {                \
    add_bias(bias, units, n, rectified, x);                                                                          \
  }                                                                                                                  \
  void rectifier_slopes_##Real(const Real* a, std::size_t size, Real* slopes) { rectifier_slopes(a, size, slopes); } \
  void tanh_unit_slopes_##Real(const Real* a, std::size_t size, Real* slopes) { tanh_unit_slopes(a, size, slopes); }
ROVER_UNITS(float)
ROVER_UNITS(double)
#undef ROVER_UNITS

void narrow(const double* HWY_RESTRICT x, std::size_t size, float* HWY_RESTRICT out) {
  std::size_t k = 0;
#if HWY_HAVE_FLOAT64
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  const std::size_t lanes = hn::Lanes(d);
  for (; k + lanes <= size; k += lanes) hn::StoreU(hn::DemoteTo(half, hn::LoadU(d, x + k)), half, out + k);
#endif
  for (; k < size; ++k) out[k] = static_cast<float>(x[k]);
}

void widen(const float* HWY_RESTRICT x, std::size_t size, double factor, double* HWY_RESTRICT out) {
  std::size_t k = 0;
#if HWY_HAVE_FLOAT64
  const hn::ScalableTag<double> d;
  const hn::Rebind<float, decltype(d)> half;
  const std::size_t lanes = hn::Lanes(d);
  const auto times = hn::Set(d, factor);
  for (; k + lanes <= size; k += lanes)
    hn::StoreU(hn::Mul(hn::PromoteTo(d, hn::LoadU(half, x + k)), times), d, out + k);
#endif
  for (; k < size; ++k) out[k] = static_cast<double>(x[k]) * factor;
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(add_bias_float);
HWY_EXPORT(add_bias_double);
HWY_EXPORT(rectifier_slopes_float);
HWY_EXPORT(rectifier_slopes_double);
HWY_EXPORT(tanh_unit_slopes_float);
HWY_EXPORT(tanh_unit_slopes_double);
HWY_EXPORT(narrow);
HWY_EXPORT(widen);

template <>
void add_bias(std::span<const float> bias, std::size_t n, bool rectified, std::span<float> x) {
  HWY_DYNAMIC_DISPATCH(add_bias_float)(bias.data(), bias.size(), n, rectified, x.data());
}
template <>
void add_bias(std::span<const double> bias, std::size_t n, bool rectified, std::span<double> x) {
  HWY_DYNAMIC_DISPATCH(add_bias_double)(bias.data(), bias.size(), n, rectified, x.data());
}
template <>
void rectifier_slopes(std::span<const float> a, std::span<float> slopes) {
  HWY_DYNAMIC_DISPATCH(rectifier_slopes_float)(a.data(), a.size(), slopes.data());
}
template <>
void rectifier_slopes(std::span<const double> a, std::span<double> slopes) {
  HWY_DYNAMIC_DISPATCH(rectifier_slopes_double)(a.data(), a.size(), slopes.data());
}
template <>
void tanh_unit_slopes(std::span<const float> a, std::span<float> slopes) {
  HWY_DYNAMIC_DISPATCH(tanh_unit_slopes_float)(a.data(), a.size(), slopes.data());
}
template <>
void tanh_unit_slopes(std::span<const double> a, std::span<double> slopes) {
  HWY_DYNAMIC_DISPATCH(tanh_unit_slopes_double)(a.data(), a.size(), slopes.data());
}

/// Eight units at a time: one sum alone waits for each of its additions.
template <class Real>
void sum_units(std::span<const Real> x, std::size_t n, std::span<Real> out) {
  constexpr std::size_t together = 8;
  std::size_t u = 0;
  for (; u + together <= out.size(); u += together) {
    Real sums[together] = {};
    const Real* first = x.data() + u * n;
    for (std::size_t s = 0; s < n; ++s)
      for (std::size_t k = 0; k < together; ++k) sums[k] += first[k * n + s];
    for (std::size_t k = 0; k < together; ++k) out[u + k] = sums[k];
  }
  for (; u < out.size(); ++u) {
    Real sum = 0;
    for (std::size_t s = 0; s < n; ++s) sum += x[u * n + s];
    out[u] = sum;
  }
}
template void sum_units(std::span<const float> x, std::size_t n, std::span<float> out);
template void sum_units(std::span<const double> x, std::size_t n, std::span<double> out);

void narrow(std::span<const double> x, std::span<float> out) {
  HWY_DYNAMIC_DISPATCH(narrow)(x.data(), x.size(), out.data());
}
void widen(std::span<const float> x, double factor, std::span<double> out) {
  HWY_DYNAMIC_DISPATCH(widen)(x.data(), x.size(), factor, out.data());
}

}  // namespace rover::kernels
#endif
