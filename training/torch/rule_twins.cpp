#include <cmath>
#include <utility>
#include <vector>

#include "agents/learned/lstm_rule.h"
#include "agents/learned/mlp_rule.h"
#include "agents/learned/relative_rule.h"
#include "agents/learned/transformer_rule.h"
#include "core/settings.h"
#include "training/torch/rule_twins_torch.h"

namespace rover {
namespace {

using torch::Tensor;
using torch::indexing::Slice;

std::int64_t signed_of(std::size_t n) { return static_cast<std::int64_t>(n); }
double steps_of(std::uint64_t t) { return static_cast<double>(t); }
double unbias(double decay, std::uint64_t t) { return 1 / (1 - std::pow(decay, steps_of(t) + 1)); }

/// Hands out the blocks of a flat vector of weights, one after the other.
class Blocks {
 public:
  explicit Blocks(Tensor flat) : flat_(std::move(flat)) {}
  Tensor take(std::size_t rows, std::size_t columns) {
    return take(rows * columns).view({signed_of(rows), signed_of(columns)});
  }
  Tensor take(std::size_t count) {
    return flat_.narrow(0, std::exchange(at_, at_ + signed_of(count)), signed_of(count));
  }

 private:
  Tensor flat_;
  std::int64_t at_ = 0;
};

Tensor running_mean(double decay, const Tensor& old, const Tensor& now) { return decay * old + (1 - decay) * now; }

/// Features [B, d, x]; `kept` [B, 4, d] is replaced by what is remembered next.
Tensor coordinate_features(const CoordinateFeatures& features, const TwinInput& in, Tensor& kept) {
  const Tensor &g = in.gradient, &p = in.point;
  const auto constant = [&](double value) { return torch::full_like(g, value); };
  std::vector<Tensor> out;
  if (features.raw) out.insert(out.end(), {g, p});
  if (features.log || features.andrychowicz) {
    const Tensor a = (g.abs() + 1e-8).log() / 10, sign = g.sign();
    if (features.log) out.insert(out.end(), {a, sign, p});
    if (features.andrychowicz) out.insert(out.end(), {a.clamp_min(-1), torch::where(a > -1, sign, std::exp(10.0) * g)});
  }
  if (features.rich) {
    constexpr double limit = CoordinateFeatures::limit, square_decay = CoordinateFeatures::square_decay;
    std::vector<Tensor> next;
    const Tensor v = running_mean(square_decay, kept.select(1, 3), g * g);
    const Tensor s = (v * unbias(square_decay, in.t) + 1e-16).sqrt();
    out.push_back((g / s).clamp(-limit, limit));
    for (std::int64_t k = 0; k < 3; ++k) {
      const double decay = CoordinateFeatures::momentum_decays[k];
      next.push_back(running_mean(decay, kept.select(1, k), g));
      out.push_back((next.back() * unbias(decay, in.t) / s).clamp(-limit, limit));
    }
    next.push_back(v);
    kept = torch::stack(next, 1);
    out.insert(out.end(),
               {s.log() / 10, p.clamp(-limit, limit), constant(time_share(in.t, in.horizon)),
                constant(std::min(1.0, std::log(steps_of(in.t) + 1) / 10)), constant(std::exp(-steps_of(in.t) / 10))});
  }
  if (features.point) out.push_back(p / 5);
  if (features.time) out.push_back(constant(time_share(in.t, in.horizon)));
  return torch::stack(out, -1);
}

TwinStep mlp_step(const RuleOptions& options, const TwinInput& in) {
  constexpr std::size_t hidden = MlpRule::hidden;
  Blocks blocks(in.weights);
  const Tensor w = blocks.take(3, hidden), b = blocks.take(hidden), w2 = blocks.take(hidden), b2 = blocks.take(1);
  const Tensor time = torch::full_like(in.gradient, std::log(steps_of(in.t) + 1));
  const Tensor x = torch::stack({in.gradient, in.slots, time}, -1);
  return {options.output_scale * (torch::tanh(torch::matmul(x, w) + b).matmul(w2) + b2),
          running_mean(static_cast<double>(MlpRule::decay), in.slots, in.gradient)};
}

TwinStep lstm_step(const RuleOptions& options, const LstmShape& shape, const TwinInput& in) {
  const std::int64_t batch = in.gradient.size(0), d = in.gradient.size(1), hidden = signed_of(shape.hidden);
  Blocks blocks(in.weights);
  const Tensor w = blocks.take(shape.inputs(), 4 * shape.hidden), b = blocks.take(4 * shape.hidden),
               output = blocks.take(shape.hidden), output_bias = blocks.take(1);
  const Tensor slots = in.slots.view({batch, -1, d});
  const Tensor h = slots.narrow(1, 0, hidden).transpose(1, 2), c = slots.narrow(1, hidden, hidden).transpose(1, 2);
  Tensor kept = slots.narrow(1, 2 * hidden, slots.size(1) - 2 * hidden);
  const Tensor x = torch::cat({coordinate_features(shape.features, in, kept), h}, -1);
  const auto gates = torch::addmm(b, x.view({batch * d, -1}), w).view({batch, d, -1}).chunk(4, -1);
  const Tensor cell = torch::sigmoid(gates[1]) * c + torch::sigmoid(gates[0]) * torch::tanh(gates[2]);
  const Tensor unit = torch::sigmoid(gates[3]) * torch::tanh(cell);
  return {options.output_scale * (unit.matmul(output) + output_bias),
          torch::cat({unit.transpose(1, 2), cell.transpose(1, 2), kept}, 1).reshape({batch, -1})};
}

TwinStep transformer_step(const RuleOptions& options, const TransformerShape& shape, const TwinInput& in) {
  const std::int64_t batch = in.gradient.size(0), d = in.gradient.size(1), window = signed_of(shape.window),
                     D = signed_of(shape.hidden), t = static_cast<std::int64_t>(in.t);
  Blocks blocks(in.weights);
  const Tensor embed = blocks.take(shape.inputs(), shape.hidden), embed_bias = blocks.take(shape.hidden),
               query = blocks.take(shape.hidden, shape.hidden), positions = blocks.take(shape.window),
               value = blocks.take(shape.hidden, shape.hidden), first = blocks.take(shape.hidden, 2 * shape.hidden),
               first_bias = blocks.take(2 * shape.hidden), second = blocks.take(2 * shape.hidden, shape.hidden),
               output = blocks.take(shape.hidden), output_bias = blocks.take(1);
  const Tensor slots = in.slots.view({batch, -1, d}), ring = slots.narrow(1, 0, window * D);
  Tensor kept = slots.narrow(1, window * D, slots.size(1) - window * D);
  const Tensor features = coordinate_features(shape.features, in, kept);
  const Tensor time = torch::full({batch, d, 1}, std::log(steps_of(in.t) + 1) / 4, features.options());
  const Tensor e = torch::tanh(torch::matmul(torch::cat({features, time}, -1), embed) + embed_bias);
  const std::int64_t place = t % window;
  const Tensor next = torch::cat(
      {ring.narrow(1, 0, place * D), e.transpose(1, 2), ring.narrow(1, (place + 1) * D, (window - place - 1) * D)}, 1);
  // Age j lies at (t − j) mod N; [B, d, n, D].
  std::vector<std::int64_t> order;
  for (std::int64_t j = 0; j < std::min(t + 1, window); ++j) order.push_back((t - j) % window);
  const Tensor past = next.view({batch, window, D, d}).permute({0, 3, 1, 2}).index_select(2, torch::tensor(order));
  const Tensor scores =
      torch::matmul(past, torch::matmul(e, query).unsqueeze(-1)).squeeze(-1) / std::sqrt(static_cast<double>(D)) +
      positions.narrow(0, 0, signed_of(order.size()));
  const Tensor mean = torch::matmul(torch::softmax(scores, -1).unsqueeze(-2), past).squeeze(-2);
  Tensor z = e + torch::matmul(mean, value);
  z = z + torch::matmul(torch::relu(torch::matmul(z, first) + first_bias), second);
  return {options.output_scale * (z.matmul(output) + output_bias), torch::cat({next, kept}, 1).reshape({batch, -1})};
}

TwinStep relative_step(const Layout& layout, const TwinInput& in) {
  using Shape = RelativeRuleShape;
  constexpr double limit = Shape::limit;
  const std::int64_t batch = in.gradient.size(0);
  Blocks blocks(in.weights);
  const Tensor w = blocks.take(Shape::features, Shape::hidden), kind_weights = blocks.take(Shape::kinds, Shape::hidden),
               time_weights = blocks.take(Shape::times, Shape::hidden), outputs = blocks.take(Shape::hidden, 2),
               rate_weights = blocks.take(Shape::kinds + Shape::times, Shape::hidden),
               rate_biases = blocks.take(Shape::hidden), rate_outputs = blocks.take(Shape::hidden, 2);
  const auto constant = [&](const auto& values) {
    return torch::tensor(std::vector<double>(values.begin(), values.end())).to(in.weights.dtype());
  };
  const Tensor time = constant(relative_time(in.t, in.horizon));
  const double square_scale = unbias(Shape::square_decay, in.t);
  std::vector<Tensor> steps, slots;
  for (const rover::Tensor& tensor : layout) {
    const std::int64_t n = signed_of(tensor.size()), begin = signed_of(tensor.begin);
    const Tensor g = in.gradient.narrow(1, begin, n), p = in.point.narrow(1, begin, n);
    const Tensor kept = in.slots.narrow(1, 4 * begin, 4 * n).view({batch, 4, n});
    std::vector<Tensor> next, ratios;
    for (std::int64_t k = 0; k < 3; ++k) next.push_back(running_mean(Shape::momentum_decays[k], kept.select(1, k), g));
    const Tensor v = running_mean(Shape::square_decay, kept.select(1, 3), g * g);
    const Tensor s = (v * square_scale + 1e-16).sqrt() + 1e-8;
    for (std::int64_t k = 0; k < 3; ++k)
      ratios.push_back(next[static_cast<std::size_t>(k)] * unbias(Shape::momentum_decays[k], in.t) / s);
    const Tensor log_s = s.log();
    Tensor factored = g / s;
    if (tensor.is_matrix()) {
      const Tensor square = v.view({batch, signed_of(tensor.rows), signed_of(tensor.columns)});
      const Tensor row = square.mean(2, true) + 1e-20, column = (square.mean(1, true) + 1e-20) * square_scale;
      factored = g * (row / row.mean(1, true) * column + 1e-16).rsqrt().reshape({batch, n});
    }
    const Tensor x = torch::stack({g / s, ratios[0], ratios[1], ratios[2], p * ((p * p).mean(1, true) + 1e-8).rsqrt(),
                                   0.5 * (log_s - log_s.mean(1, true)), factored, ratios[1] * g.sign()},
                                  -1)
                         .clamp(-limit, limit);
    const Tensor kind = constant(tensor_kind(tensor, layers_of(layout)));
    const Tensor a = torch::tanh(torch::cat({kind, time}).matmul(rate_weights) + rate_biases).matmul(rate_outputs);
    const Tensor shared = kind.matmul(kind_weights) + time.matmul(time_weights);
    const Tensor u = torch::tanh(torch::matmul(x, w) + shared).matmul(outputs);
    steps.push_back(-torch::exp(a[0]) *
                    (torch::exp(0.5 * u.select(-1, 0) + 0.3 * a[1]) * ratios[1] + 0.5 * u.select(-1, 1)));
    next.push_back(v);
    slots.push_back(torch::stack(next, 1).view({batch, 4 * n}));
  }
  return {torch::cat(steps, 1), torch::cat(slots, 1)};
}

}  // namespace

RuleTwin make_rule_twin(const RuleOptions& options, const Layout& layout) {
  if (options.rule == MlpUpdateRule::kName) return [=](const TwinInput& in) { return mlp_step(options, in); };
  if (options.rule == LstmRule::kName)
    return [=, shape = LstmShape(options)](const TwinInput& in) { return lstm_step(options, shape, in); };
  if (options.rule == TransformerRule::kName)
    return [=, shape = TransformerShape(options)](const TwinInput& in) { return transformer_step(options, shape, in); };
  if (options.rule == RelativeRule::kName) return [=](const TwinInput& in) { return relative_step(layout, in); };
  throw UsageError("backpropagation trains the rules mlp, lstm, transformer and relative; for rule=" + options.rule +
                   " take learner=evolution");
}

}  // namespace rover
