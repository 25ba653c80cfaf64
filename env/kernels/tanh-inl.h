// tanh for the inner loops, for every target. Include after hwy/highway.h; per-target include guard.
#if defined(ROVER_ENV_KERNELS_TANH_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ROVER_ENV_KERNELS_TANH_INL_H
#undef ROVER_ENV_KERNELS_TANH_INL_H
#else
#define ROVER_ENV_KERNELS_TANH_INL_H
#endif

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// tanh x within 4e-7, for floats: x N(x²)/D(x²) on [−9.02, 9.02], outside its value there. The coefficients are a
/// minimax fit of the relative error (reweighted least squares on 3000 Chebyshev points), which is 6e-8 before
/// rounding. Half the time of hn::Tanh.
template <class D, class V>
HWY_INLINE V fast_tanh(D d, V x) {
  const V limit = hn::Set(d, 9.02f);
  x = hn::Min(limit, hn::Max(hn::Neg(limit), x));  // in this order NaN stays NaN: x86 returns the second operand
  const V z = hn::Mul(x, x);
  V top = hn::MulAdd(hn::Set(d, 1.8162501859756263e-11f), z, hn::Set(d, -1.2743834895113596e-08f));
  top = hn::MulAdd(top, z, hn::Set(d, 9.255132637040111e-06f));
  top = hn::MulAdd(top, z, hn::Set(d, 0.0029194115923215206f));
  top = hn::MulAdd(top, z, hn::Set(d, 0.12917971555507984f));
  top = hn::MulAdd(top, z, hn::Set(d, 0.9999999399683422f));
  V bottom = hn::MulAdd(hn::Set(d, 0.00022791375125767185f), z, hn::Set(d, 0.023757638130868966f));
  bottom = hn::MulAdd(bottom, z, hn::Set(d, 0.46251254462323077f));
  bottom = hn::MulAdd(bottom, z, hn::Set(d, 1.0f));
  return hn::Div(hn::Mul(x, top), bottom);
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
