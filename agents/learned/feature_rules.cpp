#include "agents/learned/feature_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "agents/learned/newton_schulz.h"
#include "core/denormals.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/learned/feature_rules.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/learned/features-inl.h"

#ifndef ROVER_FEATURE_RULES_ONCE
#define ROVER_FEATURE_RULES_ONCE
namespace rover {
namespace {

constexpr std::size_t own_features = OwnFeatures::count, vector_features = own_features + 6, most_hidden = 8;

/// A tensor, what a rule keeps about it, and what the passes over it need.
struct TensorPass {
  std::size_t rows = 1, columns = 0;  // a vector is one row
  const float *gradient = nullptr, *point = nullptr;
  float *m[3] = {}, *v = nullptr, *u[3] = {};  // u: a vector's running means of g²
  float* step = nullptr;
  float decay[3] = {}, second_decay = 0, factor_decay[3] = {}, epsilon = 0;
  const float *row_factor[3] = {}, *column_factor[3] = {};  // R·C is their product
  // The network; the first layer's weights hold the features' scales, and shared features are in the biases.
  const float *own_weights = nullptr, *row_biases = nullptr, *column_biases = nullptr;
  // [vector_features, hidden], [rows, hidden], [hidden, columns]
  const float *w2 = nullptr, *b2 = nullptr, *w3 = nullptr, *b3 = nullptr;
};

}  // namespace
}  // namespace rover
#endif

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

/// Rows [first, last): moments; Σ g² of each row and, over these rows, of each column; Σ f² of the early features.
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

/// Σ f² of the late features.
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

/// Coordinates [first, last) of a vector: moments and Σ f² of all features.
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

/// Σ x², in double from block to block.
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

namespace {

/// Coordinates that are passed over at a time, so that their sums are added in one order whatever the threads.
constexpr std::size_t block_size = 32768;
/// From here on several threads pay for their start.
constexpr std::size_t parallel_size = 1 << 19;
constexpr float row_floor = 1e-9f, root_floor = 1e-8f;

std::size_t rows_at_once(std::size_t rows, std::size_t columns) {
  return std::clamp<std::size_t>(block_size / columns, 1, rows);
}
std::size_t blocks_of(std::size_t rows, std::size_t columns) {
  const std::size_t at_once = rows_at_once(rows, columns);
  return (rows + at_once - 1) / at_once;
}

double mean_square(std::span<const float> values) {
  return HWY_DYNAMIC_DISPATCH(sum_of_squares)(values.data(), values.size()) / static_cast<double>(values.size());
}

}  // namespace

/// What one step hands to its tensors.
struct FeatureRule::Work {
  std::span<const float> gradient, point;
  std::span<float> step;
  float *slots = nullptr, *begin = nullptr, *scratch = nullptr;  ///< of the tensor; free memory begins at `scratch`
  std::uint64_t t = 0;
  std::size_t threads = 1, layers = 1;
  double time = 0;                 ///< t/T − ½
  float biases[most_hidden] = {};  ///< of the first layer, with the features of time

  float* take(std::size_t count) { return std::exchange(scratch, scratch + count); }
  void blocks(std::size_t count, std::size_t size, const auto& job) const {
    if (threads > 1 && size >= parallel_size)
      return in_parallel(count, threads, [&](std::size_t b, std::size_t) {
        const FlushDenormals flush;
        job(b);
      });
    for (std::size_t b = 0; b < count; ++b) job(b);
  }
};

const FeatureRuleShape& FeatureRule::shape(const std::string& name) {
  if (name == kSmallFc) return small_fc_shape;
  if (name == kCelo2 || name == kCelo2Base) return celo2_shape;
  if (name == kCelo2Rates) return celo2_rates_shape;
  throw std::invalid_argument("there is no feature rule '" + name + "'");
}

