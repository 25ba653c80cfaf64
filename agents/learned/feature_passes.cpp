#include "agents/learned/feature_passes.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/learned/feature_passes.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/learned/features-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {

HWY_INLINE FloatsV running(Floats d, float decay, FloatsV old, FloatsV now) {
  return hn::MulAdd(hn::Set(d, decay), old, hn::Mul(hn::Set(d, 1 - decay), now));
}

HWY_INLINE void load_three(Floats d, float* const (&from)[3], std::size_t at, std::size_t count, FloatsV (&to)[3]) {
  for (std::size_t k = 0; k < 3; ++k) to[k] = load_first(d, from[k] + at, count);
}

/// New momenta and second moment of the coordinates from `at`, stored; returns the cut gradient.
HWY_INLINE FloatsV accumulate(Floats d, const TensorPass& t, std::size_t at, std::size_t count, FloatsV (&m)[3],
                              FloatsV& v) {
  const FloatsV g = clip(d, load_first(d, t.gradient + at, count), 1000);
  load_three(d, t.m, at, count, m);
  for (std::size_t k = 0; k < 3; ++k) {
    m[k] = running(d, t.decay[k], m[k], g);
    store_first(m[k], d, t.m[k] + at, count);
  }
  v = running(d, t.second_decay, load_first(d, t.v + at, count), hn::Mul(g, g));
  store_first(v, d, t.v + at, count);
  return g;
}

template <std::size_t count>
HWY_INLINE void add_squares(const FloatsV (&f)[count], FloatsV* sums) {
  for (std::size_t k = 0; k < count; ++k) sums[k] = hn::MulAdd(f[k], f[k], sums[k]);
}

/// Adds what is in the lanes to `out`.
HWY_INLINE void reduce(Floats d, const FloatsV* sums, std::size_t count, float* out) {
  for (std::size_t k = 0; k < count; ++k) out[k] = hn::GetLane(hn::SumOfLanes(d, sums[k]));
}

void first_pass(const TensorPass& t, std::size_t first, std::size_t last, float* HWY_RESTRICT row_sums,
                float* HWY_RESTRICT column_sums, float* HWY_RESTRICT squares) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  std::fill_n(column_sums, t.columns, 0.0f);
  FloatsV sums[OwnFeatures::early];
  for (auto& sum : sums) sum = hn::Zero(d);
  for (std::size_t r = first; r < last; ++r) {
    FloatsV row_sum = hn::Zero(d);
    for (std::size_t c = 0; c < t.columns; c += lanes) {
      const std::size_t count = t.columns - c;
      FloatsV m[3], v, f[OwnFeatures::early];
      const FloatsV g = accumulate(d, t, r * t.columns + c, count, m, v), square = hn::Mul(g, g);
      row_sum = hn::Add(row_sum, square);
      store_first(hn::Add(load_first(d, column_sums + c, count), square), d, column_sums + c, count);
      early_features(d, g, load_first(d, t.point + r * t.columns + c, count), m, v, t.epsilon, f);
      f[9] = hn::IfThenElseZero(hn::FirstN(d, count), f[9]);
      add_squares(f, sums);
    }
    row_sums[r] = hn::GetLane(hn::SumOfLanes(d, row_sum));
  }
  reduce(d, sums, OwnFeatures::early, squares);
}

void second_pass(const TensorPass& t, std::size_t first, std::size_t last, float* HWY_RESTRICT squares) {
  const Floats d;
  FloatsV sums[6];
  for (auto& sum : sums) sum = hn::Zero(d);
  for (std::size_t r = first; r < last; ++r)
    for (std::size_t c = 0; c < t.columns; c += hn::Lanes(d)) {
      const std::size_t count = t.columns - c, at = r * t.columns + c;
      FloatsV m[3], factor[3], f[6];
      load_three(d, t.m, at, count, m);
      for (std::size_t k = 0; k < 3; ++k)
        factor[k] = hn::Mul(hn::Set(d, t.row_factor[k][r]), load_first(d, t.column_factor[k] + c, count));
      late_features(clip(d, load_first(d, t.gradient + at, count), 1000), m, factor, factor, f);
      add_squares(f, sums);
    }
  reduce(d, sums, 6, squares);
}

