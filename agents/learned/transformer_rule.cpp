#include "agents/learned/transformer_rule.h"

#include <algorithm>
#include <cmath>

#include "agents/learned/blocks.h"
#include "agents/learned/rule_files.h"
#include "agents/nn/layers.h"
#include "core/settings.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/learned/transformer_rule.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/learned/coordinate_features-inl.h"

#ifndef ROVER_TRANSFORMER_RULE_ONCE
#define ROVER_TRANSFORMER_RULE_ONCE
namespace rover {
namespace {

struct TransformerCall {
  const TransformerShape* shape;
  const float *weights, *gradient, *point;
  float *slots, *step;
  std::size_t size;  // d
  std::uint64_t t;
  float scale, log_time;
  CoordinateTime time;
};

}  // namespace
}  // namespace rover
#endif

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {

/// y[o] += Σ_i x[i] weight[i, o].
HWY_INLINE void add_product(Floats d, const float* weight, const FloatsV* x, std::size_t inputs, std::size_t outputs,
                            FloatsV* y) {
  for (std::size_t i = 0; i < inputs; ++i)
    for (std::size_t o = 0; o < outputs; ++o) y[o] = hn::MulAdd(hn::Set(d, weight[i * outputs + o]), x[i], y[o]);
}

HWY_INLINE void set_all(Floats d, const float* values, std::size_t count, FloatsV* y) {
  for (std::size_t k = 0; k < count; ++k) y[k] = values == nullptr ? hn::Zero(d) : hn::Set(d, values[k]);
}

/// Coordinates [first, last).
void transformer_rule_step(const TransformerCall& call, std::size_t first, std::size_t last) {
  const Floats d;
  const TransformerShape& shape = *call.shape;
  const std::size_t D = shape.hidden, N = shape.window, features = shape.features.count(), size = call.size;
  const std::size_t remembered = call.t + 1 < N ? static_cast<std::size_t>(call.t) + 1 : N;
  const float *w = call.weights, *output = w + shape.output();
  const FloatsV zero = hn::Zero(d), scale = hn::Set(d, static_cast<float>(1 / std::sqrt(static_cast<double>(D))));
  FloatsV x[CoordinateFeatures::most + 1], e[TransformerShape::most_hidden], z[TransformerShape::most_hidden],
      wide[2 * TransformerShape::most_hidden], scores[TransformerShape::most_window];
  for (std::size_t at = first; at < last; at += hn::Lanes(d)) {
    const std::size_t count = last - at;
    coordinate_features(d, shape.features, call.time, call.gradient, call.point, call.slots + N * D * size, size, at,
                        x);
    x[features] = hn::Set(d, call.log_time);
    set_all(d, w + shape.embedding_bias(), D, e);
    add_product(d, w, x, features + 1, D, e);
    const auto memory = [&](std::size_t age, std::size_t k) {
      return call.slots + (static_cast<std::size_t>((call.t - age) % N) * D + k) * size + at;
    };
    for (std::size_t k = 0; k < D; ++k) e[k] = fast_tanh(d, e[k]), store_first(e[k], d, memory(0, k), count);
    FloatsV* const query = wide;
    set_all(d, nullptr, D, query);
    add_product(d, w + shape.query(), e, D, D, query);
    FloatsV largest = hn::Set(d, -3e38f);
    for (std::size_t j = 0; j < remembered; ++j) {
      FloatsV score = zero;
      for (std::size_t k = 0; k < D; ++k) score = hn::MulAdd(query[k], load_first(d, memory(j, k), count), score);
      scores[j] = hn::MulAdd(scale, score, hn::Set(d, w[shape.positions() + j]));
      largest = hn::Max(largest, scores[j]);
    }
    FloatsV sum = zero;
    FloatsV* const mean = wide;
    set_all(d, nullptr, D, mean);
    for (std::size_t j = 0; j < remembered; ++j) {
      const FloatsV share = hn::Exp(d, hn::Sub(scores[j], largest));
      sum = hn::Add(sum, share);
      for (std::size_t k = 0; k < D; ++k) mean[k] = hn::MulAdd(share, load_first(d, memory(j, k), count), mean[k]);
    }
    for (std::size_t k = 0; k < D; ++k) mean[k] = hn::Div(mean[k], sum), z[k] = e[k];
    add_product(d, w + shape.value(), mean, D, D, z);
    set_all(d, w + shape.first_bias(), 2 * D, wide);
    add_product(d, w + shape.first_layer(), z, D, 2 * D, wide);
    for (std::size_t k = 0; k < 2 * D; ++k) wide[k] = hn::Max(zero, wide[k]);  // in this order NaN stays NaN
    add_product(d, w + shape.second_layer(), wide, 2 * D, D, z);
    FloatsV step = hn::Set(d, output[D]);
    for (std::size_t k = 0; k < D; ++k) step = hn::MulAdd(hn::Set(d, output[k]), z[k], step);
    store_first(hn::Mul(hn::Set(d, call.scale), step), d, call.step + at, count);
  }
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {

HWY_EXPORT(transformer_rule_step);

TransformerShape::TransformerShape(const RuleOptions& options)
    : features(options.features), hidden(options.hidden), window(options.window) {
  if (hidden < 1 || hidden > most_hidden) throw UsageError("hidden must lie in 1 … 64");
  if (window < 1 || window > most_window) throw UsageError("window must lie in 1 … 256");
}

TransformerRule::TransformerRule(const RuleOptions& options, std::span<const float> weights)
    : options_(options), shape_(options), weights_(checked_weights(kName, weights, shape_.parameters())) {}

void TransformerRule::reset(const Layout& layout, RuleState& state) const {
  state.layout = layout;
  state.slots.assign(shape_.slots() * size_of(layout), 0);
  state.scratch.clear();
  state.steps = 0;
  state.layers = 0;
}

void TransformerRule::step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
                           std::span<float> step_d) const {
  const TransformerCall call{&shape_,
                             weights_.data(),
                             gradient_d.data(),
                             point_d.data(),
                             state.slots.data(),
                             step_d.data(),
                             step_d.size(),
                             state.steps,
                             static_cast<float>(options_.output_scale),
                             static_cast<float>(std::log(static_cast<double>(state.steps) + 1) / 4),
                             CoordinateTime(state.steps, state.horizon)};
  for_coordinate_blocks(step_d.size(), state.threads, [&](std::size_t first, std::size_t last) {
    HWY_DYNAMIC_DISPATCH(transformer_rule_step)(call, first, last);
  });
  ++state.steps;
}

std::vector<float> TransformerRule::initial(const RuleOptions& options, RandomStream& stream) {
  const TransformerShape shape(options);
  const std::size_t D = shape.hidden;
  std::vector<float> out;
  const auto matrix = [&](std::size_t inputs, std::size_t outputs, double factor) {
    const double deviation = factor / std::sqrt(static_cast<double>(inputs));
    for (std::size_t k = 0; k < inputs * outputs; ++k) out.push_back(static_cast<float>(deviation * stream.normal()));
  };
  matrix(shape.inputs(), D, 1);
  out.resize(shape.query(), 0);
  matrix(D, D, 1);
  for (std::size_t j = 0; j < shape.window; ++j) out.push_back(-0.1f * static_cast<float>(j));
  matrix(D, D, 0.5);
  matrix(D, 2 * D, 1);
  out.resize(shape.second_layer(), 0);
  matrix(2 * D, D, 0.5);
  matrix(D, 1, 0.3);
  out.push_back(0);
  return out;
}

void TransformerRule::save(Checkpoint& out) const {
  put_rule(out, kName, weights_);
  out.put_text("features", options_.features);
  out.put_integer("hidden", options_.hidden);
  out.put_integer("window", options_.window);
  out.put_number("scale", options_.output_scale);
}

std::shared_ptr<const TransformerRule> TransformerRule::load(const Checkpoint& in) {
  return nn::from_file([&] {
    RuleOptions options{.rule = kName, .features = in.text("features")};
    options.hidden = in.integer("hidden"), options.window = in.integer("window");
    options.output_scale = get_finite(in, "scale");
    return std::make_shared<const TransformerRule>(options, get_weights(in, TransformerShape(options).parameters()));
  });
}

double reference::transformer_rule_step(const TransformerShape& shape, std::span<const double> weights, double scale,
                                        double gradient, double point, std::span<double> slots, std::uint64_t t,
                                        std::uint64_t horizon) {
  const std::size_t D = shape.hidden, N = shape.window;
  const auto product = [&](std::size_t first, const std::vector<double>& x, std::vector<double> y) {
    for (std::size_t o = 0; o < y.size(); ++o)
      for (std::size_t i = 0; i < x.size(); ++i) y[o] += x[i] * weights[first + i * y.size() + o];
    return y;
  };
  const auto biases = [&](std::size_t first, std::size_t count) {
    const auto begin = weights.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  std::vector<double> x = coordinate_features(shape.features, gradient, point, slots.subspan(N * D), t, horizon);
  x.push_back(std::log(static_cast<double>(t) + 1) / 4);
  std::vector<double> e = product(0, x, biases(shape.embedding_bias(), D));
  for (double& entry : e) entry = std::tanh(entry);
  std::ranges::copy(e, slots.begin() + static_cast<std::ptrdiff_t>(t % N * D));
  const std::vector<double> query = product(shape.query(), e, std::vector<double>(D));
  std::vector<double> mean(D);
  double sum = 0;
  for (std::size_t j = 0; j < N && j <= t; ++j) {
    const std::span<double> past = slots.subspan((t - j) % N * D, D);
    double score = weights[shape.positions() + j];
    for (std::size_t k = 0; k < D; ++k) score += query[k] * past[k] / std::sqrt(static_cast<double>(D));
    sum += std::exp(score);
    for (std::size_t k = 0; k < D; ++k) mean[k] += std::exp(score) * past[k];
  }
  for (double& entry : mean) entry /= sum;
  std::vector<double> z = product(shape.value(), mean, e);
  std::vector<double> wide = product(shape.first_layer(), z, biases(shape.first_bias(), 2 * D));
  for (double& entry : wide) entry = std::max(0.0, entry);
  z = product(shape.second_layer(), wide, z);
  return scale * product(shape.output(), z, {weights[shape.output() + D]})[0];
}

}  // namespace rover
#endif