FeatureRule::FeatureRule(const std::string& name, std::span<const float> weights)
    : name_(name),
      shape_(&shape(name)),
      orthogonal_(name == kCelo2 || name == kCelo2Rates),
      weights_(weights.begin(), weights.end()) {
  if (weights.size() != shape_->parameters())
    throw std::invalid_argument("the rule '" + name + "' has " + std::to_string(shape_->parameters()) + " weights");
  constexpr double decays[3] = {0.9, 0.99, 0.999};
  const float* delta = shape_->decays > 0 ? &weights_[weights_.size() - shape_->decays] : nullptr;
  const auto decay = [&](double start, std::size_t which) {
    if (delta == nullptr) return static_cast<float>(start);
    const double learned = 1 - std::exp(std::log(1 - start) + 10 * static_cast<double>(delta[which]));
    return static_cast<float>(std::clamp(learned, 0.0, 1.0));
  };
  for (std::size_t k = 0; k < 3; ++k) momentum_decays_[k] = decay(decays[k], k);
  second_decay_ = decay(shape_->second_decay, 3);
  for (std::size_t k = 0; k < 3; ++k) factor_decays_[k] = decay(decays[k], 4 + k);
}

std::size_t FeatureRule::slots_of(const Tensor& tensor) const {
  const std::size_t n = tensor.size();
  if (tensor.is_matrix()) return 4 * n + 3 * (tensor.rows + tensor.columns);
  return (shape_->adam_for_vectors ? 2 : 7) * n;
}

std::size_t FeatureRule::scratch_of(const Tensor& tensor) const {
  const std::size_t rows = tensor.rows, columns = tensor.columns, n = tensor.size();
  const std::size_t network = vector_features * shape_->hidden;
  if (!tensor.is_matrix()) return network + (n + block_size - 1) / block_size * vector_features;
  const std::size_t blocks = blocks_of(rows, columns);
  const std::size_t passes =
      network + blocks * (columns + own_features) + rows + 3 * (rows + columns) + shape_->hidden * (rows + columns);
  return std::max(passes, orthogonal_ ? newton_schulz_scratch(rows, columns) : 0);
}

void FeatureRule::reset(const Layout& layout, RuleState& state) const {
  state.layout = layout;
  std::size_t slots = 0, scratch = 0;
  for (const Tensor& tensor : layout) slots += slots_of(tensor), scratch = std::max(scratch, scratch_of(tensor));
  state.slots.assign(slots, 0);
  state.scratch.assign(scratch, 0);
  state.steps = 0;
  state.layers = layers_of(layout);
}

float FeatureRule::matrix_factor(const Tensor& tensor, const Work& work, double mean_square_of_p) const {
  if (shape_->rates == 0) return 1;
  const float* a = &weights_[weights_.size() - shape_->rates];
  const auto rows = static_cast<double>(tensor.rows), columns = static_cast<double>(tensor.columns);
  const double features[] = {tensor.layer == 0 ? 1.0 : 0.0,
                             tensor.layer + 1 == work.layers ? 1.0 : 0.0,
                             std::log(rows / columns),
                             work.time,
                             std::log(std::sqrt(columns * mean_square_of_p) + 1e-3),
                             std::log(columns) - 4};
  double q = 0;
  for (std::size_t k = 0; k < 6; ++k) q += static_cast<double>(a[k]) * features[k];
  return static_cast<float>(std::exp(std::clamp(q, -3.0, 3.0)));
}

float FeatureRule::vector_factor(const Tensor& tensor, const Work& work) const {
  if (shape_->rates == 0) return 1;
  const float* a = &weights_[weights_.size() - shape_->rates + 6];
  const double features[] = {1, tensor.layer + 1 == work.layers ? 1.0 : 0.0, work.time,
                             std::log(static_cast<double>(tensor.size()) / 32)};
  double q = 0;
  for (std::size_t k = 0; k < 4; ++k) q += static_cast<double>(a[k]) * features[k];
  return static_cast<float>(std::exp(std::clamp(q, -3.0, 3.0)));
}

void FeatureRule::first_biases(std::uint64_t t, float* biases) const {
  const std::size_t hidden = shape_->hidden;
  const float *w1 = weights_.data(), *b1 = w1 + shape_->inputs() * hidden;
  std::copy_n(b1, hidden, biases);
  constexpr double scales[11] = {1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5};
  for (std::size_t i = 0; i < shape_->times; ++i) {
    const auto feature = static_cast<float>(std::tanh(static_cast<double>(t) / scales[i] - 1));
    for (std::size_t k = 0; k < hidden; ++k) biases[k] += w1[(shape_->features + i) * hidden + k] * feature;
  }
}

