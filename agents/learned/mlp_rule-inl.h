// One vector of the rule in agents/learned/mlp_rule.h, for every target: its lanes are coordinates when an agent walks,
// tasks in the unroll that trains it. Include after hwy/highway.h; per-target include guard.
#if defined(ROVER_AGENTS_LEARNED_MLP_RULE_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef ROVER_AGENTS_LEARNED_MLP_RULE_INL_H
#undef ROVER_AGENTS_LEARNED_MLP_RULE_INL_H
#else
#define ROVER_AGENTS_LEARNED_MLP_RULE_INL_H
#endif

#include "env/kernels/tanh-inl.h"

#include "agents/learned/mlp_rule.h"

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// The inputs that all coordinates of a step share: b_k + W_tk log(t + 1).
struct MlpRuleTime {
  float bias[MlpRule::hidden];
  MlpRuleTime(const float* alpha, float log_time) {
    for (std::size_t k = 0; k < MlpRule::hidden; ++k)
      bias[k] = alpha[MlpRule::biases + k] + alpha[MlpRule::time_weights + k] * log_time;
  }
};

/// The hidden unit k.
template <class D, class V>
HWY_INLINE V mlp_rule_unit(D d, const float* alpha, const MlpRuleTime& time, std::size_t k, V g, V m) {
  const V sum = hn::MulAdd(hn::Set(d, alpha[MlpRule::gradient_weights + k]), g,
                           hn::MulAdd(hn::Set(d, alpha[MlpRule::momentum_weights + k]), m, hn::Set(d, time.bias[k])));
  return fast_tanh(d, sum);
}

/// w₂ · h + b₂, times the scale: Δθ.
template <class D, class V>
HWY_INLINE V mlp_rule_output(D d, const float* alpha, const MlpRuleTime& time, float scale, V g, V m) {
  V sum = hn::Set(d, alpha[MlpRule::output_bias]);
  for (std::size_t k = 0; k < MlpRule::hidden; ++k)
    sum = hn::MulAdd(hn::Set(d, alpha[MlpRule::output_weights + k]), mlp_rule_unit(d, alpha, time, k, g, m), sum);
  return hn::Mul(hn::Set(d, scale), sum);
}

/// .9 m + .1 g.
template <class D, class V>
HWY_INLINE V mlp_rule_momentum(D d, V g, V m) {
  return hn::MulAdd(hn::Set(d, MlpRule::decay), m, hn::Mul(hn::Set(d, 1 - MlpRule::decay), g));
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
