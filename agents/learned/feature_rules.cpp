#include "agents/learned/feature_rules.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "agents/learned/feature_passes.h"
#include "agents/learned/newton_schulz.h"
#include "agents/learned/rule_files.h"
#include "core/denormals.h"
#include "core/parallel.h"

namespace rover {
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
  return sum_of_squares(values.data(), values.size()) / static_cast<double>(values.size());
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
      weights_(checked_weights(name, weights, shape_->parameters())) {
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
    first_pass(pass, b * at_once, last_row(b), row_sums, column_sums + b * columns, squares + b * own_features);
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
    second_pass(pass, b * at_once, last_row(b), squares + b * own_features + OwnFeatures::early);
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
  work.blocks(blocks, n, [&](std::size_t b) { third_pass(hidden, pass, b * at_once, last_row(b)); });
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
  work.blocks(blocks, n,
              [&](std::size_t b) { vector_first_pass(pass, b * block_size, end(b), squares + b * vector_features); });
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
  work.blocks(blocks, n, [&](std::size_t b) { vector_second_pass(pass, b * block_size, end(b)); });
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

void FeatureRule::save(Checkpoint& out) const { put_rule(out, name_, weights_); }

std::shared_ptr<const FeatureRule> FeatureRule::load(const Checkpoint& in) {
  const std::string& name = in.text("rule");
  return std::make_shared<FeatureRule>(name, get_weights(in, shape(name).parameters()));
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

}  // namespace rover