void FeatureRule::step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
                       std::span<float> step_d) const {
  const FlushDenormals flush;
  Work work;
  work.slots = state.slots.data(), work.t = state.steps, work.threads = state.threads;
  work.layers = state.layers;
  if (state.horizon > 0)
    work.time = std::min(1.0, static_cast<double>(state.steps) / static_cast<double>(state.horizon)) - 0.5;
  first_biases(state.steps, work.biases);
  for (const Tensor& tensor : state.layout) {
    work.gradient = gradient_d.subspan(tensor.begin, tensor.size());
    work.point = point_d.subspan(tensor.begin, tensor.size());
    work.step = step_d.subspan(tensor.begin, tensor.size());
    work.begin = work.scratch = state.scratch.data();
    if (tensor.is_matrix()) step_matrix(tensor, work);
    else if (shape_->adam_for_vectors) step_adam(tensor, work);
    else step_vector(tensor, work);
    work.slots += slots_of(tensor);
  }
  ++state.steps;
}

namespace {

/// 1/√(ε + mean of squares): what a feature is multiplied by.
float scale_of(double mean_of_squares, float epsilon) {
  return static_cast<float>(1 / std::sqrt(mean_of_squares + static_cast<double>(epsilon)));
}

/// Sets the passes' tensor and the network's upper layers.
void begin_pass(TensorPass& pass, const FeatureRuleShape& shape, const float* weights, const auto& work) {
  const std::size_t hidden = shape.hidden;
  pass.gradient = work.gradient.data(), pass.point = work.point.data(), pass.step = work.step.data();
  pass.epsilon = shape.root_epsilon;
  pass.w2 = weights + (shape.inputs() + 1) * hidden;
  pass.b2 = pass.w2 + hidden * hidden;
  pass.w3 = pass.b2 + hidden;
  pass.b3 = pass.w3 + hidden * shape.outputs;
}

}  // namespace

