#include "agents/learned/relative_rule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "agents/learned/coordinate_features.h"
#include "agents/learned/rule_files.h"
#include "core/denormals.h"
#include "core/parallel.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/learned/relative_rule.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/learned/coordinate_features-inl.h"

#ifndef ROVER_RELATIVE_RULE_ONCE
#define ROVER_RELATIVE_RULE_ONCE
namespace rover {
namespace {

using Shape = RelativeRuleShape;
constexpr double tiny = 1e-16, root_floor = 1e-8, mean_floor = 1e-20;

/// A tensor and what the two passes over it need. A vector is one row without factors.
struct RelativePass {
  std::size_t columns;
  const float *gradient, *point;
  float *m[3], *v, *step;
  float momentum_scale[3], square_scale;  // the corrections for a start at 0
  // Of the second pass:
  const float *row_factor, *column_mean;  // their product is R C/mean R; null for a vector
  float point_scale, log_mean;            // 1/rms θ, mean ln s
  const float* weights;
  float biases[Shape::hidden];  // what κ and τ add to the hidden units
  float exponent, rate;         // .3 a₂, exp(a₁)
};

/// Of a block of rows.
struct RelativeSums {
  double log_s, point_square;
};

}  // namespace
}  // namespace rover
#endif

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {

HWY_INLINE FloatsV scaled_root(Floats d, const RelativePass& p, FloatsV v) {
  return hn::Sqrt(hn::MulAdd(hn::Set(d, p.square_scale), v, hn::Set(d, static_cast<float>(tiny))));
}

/// Rows [first, last): new momenta and v; Σ v of each row and, over these rows, of each column, for a matrix.
RelativeSums relative_first_pass(const RelativePass& p, std::size_t first, std::size_t last, float* row_sums,
                                 float* column_sums) {
  const Floats d;
  if (column_sums != nullptr) std::fill_n(column_sums, p.columns, 0.0f);
  RelativeSums out{};
  for (std::size_t r = first; r < last; ++r) {
    FloatsV v_sum = hn::Zero(d), log_sum = hn::Zero(d), point_sum = hn::Zero(d);
    for (std::size_t c = 0; c < p.columns; c += hn::Lanes(d)) {
      const std::size_t count = p.columns - c, at = r * p.columns + c;
      const FloatsV g = load_first(d, p.gradient + at, count), theta = load_first(d, p.point + at, count);
      for (std::size_t k = 0; k < 3; ++k)
        store_first(running_mean(d, Shape::momentum_decays[k], load_first(d, p.m[k] + at, count), g), d, p.m[k] + at,
                    count);
      const FloatsV v = running_mean(d, Shape::square_decay, load_first(d, p.v + at, count), hn::Mul(g, g));
      store_first(v, d, p.v + at, count);
      const FloatsV log_s = hn::Log(d, hn::Add(scaled_root(d, p, v), hn::Set(d, static_cast<float>(root_floor))));
      log_sum = hn::Add(log_sum, hn::IfThenElseZero(hn::FirstN(d, count), log_s));
      point_sum = hn::MulAdd(theta, theta, point_sum);
      if (column_sums == nullptr) continue;
      v_sum = hn::Add(v_sum, v);
      store_first(hn::Add(load_first(d, column_sums + c, count), v), d, column_sums + c, count);
    }
    const auto sum = [&](FloatsV lanes) { return hn::GetLane(hn::SumOfLanes(d, lanes)); };
    out.log_s += static_cast<double>(sum(log_sum)), out.point_square += static_cast<double>(sum(point_sum));
    if (row_sums != nullptr) row_sums[r] = sum(v_sum);
  }
  return out;
}

void relative_second_pass(const RelativePass& p, std::size_t first, std::size_t last) {
  const Floats d;
  const float* outputs = p.weights + Shape::outputs;
  const auto cut = [&](FloatsV x) { return clip(d, x, Shape::limit); };
  for (std::size_t r = first; r < last; ++r)
    for (std::size_t c = 0; c < p.columns; c += hn::Lanes(d)) {
      const std::size_t count = p.columns - c, at = r * p.columns + c;
      const FloatsV g = load_first(d, p.gradient + at, count), half = hn::Set(d, 0.5f);
      const FloatsV s =
          hn::Add(scaled_root(d, p, load_first(d, p.v + at, count)), hn::Set(d, static_cast<float>(root_floor)));
      const FloatsV inverse = hn::Div(hn::Set(d, 1.0f), s);
      FloatsV x[Shape::features], adam = hn::Zero(d);
      x[0] = cut(hn::Mul(g, inverse));
      for (std::size_t k = 0; k < 3; ++k) {
        const FloatsV ratio =
            hn::Mul(hn::Mul(hn::Set(d, p.momentum_scale[k]), load_first(d, p.m[k] + at, count)), inverse);
        if (k == 1) adam = ratio;
        x[1 + k] = cut(ratio);
      }
      x[4] = cut(hn::Mul(load_first(d, p.point + at, count), hn::Set(d, p.point_scale)));
      x[5] = cut(hn::Mul(half, hn::Sub(hn::Log(d, s), hn::Set(d, p.log_mean))));
      x[6] = p.row_factor == nullptr
                 ? x[0]
                 : cut(hn::Mul(g, inverse_root(d, hn::MulAdd(hn::Set(d, p.row_factor[r]),
                                                             load_first(d, p.column_mean + c, count),
                                                             hn::Set(d, static_cast<float>(tiny))))));
      const FloatsV zero = hn::Zero(d);
      x[7] = hn::IfThenElseZero(hn::Ne(g, zero), hn::Xor(x[2], hn::And(g, hn::SignBit(d))));
      FloatsV u1 = zero, u2 = zero;
      for (std::size_t k = 0; k < Shape::hidden; ++k) {
        FloatsV sum = hn::Set(d, p.biases[k]);
        for (std::size_t i = 0; i < Shape::features; ++i)
          sum = hn::MulAdd(hn::Set(d, p.weights[i * Shape::hidden + k]), x[i], sum);
        const FloatsV h = fast_tanh(d, sum);
        u1 = hn::MulAdd(hn::Set(d, outputs[2 * k]), h, u1), u2 = hn::MulAdd(hn::Set(d, outputs[2 * k + 1]), h, u2);
      }
      const FloatsV grow = hn::Exp(d, hn::MulAdd(half, u1, hn::Set(d, p.exponent)));
      store_first(hn::Mul(hn::Set(d, -p.rate), hn::MulAdd(grow, adam, hn::Mul(half, u2))), d, p.step + at, count);
    }
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {

HWY_EXPORT(relative_first_pass);
HWY_EXPORT(relative_second_pass);

namespace {

/// Coordinates that are passed over at a time, so that their sums are added in one order whatever the threads.
constexpr std::size_t block_size = 32768;
/// From here on several threads pay for their start.
constexpr std::size_t parallel_size = 1 << 18;

/// A vector's rows are blocks, too.
struct Rows {
  std::size_t count, columns, at_once, blocks;
  explicit Rows(const Tensor& tensor) : count(tensor.is_matrix() ? tensor.rows : 1), columns(tensor.size() / count) {
    at_once = std::clamp<std::size_t>(block_size / std::max<std::size_t>(columns, 1), 1, count);
    blocks = (count + at_once - 1) / at_once;
  }
  std::size_t last(std::size_t block) const { return std::min(count, (block + 1) * at_once); }
};

/// tanh([κ, τ] A + a₀) B, and κ K + τ U.
struct TensorHead {
  double a[2] = {}, biases[Shape::hidden] = {};
  TensorHead(const auto& weights, std::span<const double> kind, std::span<const double> time) {
    for (std::size_t k = 0; k < Shape::hidden; ++k) {
      const auto at = [&](std::size_t first, std::size_t row) {
        return static_cast<double>(weights[first + row * Shape::hidden + k]);
      };
      double sum = at(Shape::rate_biases, 0);
      for (std::size_t i = 0; i < Shape::kinds; ++i)
        sum += kind[i] * at(Shape::rate_weights, i), biases[k] += kind[i] * at(Shape::kind_weights, i);
      for (std::size_t i = 0; i < Shape::times; ++i)
        sum += time[i] * at(Shape::rate_weights, Shape::kinds + i), biases[k] += time[i] * at(Shape::time_weights, i);
      for (std::size_t o = 0; o < 2; ++o)
        a[o] += std::tanh(sum) * static_cast<double>(weights[Shape::rate_outputs + 2 * k + o]);
    }
  }
};

}  // namespace

std::array<double, Shape::kinds> tensor_kind(const Tensor& tensor, std::size_t layers) {
  const auto flag = [](bool is) { return is ? 1.0 : 0.0; };
  return {flag(tensor.kind == Tensor::Kind::weights), flag(tensor.kind == Tensor::Kind::bias), flag(tensor.layer == 0),
          flag(tensor.layer + 1 == layers)};
}

std::array<double, Shape::times> relative_time(std::uint64_t t, std::uint64_t horizon) {
  const auto steps = static_cast<double>(t);
  const double share = time_share(t, horizon);
  return {share, std::log(steps + 1) / 6, std::exp(-steps / 10), std::exp(-steps / 50), 1 - share};
}

RelativeRule::RelativeRule(std::span<const float> weights)
    : weights_(checked_weights(kName, weights, Shape::parameters)) {}

void RelativeRule::reset(const Layout& layout, RuleState& state) const {
  state.layout = layout;
  std::size_t scratch = 0;
  for (const Tensor& tensor : layout) {
    const Rows rows(tensor);
    scratch = std::max(scratch, rows.count + rows.blocks * (rows.columns + 4));
  }
  state.slots.assign(4 * size_of(layout), 0);
  state.scratch.assign(scratch, 0);
  state.steps = 0;
  state.layers = layers_of(layout);
}

void RelativeRule::step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
                        std::span<float> step_d) const {
  const FlushDenormals flush;
  const double steps = static_cast<double>(state.steps) + 1;
  RelativePass pass{};
  pass.weights = weights_.data();
  for (std::size_t k = 0; k < 3; ++k)
    pass.momentum_scale[k] = static_cast<float>(1 / (1 - std::pow(Shape::momentum_decays[k], steps)));
  const double square_scale = 1 / (1 - std::pow(Shape::square_decay, steps));
  pass.square_scale = static_cast<float>(square_scale);
  for (const Tensor& tensor : state.layout) {
    const Rows rows(tensor);
    const auto size = static_cast<double>(tensor.size());
    const bool matrix = tensor.is_matrix();
    pass.columns = rows.columns;
    pass.gradient = gradient_d.data() + tensor.begin, pass.point = point_d.data() + tensor.begin;
    pass.step = step_d.data() + tensor.begin;
    float* slots = state.slots.data() + 4 * tensor.begin;
    for (auto& m : pass.m) m = std::exchange(slots, slots + tensor.size());
    pass.v = slots;
    const auto in_blocks = [&](const auto& job) {
      if (state.threads > 1 && tensor.size() >= parallel_size)
        return in_parallel(rows.blocks, state.threads, [&](std::size_t b, std::size_t) {
          const FlushDenormals in_worker;
          job(b);
        });
      for (std::size_t b = 0; b < rows.blocks; ++b) job(b);
    };
    float *row_sums = state.scratch.data(), *column_sums = row_sums + rows.count,
          *logs = column_sums + rows.blocks * rows.columns, *squares = logs + rows.blocks;
    in_blocks([&](std::size_t b) {
      const RelativeSums sums =
          HWY_DYNAMIC_DISPATCH(relative_first_pass)(pass, b * rows.at_once, rows.last(b), matrix ? row_sums : nullptr,
                                                    matrix ? column_sums + b * rows.columns : nullptr);
      logs[b] = static_cast<float>(sums.log_s), squares[b] = static_cast<float>(sums.point_square);
    });
    double log_sum = 0, point_square = 0;
    for (std::size_t b = 0; b < rows.blocks; ++b)
      log_sum += static_cast<double>(logs[b]), point_square += static_cast<double>(squares[b]);
    pass.log_mean = static_cast<float>(log_sum / size);
    pass.point_scale = static_cast<float>(1 / std::sqrt(point_square / size + root_floor));
    pass.row_factor = pass.column_mean = nullptr;
    if (matrix) {
      // R C/mean R as the product of one number a row and one a column.
      double mean = 0;
      for (std::size_t r = 0; r < rows.count; ++r)
        mean += static_cast<double>(row_sums[r]) / size + mean_floor / static_cast<double>(rows.count);
      for (std::size_t r = 0; r < rows.count; ++r)
        row_sums[r] = static_cast<float>(
            (static_cast<double>(row_sums[r]) / static_cast<double>(rows.columns) + mean_floor) / mean);
      for (std::size_t b = 1; b < rows.blocks; ++b)
        for (std::size_t c = 0; c < rows.columns; ++c) column_sums[c] += column_sums[b * rows.columns + c];
      for (std::size_t c = 0; c < rows.columns; ++c)
        column_sums[c] = static_cast<float>(
            (static_cast<double>(column_sums[c]) / static_cast<double>(rows.count) + mean_floor) * square_scale);
      pass.row_factor = row_sums, pass.column_mean = column_sums;
    }
    const TensorHead head(weights_, tensor_kind(tensor, state.layers), relative_time(state.steps, state.horizon));
    for (std::size_t k = 0; k < Shape::hidden; ++k) pass.biases[k] = static_cast<float>(head.biases[k]);
    pass.exponent = static_cast<float>(0.3 * head.a[1]), pass.rate = static_cast<float>(std::exp(head.a[0]));
    in_blocks([&](std::size_t b) { HWY_DYNAMIC_DISPATCH(relative_second_pass)(pass, b * rows.at_once, rows.last(b)); });
  }
  ++state.steps;
}

std::vector<float> RelativeRule::initial(const RuleOptions&, RandomStream& stream) {
  std::vector<float> out(Shape::parameters);
  const auto normals = [&](std::size_t first, std::size_t rows, double deviation) {
    for (std::size_t k = 0; k < rows * Shape::hidden; ++k)
      out[first + k] = static_cast<float>(deviation * stream.normal());
  };
  normals(0, Shape::features, 1 / std::sqrt(static_cast<double>(Shape::features)));
  normals(Shape::time_weights, Shape::times, 0.3 / std::sqrt(static_cast<double>(Shape::times)));
  normals(Shape::rate_weights, Shape::kinds + Shape::times,
          1 / std::sqrt(static_cast<double>(Shape::kinds + Shape::times)));
  return out;
}

void RelativeRule::save(Checkpoint& out) const { put_rule(out, kName, weights_); }

std::shared_ptr<const RelativeRule> RelativeRule::load(const Checkpoint& in) {
  return std::make_shared<RelativeRule>(get_weights(in, Shape::parameters));
}

std::vector<double> reference::relative_rule_step(std::span<const double> weights, const Tensor& tensor,
                                                  std::span<const double> kind, std::span<const double> gradient,
                                                  std::span<const double> point, std::span<double> state,
                                                  std::uint64_t t, std::uint64_t horizon) {
  const std::size_t n = gradient.size(), rows = tensor.rows, columns = tensor.columns;
  const double steps = static_cast<double>(t) + 1;
  const auto unbias = [&](double decay) { return 1 / (1 - std::pow(decay, steps)); };
  const std::span<double> v = state.subspan(3 * n, n);
  std::vector<double> s(n), row(rows), column(columns);
  double log_mean = 0, square = 0, row_mean = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < 3; ++k) {
      const double decay = Shape::momentum_decays[k];
      state[k * n + i] = decay * state[k * n + i] + (1 - decay) * gradient[i];
    }
    v[i] = 0.999 * v[i] + 0.001 * gradient[i] * gradient[i];
    s[i] = std::sqrt(v[i] * unbias(0.999) + 1e-16) + 1e-8;
    log_mean += std::log(s[i]) / static_cast<double>(n), square += point[i] * point[i] / static_cast<double>(n);
    row[i / columns] += v[i] / static_cast<double>(columns), column[i % columns] += v[i] / static_cast<double>(rows);
  }
  for (double& mean : row) row_mean += (mean += 1e-20) / static_cast<double>(rows);
  for (double& mean : column) mean += 1e-20;
  const TensorHead head(weights, kind, relative_time(t, horizon));
  std::vector<double> out(n);
  for (std::size_t i = 0; i < n; ++i) {
    const double ratio = gradient[i] / s[i];
    double m[3];
    for (std::size_t k = 0; k < 3; ++k) m[k] = state[k * n + i] * unbias(Shape::momentum_decays[k]) / s[i];
    const double factored =
        gradient[i] / std::sqrt(row[i / columns] * column[i % columns] / row_mean * unbias(0.999) + 1e-16);
    const double sign = (gradient[i] > 0) - (gradient[i] < 0);
    double x[8] = {ratio,
                   m[0],
                   m[1],
                   m[2],
                   point[i] / std::sqrt(square + 1e-8),
                   (std::log(s[i]) - log_mean) / 2,
                   tensor.is_matrix() ? factored : ratio,
                   m[1] * sign};
    double u[2] = {};
    for (std::size_t k = 0; k < 8; ++k) {
      double sum = head.biases[k];
      for (std::size_t j = 0; j < 8; ++j) sum += weights[j * 8 + k] * std::clamp(x[j], -4.0, 4.0);
      for (std::size_t o = 0; o < 2; ++o) u[o] += weights[Shape::outputs + 2 * k + o] * std::tanh(sum);
    }
    out[i] = -std::exp(head.a[0]) * (std::exp(0.5 * u[0] + 0.3 * head.a[1]) * m[1] + 0.5 * u[1]);
  }
  return out;
}

}  // namespace rover
#endif