template <std::size_t hidden, std::size_t count>
HWY_INLINE void add_features(Floats d, const float* weights, const FloatsV (&f)[count], FloatsV (&sums)[hidden]) {
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < hidden; ++k) sums[k] = hn::MulAdd(hn::Set(d, weights[i * hidden + k]), f[i], sums[k]);
}

/// The step from the network's outputs: small_fc's two, or Celo2's one, whose size is set later.
HWY_INLINE FloatsV to_step(Floats d, const FloatsV (&out)[2]) {
  return hn::Mul(hn::Mul(hn::Set(d, -0.001f), out[0]), hn::Exp(d, hn::Mul(hn::Set(d, 0.001f), out[1])));
}
HWY_INLINE FloatsV to_step(Floats, const FloatsV (&out)[1]) { return hn::Neg(out[0]); }

/// hidden 4: small_fc, 8: Celo2.
template <std::size_t hidden>
HWY_INLINE FloatsV network(Floats d, const TensorPass& t, FloatsV (&sums)[hidden]) {
  constexpr std::size_t outputs = hidden == 4 ? 2 : 3, used = hidden == 4 ? 2 : 1;
  FloatsV out[used];
  upper_layers<hidden, used>(d, sums, t.w2, t.b2, t.w3, outputs, t.b3, out);
  return to_step(d, out);
}

template <std::size_t hidden>
HWY_INLINE void third_pass(const TensorPass& t, std::size_t first, std::size_t last) {
  const Floats d;
  for (std::size_t r = first; r < last; ++r)
    for (std::size_t c = 0; c < t.columns; c += hn::Lanes(d)) {
      const std::size_t count = t.columns - c, at = r * t.columns + c;
      FloatsV m[3], factor[3], early[OwnFeatures::early], late[6], sums[hidden];
      load_three(d, t.m, at, count, m);
      for (std::size_t k = 0; k < 3; ++k)
        factor[k] = hn::Mul(hn::Set(d, t.row_factor[k][r]), load_first(d, t.column_factor[k] + c, count));
      const FloatsV g = clip(d, load_first(d, t.gradient + at, count), 1000);
      early_features(d, g, load_first(d, t.point + at, count), m, load_first(d, t.v + at, count), t.epsilon, early);
      late_features(g, m, factor, factor, late);
      for (std::size_t k = 0; k < hidden; ++k)
        sums[k] = hn::Add(hn::Set(d, t.row_biases[r * hidden + k]),
                          load_first(d, t.column_biases + k * t.columns + c, count));
      add_features<hidden>(d, t.own_weights, early, sums);
      add_features<hidden>(d, t.own_weights + OwnFeatures::early * hidden, late, sums);
      store_first(network<hidden>(d, t, sums), d, t.step + at, count);
    }
}
void third_pass_4(const TensorPass& t, std::size_t first, std::size_t last) { third_pass<4>(t, first, last); }
void third_pass_8(const TensorPass& t, std::size_t first, std::size_t last) { third_pass<8>(t, first, last); }

/// Features 10–12 and 25–27 of a vector, and its diagonal as it is and as (u + 1e-8)^−½.
HWY_INLINE void vector_features_of(Floats d, FloatsV g, const FloatsV (&m)[3], const FloatsV (&u)[3],
                                   FloatsV (&late)[6], FloatsV (&diagonal)[6]) {
  FloatsV factor_g[3], factor_m[3];
  for (std::size_t k = 0; k < 3; ++k) {
    factor_g[k] = inverse_root(d, hn::Add(u[k], hn::Set(d, 1e-9f)));
    factor_m[k] = inverse_root(d, hn::Add(u[k], hn::Set(d, 1e-6f)));
    diagonal[k] = u[k], diagonal[3 + k] = inverse_root(d, hn::Add(u[k], hn::Set(d, 1e-8f)));
  }
  late_features(g, m, factor_g, factor_m, late);
}