void FeatureRule::step_matrix(const Tensor& tensor, Work& work) const {
  const std::size_t rows = tensor.rows, columns = tensor.columns, n = rows * columns, hidden = shape_->hidden;
  TensorPass pass;
  begin_pass(pass, *shape_, weights_.data(), work);
  pass.rows = rows, pass.columns = columns, pass.second_decay = second_decay_;
  float* slots = work.slots;
  for (std::size_t k = 0; k < 3; ++k) pass.m[k] = slots, slots += n, pass.decay[k] = momentum_decays_[k];
  pass.v = slots, slots += n;

  const std::size_t at_once = rows_at_once(rows, columns), blocks = blocks_of(rows, columns);
  float* own_weights = work.take(vector_features * hidden);
  float *column_sums = work.take(blocks * columns), *squares = work.take(blocks * own_features);
  float* row_sums = work.take(rows);
  const auto last_row = [&](std::size_t b) { return std::min(rows, (b + 1) * at_once); };
  work.blocks(blocks, n, [&](std::size_t b) {
    HWY_DYNAMIC_DISPATCH(first_pass)
    (pass, b * at_once, last_row(b), row_sums, column_sums + b * columns, squares + b * own_features);
  });
  for (std::size_t b = 1; b < blocks; ++b)
    for (std::size_t c = 0; c < columns; ++c) column_sums[c] += column_sums[b * columns + c];

  // One side after the other: running means of g², factors, and what the shared features add to the first layer.
  float *side_factors[2], *side_biases[2] = {work.take(rows * hidden), work.take(columns * hidden)};
  const std::size_t sizes[2] = {rows, columns}, strides[2] = {hidden, 1};
  const float *w1 = weights_.data(), *sums[2] = {row_sums, column_sums};
  for (std::size_t side = 0; side < 2; ++side) {
    const std::size_t size = sizes[side], other = sizes[1 - side];
    const bool is_row = side == 0 ? rows <= columns : rows > columns;  // Adafactor's row lies on the shorter side
    float *factors = side_factors[side] = work.take(3 * size), *biases = side_biases[side];
    // Entry i of unit k.
    const auto bias = [&](std::size_t i, std::size_t k) -> float& {
      return biases[side == 0 ? i * strides[0] + k : k * size + i];
    };
    for (std::size_t i = 0; i < size; ++i)
      for (std::size_t k = 0; k < hidden; ++k) bias(i, k) = side == 0 ? work.biases[k] : 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const std::span<float> mean(slots, size);
      slots += size;
      const float decay = factor_decays_[j];
      double total = 0, roots = 0;
      for (std::size_t i = 0; i < size; ++i) {
        mean[i] = decay * mean[i] + (1 - decay) * (sums[side][i] / static_cast<float>(other) + 1e-30f);
        total += static_cast<double>(mean[i]);
        roots += 1 / (static_cast<double>(mean[i]) + static_cast<double>(root_floor));
      }
      const auto average = static_cast<float>(total / static_cast<double>(size)) + 1e-9f;
      const float* plain = w1 + (is_row ? 13 + j : 16 + j) * hidden;
      const float* root = w1 + (is_row ? 19 + j : 22 + j) * hidden;
      const float plain_scale = scale_of(mean_square(mean), shape_->square_epsilon),
                  root_scale = scale_of(roots / static_cast<double>(size), shape_->square_epsilon);
      for (std::size_t i = 0; i < size; ++i) {
        factors[j * size + i] = 1 / std::sqrt(std::max(is_row ? mean[i] / average : mean[i], row_floor));
        const float one = mean[i] * plain_scale, two = root_scale / std::sqrt(mean[i] + root_floor);
        for (std::size_t k = 0; k < hidden; ++k) bias(i, k) += plain[k] * one + root[k] * two;
      }
    }
  }
  for (std::size_t k = 0; k < 3; ++k)
    pass.row_factor[k] = side_factors[0] + k * rows, pass.column_factor[k] = side_factors[1] + k * columns;
  work.blocks(blocks, n, [&](std::size_t b) {
    HWY_DYNAMIC_DISPATCH(second_pass)
    (pass, b * at_once, last_row(b), squares + b * own_features + OwnFeatures::early);
  });

  double mean_square_of_p = 0;
  for (std::size_t i = 0; i < own_features; ++i) {
    double sum = 0;
    for (std::size_t b = 0; b < blocks; ++b) sum += static_cast<double>(squares[b * own_features + i]);
    if (OwnFeatures::index[i] == 1) mean_square_of_p = sum / static_cast<double>(n);
    const float scale = scale_of(sum / static_cast<double>(n), shape_->square_epsilon);
    for (std::size_t k = 0; k < hidden; ++k)
      own_weights[i * hidden + k] =
          OwnFeatures::index[i] < shape_->features ? w1[OwnFeatures::index[i] * hidden + k] * scale : 0;
  }
  pass.own_weights = own_weights, pass.row_biases = side_biases[0], pass.column_biases = side_biases[1];
  work.blocks(blocks, n, [&](std::size_t b) {
    if (hidden == 4) HWY_DYNAMIC_DISPATCH(third_pass_4)(pass, b * at_once, last_row(b));
    else HWY_DYNAMIC_DISPATCH(third_pass_8)(pass, b * at_once, last_row(b));
  });
  if (!shape_->adam_for_vectors) return;
  if (orthogonal_) newton_schulz(rows, columns, work.step, {work.begin, newton_schulz_scratch(rows, columns)});
  const float scale =
      scale_of(mean_square(work.step), shape_->square_epsilon) * matrix_factor(tensor, work, mean_square_of_p);
  for (float& entry : work.step) entry *= scale;
}

