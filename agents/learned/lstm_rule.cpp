#include "agents/learned/lstm_rule.h"

#include <cmath>

#include "agents/learned/blocks.h"
#include "agents/learned/rule_files.h"
#include "agents/nn/layers.h"
#include "core/settings.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/learned/lstm_rule.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/learned/coordinate_features-inl.h"

#ifndef ROVER_LSTM_RULE_ONCE
#define ROVER_LSTM_RULE_ONCE
namespace rover {
namespace {

struct LstmCall {
  const LstmShape* shape;
  const float *weights, *gradient, *point;
  float *slots, *step;
  std::size_t size;  // d
  float scale;
  CoordinateTime time;
};

}  // namespace
}  // namespace rover
#endif

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {

/// Coordinates [first, last).
void lstm_rule_step(const LstmCall& call, std::size_t first, std::size_t last) {
  const Floats d;
  const std::size_t hidden = call.shape->hidden, features = call.shape->features.count(), inputs = features + hidden;
  const float *bias = call.weights + call.shape->biases(), *output = call.weights + call.shape->output();
  float *h = call.slots, *c = h + hidden * call.size, *kept = c + hidden * call.size;
  FloatsV x[CoordinateFeatures::most + LstmShape::most_hidden];
  for (std::size_t at = first; at < last; at += hn::Lanes(d)) {
    const std::size_t count = last - at;
    coordinate_features(d, call.shape->features, call.time, call.gradient, call.point, kept, call.size, at, x);
    for (std::size_t k = 0; k < hidden; ++k) x[features + k] = load_first(d, h + k * call.size + at, count);
    FloatsV step = hn::Set(d, output[hidden]);
    for (std::size_t k = 0; k < hidden; ++k) {
      FloatsV gates[4];
      for (std::size_t g = 0; g < 4; ++g) gates[g] = hn::Set(d, bias[g * hidden + k]);
      const float* weight = call.weights + k;
      for (std::size_t j = 0; j < inputs; ++j, weight += 4 * hidden)
        for (std::size_t g = 0; g < 4; ++g) gates[g] = hn::MulAdd(hn::Set(d, weight[g * hidden]), x[j], gates[g]);
      const FloatsV cell = hn::MulAdd(sigmoid(d, gates[1]), load_first(d, c + k * call.size + at, count),
                                      hn::Mul(sigmoid(d, gates[0]), fast_tanh(d, gates[2])));
      const FloatsV unit = hn::Mul(sigmoid(d, gates[3]), fast_tanh(d, cell));
      store_first(cell, d, c + k * call.size + at, count);
      store_first(unit, d, h + k * call.size + at, count);
      step = hn::MulAdd(hn::Set(d, output[k]), unit, step);
    }
    store_first(hn::Mul(hn::Set(d, call.scale), step), d, call.step + at, count);
  }
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {

HWY_EXPORT(lstm_rule_step);

LstmShape::LstmShape(const RuleOptions& options) : features(options.features), hidden(options.hidden) {
  if (hidden < 1 || hidden > most_hidden) throw UsageError("hidden must lie in 1 … 64");
}

LstmRule::LstmRule(const RuleOptions& options, std::span<const float> weights)
    : options_(options), shape_(options), weights_(checked_weights(kName, weights, shape_.parameters())) {}

void LstmRule::reset(const Layout& layout, RuleState& state) const {
  state.layout = layout;
  state.slots.assign(shape_.slots() * size_of(layout), 0);
  state.scratch.clear();
  state.steps = 0;
  state.layers = 0;
}

void LstmRule::step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
                    std::span<float> step_d) const {
  const LstmCall call{&shape_,
                      weights_.data(),
                      gradient_d.data(),
                      point_d.data(),
                      state.slots.data(),
                      step_d.data(),
                      step_d.size(),
                      static_cast<float>(options_.output_scale),
                      CoordinateTime(state.steps, state.horizon)};
  for_coordinate_blocks(step_d.size(), state.threads, [&](std::size_t first, std::size_t last) {
    HWY_DYNAMIC_DISPATCH(lstm_rule_step)(call, first, last);
  });
  ++state.steps;
}

std::vector<float> LstmRule::initial(const RuleOptions& options, RandomStream& stream) {
  const LstmShape shape(options);
  const auto features = static_cast<double>(shape.features.count()), hidden = static_cast<double>(shape.hidden);
  std::vector<float> out;
  const auto normals = [&](std::size_t count, double deviation) {
    for (std::size_t k = 0; k < count; ++k) out.push_back(static_cast<float>(deviation * stream.normal()));
  };
  normals(shape.features.count() * 4 * shape.hidden, 0.5 / std::sqrt(features));
  normals(shape.hidden * 4 * shape.hidden, 0.7 / std::sqrt(hidden));
  out.resize(shape.output(), 0);
  std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(shape.biases() + shape.hidden), shape.hidden, 1.0f);
  normals(shape.hidden, 0.1);
  out.push_back(0);
  return out;
}

void LstmRule::save(Checkpoint& out) const {
  put_rule(out, kName, weights_);
  out.put_text("features", options_.features);
  out.put_integer("hidden", options_.hidden);
  out.put_number("scale", options_.output_scale);
}

std::shared_ptr<const LstmRule> LstmRule::load(const Checkpoint& in) {
  return nn::from_file([&] {
    RuleOptions options{.rule = kName, .features = in.text("features")};
    options.hidden = in.integer("hidden"), options.output_scale = get_finite(in, "scale");
    return std::make_shared<const LstmRule>(options, get_weights(in, LstmShape(options).parameters()));
  });
}

double reference::lstm_rule_step(const LstmShape& shape, std::span<const double> weights, double scale, double gradient,
                                 double point, std::span<double> slots, std::uint64_t t, std::uint64_t horizon) {
  const std::size_t hidden = shape.hidden;
  const std::span<double> h = slots.first(hidden), c = slots.subspan(hidden, hidden);
  std::vector<double> x = coordinate_features(shape.features, gradient, point, slots.subspan(2 * hidden), t, horizon);
  x.insert(x.end(), h.begin(), h.end());
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  double step = weights[shape.output() + hidden];
  for (std::size_t k = 0; k < hidden; ++k) {
    double gates[4];
    for (std::size_t g = 0; g < 4; ++g) {
      gates[g] = weights[shape.biases() + g * hidden + k];
      for (std::size_t j = 0; j < x.size(); ++j) gates[g] += weights[(j * 4 + g) * hidden + k] * x[j];
    }
    c[k] = sigmoid(gates[1]) * c[k] + sigmoid(gates[0]) * std::tanh(gates[2]);
    h[k] = sigmoid(gates[3]) * std::tanh(c[k]);
    step += weights[shape.output() + k] * h[k];
  }
  return scale * step;
}

}  // namespace rover
#endif
