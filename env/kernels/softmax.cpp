#include "env/kernels/softmax.h"

#include <algorithm>
#include <cmath>

#include "env/kernels/columns.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/softmax.cpp"
#include "hwy/foreach_target.h"  // compiles this file once a target

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Doubles = hn::CappedTag<double, column_padding>;
using Vec = hn::Vec<Doubles>;

/// (1 − e)/(1 + e) with e = exp(−2|x|), and x's sign
HWY_INLINE Vec tanh(Vec x) {
  const Doubles d;
  const Vec one = hn::Set(d, 1), e = hn::Exp(d, hn::Mul(hn::Set(d, -2), hn::Abs(x)));
  return hn::MulAdd(x, hn::Zero(d),
                    hn::CopySign(hn::Div(hn::Sub(one, e), hn::Add(one, e)), x));  // + 0·x: Exp(NaN) may be 0
}

void tanh_in_place(double* x, std::size_t n) {  // two at a time: an exponential is a long chain
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t s = 0;
  for (; s + 2 * lanes <= n; s += 2 * lanes) {
    const Vec left = tanh(hn::LoadU(d, x + s)), right = tanh(hn::LoadU(d, x + s + lanes));
    hn::StoreU(left, d, x + s);
    hn::StoreU(right, d, x + s + lanes);
  }
  for (; s < n; s += lanes) hn::StoreU(tanh(hn::LoadU(d, x + s)), d, x + s);
}

void tanh_slopes(const double* HWY_RESTRICT a, std::size_t n, double* HWY_RESTRICT slopes) {
  const Doubles d;
  for (std::size_t s = 0; s < n; s += hn::Lanes(d)) {
    const Vec act = hn::LoadU(d, a + s), slope = hn::LoadU(d, slopes + s);
    hn::StoreU(hn::NegMulAdd(hn::Mul(act, act), slope, slope), d, slopes + s);
  }
}

double cross_entropy(const double* logits, const double* targets, std::size_t classes, std::size_t n,
                     std::size_t samples) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  Vec linear = hn::Zero(d), logs = hn::Zero(d), product = hn::Set(d, 1);
  for (std::size_t s = 0; s < samples; s += lanes) {
    Vec most = hn::LoadU(d, logits + s), right = hn::Mul(most, hn::LoadU(d, targets + s));
    for (std::size_t c = 1; c < classes; ++c) {
      const Vec z = hn::LoadU(d, logits + c * n + s);
      right = hn::MulAdd(z, hn::LoadU(d, targets + c * n + s), right);
      most = hn::Max(most, z);
    }
    Vec total = hn::Zero(d);
    for (std::size_t c = 0; c < classes; ++c)
      total = hn::Add(total, hn::Exp(d, hn::Sub(hn::LoadU(d, logits + c * n + s), most)));
    Vec gap = hn::Sub(most, right);
    if (samples - s < lanes) {  // the padding counts for nothing
      const auto real = hn::FirstN(d, samples - s);
      total = hn::IfThenElse(real, total, hn::Set(d, 1)), gap = hn::IfThenElseZero(real, gap);
    }
    linear = hn::Add(linear, gap);
    product = hn::Mul(product, total);  // 1 ≤ total ≤ classes: ln of the product, once in a while
    if ((s / lanes) % 64 == 63) logs = hn::Add(logs, hn::Log(d, product)), product = hn::Set(d, 1);
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(linear, hn::Add(logs, hn::Log(d, product)))));
}

void cross_entropy_slopes(const double* logits, const double* targets, std::size_t classes, std::size_t n,
                          std::size_t samples, double factor, double* out) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t s = 0; s < n; s += lanes) {
    Vec most = hn::LoadU(d, logits + s), total = hn::Zero(d);
    for (std::size_t c = 1; c < classes; ++c) most = hn::Max(most, hn::LoadU(d, logits + c * n + s));
    for (std::size_t c = 0; c < classes; ++c) {
      const Vec z = hn::Sub(hn::LoadU(d, logits + c * n + s), most), e = hn::Exp(d, z);
      total = hn::MulAdd(z, hn::Zero(d), hn::Add(total, e));  // + 0·z: Exp(NaN) may be 0
      hn::StoreU(e, d, out + c * n + s);
    }
    const Vec scale = hn::Div(hn::Set(d, 1), total);
    const Vec weight = s >= samples ? hn::Zero(d) : hn::IfThenElseZero(hn::FirstN(d, samples - s), hn::Set(d, factor));
    for (std::size_t c = 0; c < classes; ++c) {
      const Vec p = hn::Mul(hn::LoadU(d, out + c * n + s), scale);
      hn::StoreU(hn::Mul(weight, hn::Sub(p, hn::LoadU(d, targets + c * n + s))), d, out + c * n + s);
    }
  }
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(tanh_in_place);
HWY_EXPORT(tanh_slopes);
HWY_EXPORT(cross_entropy);
HWY_EXPORT(cross_entropy_slopes);

void tanh_in_place(MutReals x) { HWY_DYNAMIC_DISPATCH(tanh_in_place)(x.data(), x.size()); }

void tanh_slopes(Reals activations, MutReals slopes) {
  HWY_DYNAMIC_DISPATCH(tanh_slopes)(activations.data(), slopes.size(), slopes.data());
}

double cross_entropy(Reals logits, Reals targets, std::size_t n, std::size_t samples) {
  return HWY_DYNAMIC_DISPATCH(cross_entropy)(logits.data(), targets.data(), logits.size() / n, n, samples);
}

void cross_entropy_slopes(Reals logits, Reals targets, std::size_t n, std::size_t samples, double factor,
                          MutReals out) {
  HWY_DYNAMIC_DISPATCH(cross_entropy_slopes)
  (logits.data(), targets.data(), logits.size() / n, n, samples, factor, out.data());
}

double reference::cross_entropy(Reals logits, Reals targets, std::size_t n, std::size_t samples) {
  double sum = 0;
  for (std::size_t s = 0; s < samples; ++s) {
    double most = logits[s], right = 0, total = 0;
    for (std::size_t at = s; at < logits.size(); at += n)
      most = std::max(most, logits[at]), right += targets[at] * logits[at];
    for (std::size_t at = s; at < logits.size(); at += n) total += std::exp(logits[at] - most);
    sum += most - right + std::log(total);
  }
  return sum;
}

void reference::cross_entropy_slopes(Reals logits, Reals targets, std::size_t n, std::size_t samples, double factor,
                                     MutReals out) {
  std::fill(out.begin(), out.end(), 0.0);
  for (std::size_t s = 0; s < samples; ++s) {
    double most = logits[s], total = 0;
    for (std::size_t at = s; at < logits.size(); at += n) most = std::max(most, logits[at]);
    for (std::size_t at = s; at < logits.size(); at += n) total += std::exp(logits[at] - most);
    for (std::size_t at = s; at < logits.size(); at += n)
      out[at] = factor * (std::exp(logits[at] - most) / total - targets[at]);
  }
}

}  // namespace rover::kernels
#endif