void FeatureRule::step_vector(const Tensor& tensor, Work& work) const {
  const std::size_t n = tensor.size(), hidden = shape_->hidden, blocks = (n + block_size - 1) / block_size;
  TensorPass pass;
  begin_pass(pass, *shape_, weights_.data(), work);
  pass.columns = n, pass.second_decay = second_decay_;
  float* slots = work.slots;
  const auto take_slots = [&] { return std::exchange(slots, slots + n); };
  for (std::size_t k = 0; k < 3; ++k) {
    pass.m[k] = take_slots(), pass.u[k] = take_slots();
    pass.decay[k] = momentum_decays_[k], pass.factor_decay[k] = factor_decays_[k];
  }
  pass.v = take_slots();
  float *own_weights = work.take(vector_features * hidden), *squares = work.take(blocks * vector_features);
  const auto end = [&](std::size_t b) { return std::min(n, (b + 1) * block_size); };
  work.blocks(blocks, n, [&](std::size_t b) {
    HWY_DYNAMIC_DISPATCH(vector_first_pass)(pass, b * block_size, end(b), squares + b * vector_features);
  });
  const float* w1 = weights_.data();
  for (std::size_t i = 0; i < vector_features; ++i) {
    double sum = 0;
    for (std::size_t b = 0; b < blocks; ++b) sum += static_cast<double>(squares[b * vector_features + i]);
    const float scale = scale_of(sum / static_cast<double>(n), shape_->square_epsilon);
    for (std::size_t k = 0; k < hidden; ++k) {
      float& weight = own_weights[i * hidden + k] = 0;
      const auto add = [&](std::size_t feature) { weight += w1[feature * hidden + k] * scale; };
      if (i >= own_features) {  // the diagonal stands for the row and for the column
        const std::size_t row = (i < own_features + 3 ? 13 : 16) + i - own_features;
        add(row), add(row + 3);
      } else if (OwnFeatures::index[i] < shape_->features) {
        add(OwnFeatures::index[i]);
      }
    }
  }
  pass.own_weights = own_weights, pass.row_biases = work.biases;
  work.blocks(blocks, n, [&](std::size_t b) {
    HWY_DYNAMIC_DISPATCH(vector_second_pass)(pass, b * block_size, end(b));
  });
}

/// Adam at 20 times the learning rate (Kingma & Ba 2015, with β₂ .95).
void FeatureRule::step_adam(const Tensor& tensor, Work& work) const {
  constexpr float beta1 = 0.9f, beta2 = 0.95f, epsilon = 1e-8f;
  const float times = 20 * vector_factor(tensor, work);
  const std::size_t n = tensor.size();
  float *mean = work.slots, *square = mean + n;
  const auto steps = static_cast<double>(work.t + 1);
  const auto mean_scale = static_cast<float>(1 / (1 - std::pow(static_cast<double>(beta1), steps))),
             square_scale = static_cast<float>(1 / (1 - std::pow(static_cast<double>(beta2), steps)));
  for (std::size_t i = 0; i < n; ++i) {
    const float g = std::clamp(work.gradient[i], -1000.0f, 1000.0f);
    mean[i] = beta1 * mean[i] + (1 - beta1) * g;
    square[i] = beta2 * square[i] + (1 - beta2) * g * g;
    work.step[i] = -times * mean[i] * mean_scale / (std::sqrt(square[i] * square_scale) + epsilon);
  }
}

void FeatureRule::save(Checkpoint& out) const {
  out.put_text("model", "update-rule");
  out.put_text("rule", name_);
  out.put<float>("weights", weights_);
}

std::shared_ptr<const FeatureRule> FeatureRule::load(const Checkpoint& in) {
  const std::string& name = in.text("rule");
  const auto& weights = in.get<float>("weights", shape(name).parameters());
  if (std::ranges::any_of(weights, [](float weight) { return !std::isfinite(weight); }))
    throw std::runtime_error("the model is damaged: the update rule has weights that are not finite");
  return std::make_shared<FeatureRule>(name, weights);
}