void vector_first_pass(const TensorPass& t, std::size_t first, std::size_t last, float* HWY_RESTRICT squares) {
  const Floats d;
  FloatsV sums[vector_features];
  for (auto& sum : sums) sum = hn::Zero(d);
  for (std::size_t c = first; c < last; c += hn::Lanes(d)) {
    const std::size_t count = last - c;
    const auto mask = hn::FirstN(d, count);
    FloatsV m[3], v, u[3], early[OwnFeatures::early], late[6], diagonal[6];
    const FloatsV g = accumulate(d, t, c, count, m, v);
    load_three(d, t.u, c, count, u);
    for (std::size_t k = 0; k < 3; ++k) {
      u[k] = running(d, t.factor_decay[k], u[k], hn::Mul(g, g));
      store_first(u[k], d, t.u[k] + c, count);
    }
    early_features(d, g, load_first(d, t.point + c, count), m, v, t.epsilon, early);
    early[9] = hn::IfThenElseZero(mask, early[9]);
    vector_features_of(d, g, m, u, late, diagonal);
    for (std::size_t k = 3; k < 6; ++k) diagonal[k] = hn::IfThenElseZero(mask, diagonal[k]);
    add_squares(early, sums), add_squares(late, sums + OwnFeatures::early), add_squares(diagonal, sums + own_features);
  }
  reduce(d, sums, vector_features, squares);
}

void vector_second_pass(const TensorPass& t, std::size_t first, std::size_t last) {
  const Floats d;
  constexpr std::size_t hidden = 4;
  for (std::size_t c = first; c < last; c += hn::Lanes(d)) {
    const std::size_t count = last - c;
    FloatsV m[3], u[3], early[OwnFeatures::early], late[6], diagonal[6], sums[hidden];
    load_three(d, t.m, c, count, m), load_three(d, t.u, c, count, u);
    const FloatsV g = clip(d, load_first(d, t.gradient + c, count), 1000);
    early_features(d, g, load_first(d, t.point + c, count), m, load_first(d, t.v + c, count), t.epsilon, early);
    vector_features_of(d, g, m, u, late, diagonal);
    for (std::size_t k = 0; k < hidden; ++k) sums[k] = hn::Set(d, t.row_biases[k]);
    add_features<hidden>(d, t.own_weights, early, sums);
    add_features<hidden>(d, t.own_weights + OwnFeatures::early * hidden, late, sums);
    add_features<hidden>(d, t.own_weights + own_features * hidden, diagonal, sums);
    store_first(network<hidden>(d, t, sums), d, t.step + c, count);
  }
}

double sum_of_squares(const float* x, std::size_t size) {
  const Floats d;
  constexpr std::size_t block = 8192;
  double total = 0;
  for (std::size_t first = 0; first < size; first += block) {
    const std::size_t last = size < first + block ? size : first + block;
    FloatsV sum = hn::Zero(d);
    for (std::size_t i = first; i < last; i += hn::Lanes(d)) {
      const FloatsV v = load_first(d, x + i, last - i);
      sum = hn::MulAdd(v, v, sum);
    }
    total += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sum)));
  }
  return total;
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {

HWY_EXPORT(first_pass);
HWY_EXPORT(second_pass);
HWY_EXPORT(third_pass_4);
HWY_EXPORT(third_pass_8);
HWY_EXPORT(vector_first_pass);
HWY_EXPORT(vector_second_pass);
HWY_EXPORT(sum_of_squares);

void first_pass(const TensorPass& t, std::size_t first, std::size_t last, float* row_sums, float* column_sums,
                float* squares) {
  HWY_DYNAMIC_DISPATCH(first_pass)(t, first, last, row_sums, column_sums, squares);
}
void second_pass(const TensorPass& t, std::size_t first, std::size_t last, float* squares) {
  HWY_DYNAMIC_DISPATCH(second_pass)(t, first, last, squares);
}
void third_pass(std::size_t hidden, const TensorPass& t, std::size_t first, std::size_t last) {
  if (hidden == 4) HWY_DYNAMIC_DISPATCH(third_pass_4)(t, first, last);
  else HWY_DYNAMIC_DISPATCH(third_pass_8)(t, first, last);
}
void vector_first_pass(const TensorPass& t, std::size_t first, std::size_t last, float* squares) {
  HWY_DYNAMIC_DISPATCH(vector_first_pass)(t, first, last, squares);
}
void vector_second_pass(const TensorPass& t, std::size_t first, std::size_t last) {
  HWY_DYNAMIC_DISPATCH(vector_second_pass)(t, first, last);
}
double sum_of_squares(const float* x, std::size_t size) { return HWY_DYNAMIC_DISPATCH(sum_of_squares)(x, size); }

}  // namespace rover
#endif