std::vector<float> FeatureRule::initial(const std::string& name, RandomStream& stream, bool momentum) {
  const FeatureRuleShape& made = shape(name);
  std::vector<float> out;
  const auto layer = [&](std::size_t inputs, std::size_t units) {
    for (std::size_t k = 0; k < inputs * units; ++k) {
      double value = stream.normal();
      while (std::abs(value) > 2) value = stream.normal();
      out.push_back(static_cast<float>(value / std::sqrt(static_cast<double>(inputs))));
    }
    out.resize(out.size() + units);
  };
  layer(made.inputs(), made.hidden), layer(made.hidden, made.hidden), layer(made.hidden, made.outputs);
  out.resize(out.size() + made.decays + made.rates);
  if (!momentum) return out;
  const std::size_t hidden = made.hidden, second = (made.inputs() + 1) * hidden, third = second + (hidden + 1) * hidden;
  const auto set = [&](std::size_t begin, std::size_t columns, std::size_t from, std::size_t to, float weight) {
    out[begin + from * columns + to] = weight;
  };
  for (std::size_t k = 0; k < 2; ++k) {
    const float sign = k == 0 ? 1.0f : -1.0f;
    for (std::size_t i = 0; i < made.inputs(); ++i) set(0, hidden, i, k, i == 2 ? sign : i == 0 ? 0.7f * sign : 0);
    for (std::size_t j = 0; j < hidden; ++j) set(second, hidden, j, k, j == k ? 1 : 0);
    for (std::size_t j = 0; j < hidden; ++j) set(third, made.outputs, j, 0, j == 0 ? 1.0f : j == 1 ? -1.0f : 0.0f);
  }
  return out;
}

void FeatureRule::restrict_change(const std::string& name, const std::string& part, std::span<double> change) {
  if (part == "rates") {
    for (std::size_t k = 0; k + shape(name).rates < change.size(); ++k) change[k] = 0;
    return;
  }
  constexpr std::size_t hidden = celo2_shape.hidden, inputs = celo2_shape.features;
  for (std::size_t k = 0; k < change.size(); ++k)
    if (k >= inputs * hidden || k % hidden > 0) change[k] = 0;
  for (std::size_t i = 0; i < inputs; ++i) change[i * hidden + 1] = -change[i * hidden];
}

// ---- the same in plain code

std::vector<double> reference::feature_rule_step(const FeatureRuleShape& shape, std::span<const double> weights,
                                                 const Tensor& tensor, std::span<const double> gradient,
                                                 std::span<const double> point, std::uint64_t t, bool orthogonal,
                                                 FeatureRuleState& state) {
  const std::size_t n = tensor.size(), rows = tensor.rows, columns = tensor.columns;
  const bool matrix = tensor.is_matrix(), row_is_row = rows <= columns;
  double decays[7] = {0.9, 0.99, 0.999, shape.second_decay, 0.9, 0.99, 0.999};
  for (std::size_t k = 0; k < shape.decays; ++k)
    decays[k] = 1 - std::exp(std::log(1 - decays[k]) + 10 * weights[weights.size() - shape.decays + k]);
  const auto update = [](std::vector<double>& mean, std::size_t i, double decay, double now) {
    mean[i] = decay * mean[i] + (1 - decay) * now;
  };
  std::vector<double> g(gradient.begin(), gradient.end());
  for (double& entry : g) entry = std::clamp(entry, -1000.0, 1000.0);
  state.v.resize(n);
  for (std::size_t i = 0; i < n; ++i) update(state.v, i, decays[3], g[i] * g[i]);
  // What stands for row and column at each coordinate, and R·C for g and for m.
  std::vector<double> row[3], column[3], factor_g[3], factor_m[3];
  for (std::size_t k = 0; k < 3; ++k) {
    state.m[k].resize(n), state.diagonal[k].resize(n);
    for (std::size_t i = 0; i < n; ++i)
      update(state.m[k], i, decays[k], g[i]), update(state.diagonal[k], i, decays[4 + k], g[i] * g[i] + 1e-30);
    row[k] = column[k] = state.diagonal[k];
    factor_g[k].resize(n), factor_m[k].resize(n);
    if (!matrix) {
      for (std::size_t i = 0; i < n; ++i)
        factor_g[k][i] = 1 / std::sqrt(std::max(row[k][i] + 1e-9, 1e-9)),
        factor_m[k][i] = 1 / std::sqrt(row[k][i] + 1e-6);
      continue;
    }
    const std::size_t shorter = std::min(rows, columns), longer = std::max(rows, columns);
    const auto short_of = [&](std::size_t i) { return row_is_row ? i / columns : i % columns; };
    const auto long_of = [&](std::size_t i) { return row_is_row ? i % columns : i / columns; };
    std::vector<double> row_mean(shorter), column_mean(longer);
    for (std::size_t i = 0; i < n; ++i) {
      row_mean[short_of(i)] += (g[i] * g[i] + 1e-30) / static_cast<double>(longer);
      column_mean[long_of(i)] += (g[i] * g[i] + 1e-30) / static_cast<double>(shorter);
    }
    state.row[k].resize(shorter), state.column[k].resize(longer);
    double average = 0;
    for (std::size_t i = 0; i < shorter; ++i) {
      update(state.row[k], i, decays[4 + k], row_mean[i]);
      average += state.row[k][i] / static_cast<double>(shorter);
    }
    for (std::size_t i = 0; i < longer; ++i) update(state.column[k], i, decays[4 + k], column_mean[i]);
    for (std::size_t i = 0; i < n; ++i) {
      row[k][i] = state.row[k][short_of(i)], column[k][i] = state.column[k][long_of(i)];
      factor_g[k][i] = factor_m[k][i] =
          1 / std::sqrt(std::max(row[k][i] / (average + 1e-9), 1e-9)) / std::sqrt(std::max(column[k][i], 1e-9));
    }
  }
  std::vector<std::vector<double>> features(30, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    const double r = 1 / std::sqrt(state.v[i] + static_cast<double>(shape.root_epsilon));
    features[0][i] = g[i], features[1][i] = point[i], features[5][i] = state.v[i], features[9][i] = r;
    for (std::size_t k = 0; k < 3; ++k) {
      const double m = state.m[k][i];
      features[2 + k][i] = m, features[6 + k][i] = m * r;
      features[10 + k][i] = g[i] * factor_g[k][i], features[25 + k][i] = m * factor_m[k][i];
      features[13 + k][i] = row[k][i], features[19 + k][i] = 1 / std::sqrt(row[k][i] + 1e-8);
      features[16 + k][i] = column[k][i], features[22 + k][i] = 1 / std::sqrt(column[k][i] + 1e-8);
    }
    features[28][i] = std::clamp(g[i], -0.1, 0.1), features[29][i] = g[i] * r;
  }
  features.resize(shape.features);
  for (auto& feature : features) {
    double square = 0;
    for (const double value : feature) square += value * value / static_cast<double>(n);
    for (double& value : feature) value /= std::sqrt(square + static_cast<double>(shape.square_epsilon));
  }
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> layer;
    for (const auto& feature : features) layer.push_back(feature[i]);
    const double scales[11] = {1, 3, 10, 30, 100, 300, 1e3, 3e3, 1e4, 3e4, 1e5};
    for (std::size_t k = 0; k < shape.times; ++k) layer.push_back(std::tanh(static_cast<double>(t) / scales[k] - 1));
    const double* w = weights.data();
    for (const std::size_t units : {shape.hidden, shape.hidden, shape.outputs}) {
      std::vector<double> next(w + layer.size() * units, w + (layer.size() + 1) * units);
      for (std::size_t j = 0; j < layer.size(); ++j)
        for (std::size_t k = 0; k < units; ++k) next[k] += layer[j] * w[j * units + k];
      w += (layer.size() + 1) * units;
      if (units == shape.hidden)
        for (double& unit : next) unit = std::max(0.0, unit);
      layer = next;
    }
    out[i] = shape.adam_for_vectors ? -layer[0] : -0.001 * layer[0] * std::exp(0.001 * layer[1]);
  }
  if (!shape.adam_for_vectors) return out;
  if (orthogonal) reference::newton_schulz(rows, columns, out);
  double square = 0;
  for (const double value : out) square += value * value / static_cast<double>(n);
  for (double& value : out) value /= std::sqrt(square + static_cast<double>(shape.square_epsilon));
  return out;
}

}  // namespace rover
#endif
