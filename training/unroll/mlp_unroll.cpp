#include "training/unroll/mlp_unroll.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "training/unroll/mlp_unroll.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/learned/mlp_rule-inl.h"

#ifndef ROVER_MLP_UNROLL_SHARED  // once, not once a target
#define ROVER_MLP_UNROLL_SHARED
namespace rover {

inline constexpr std::size_t kHidden = RegressionNetwork::hidden, kParameters = RegressionNetwork::parameters,
                             kTrain = RegressionTask::train, kGrid = RegressionTask::validation;

/// What the kernel reads and writes, for one vector of tasks at column `at` of rows that are `stride` apart.
struct UnrollCall {
  const float *x, *y, *grid_x, *grid_y, *start;
  std::size_t stride, at;
  std::size_t units;  ///< of the base network that are there: the first ones
  const float* alpha;
  std::size_t steps;
  float scale, clip;
  bool log_loss, backward;
  float* trace;     ///< [steps, 3, parameters, lanes]: θ_t, m_t, g_t
  float* losses;    ///< [lanes]
  float* gradient;  ///< [81, lanes]: dJ/dα of each task
};

}  // namespace rover
#endif

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {

using D = hn::CappedTag<float, RegressionBatch::lanes>;
using V = hn::Vec<D>;

/// What the base network computes on the training points, kept for the second derivatives.
struct Activations {
  V h[kHidden][kTrain];  ///< tanh(w₁ x + b₁)
  V slope[kTrain];       ///< dℓ/dŷ = 2 (ŷ − y)/n
};

/// Calls f(i) for each parameter i of the first `units` units and for b₂.
template <class F>
HWY_INLINE void for_each_parameter(std::size_t units, const F& f) {
  for (std::size_t block = 0; block < 3; ++block)
    for (std::size_t j = 0; j < units; ++j) f(block * kHidden + j);
  f(3 * kHidden);
}

/// ∇ℓ of the training loss at θ: [w₁, b₁, w₂, b₂].
HWY_INLINE void gradient_at(std::size_t units, const V* theta, const V* x, const V* y, Activations& a, V* gradient) {
  const D d;
  V sums[kTrain];
  for (std::size_t s = 0; s < kTrain; ++s) sums[s] = theta[3 * kHidden];
  for (std::size_t j = 0; j < units; ++j) {
    const V w1 = theta[j], b1 = theta[kHidden + j], w2 = theta[2 * kHidden + j];
    for (std::size_t s = 0; s < kTrain; ++s) {
      a.h[j][s] = fast_tanh(d, hn::MulAdd(w1, x[s], b1));
      sums[s] = hn::MulAdd(w2, a.h[j][s], sums[s]);
    }
  }
  const V factor = hn::Set(d, 2.0f / kTrain), one = hn::Set(d, 1.0f);
  V bias = hn::Zero(d);
  for (std::size_t s = 0; s < kTrain; ++s) {
    a.slope[s] = hn::Mul(factor, hn::Sub(sums[s], y[s]));
    bias = hn::Add(bias, a.slope[s]);
  }
  gradient[3 * kHidden] = bias;
  for (std::size_t j = 0; j < units; ++j) {
    V of_w1 = hn::Zero(d), of_b1 = hn::Zero(d), of_w2 = hn::Zero(d);
    for (std::size_t s = 0; s < kTrain; ++s) {
      const V h = a.h[j][s];
      of_w2 = hn::MulAdd(a.slope[s], h, of_w2);
      const V back = hn::Mul(hn::NegMulAdd(h, h, one), a.slope[s]);
      of_b1 = hn::Add(of_b1, back);
      of_w1 = hn::MulAdd(back, x[s], of_w1);
    }
    gradient[j] = hn::Mul(of_w1, theta[2 * kHidden + j]);
    gradient[kHidden + j] = hn::Mul(of_b1, theta[2 * kHidden + j]);
    gradient[2 * kHidden + j] = of_w2;
  }
}

/// out += ∇²ℓ · v at the θ of the activations: the derivative of gradient_at's lines in the direction v (Pearlmutter
/// 1994).
HWY_INLINE void add_hessian_product(std::size_t units, const V* theta, const V* x, const Activations& a, const V* v,
                                    V* out) {
  const D d;
  const V one = hn::Set(d, 1.0f), factor = hn::Set(d, 2.0f / kTrain);
  V moved[kTrain];  // of the slopes
  for (std::size_t s = 0; s < kTrain; ++s) moved[s] = v[3 * kHidden];
  for (std::size_t j = 0; j < units; ++j)
    for (std::size_t s = 0; s < kTrain; ++s) {
      const V h = a.h[j][s], sum = hn::MulAdd(v[j], x[s], v[kHidden + j]);
      const V moved_h = hn::Mul(hn::NegMulAdd(h, h, one), sum);
      moved[s] = hn::MulAdd(v[2 * kHidden + j], h, hn::MulAdd(theta[2 * kHidden + j], moved_h, moved[s]));
    }
  V bias = hn::Zero(d);
  for (std::size_t s = 0; s < kTrain; ++s) {
    moved[s] = hn::Mul(factor, moved[s]);
    bias = hn::Add(bias, moved[s]);
  }
  out[3 * kHidden] = hn::Add(out[3 * kHidden], bias);
  for (std::size_t j = 0; j < units; ++j) {
    const V w2 = theta[2 * kHidden + j], v2 = v[2 * kHidden + j];
    V of_w1 = hn::Zero(d), of_b1 = hn::Zero(d), of_w2 = hn::Zero(d);
    for (std::size_t s = 0; s < kTrain; ++s) {
      const V h = a.h[j][s], rest = hn::NegMulAdd(h, h, one), slope = a.slope[s];
      const V moved_h = hn::Mul(rest, hn::MulAdd(v[j], x[s], v[kHidden + j]));
      of_w2 = hn::MulAdd(moved[s], h, hn::MulAdd(slope, moved_h, of_w2));
      // back = (1 − h²) w₂ slope, moved: (1 − h²)(w₂ moved + v₂ slope) − 2 h moved_h w₂ slope
      const V first = hn::Mul(rest, hn::MulAdd(w2, moved[s], hn::Mul(v2, slope)));
      const V twice = hn::Mul(hn::Add(h, h), hn::Mul(moved_h, hn::Mul(w2, slope)));
      const V back = hn::Sub(first, twice);
      of_b1 = hn::Add(of_b1, back);
      of_w1 = hn::MulAdd(back, x[s], of_w1);
    }
    out[j] = hn::Add(out[j], of_w1);
    out[kHidden + j] = hn::Add(out[kHidden + j], of_b1);
    out[2 * kHidden + j] = hn::Add(out[2 * kHidden + j], of_w2);
  }
}

/// The validation loss at θ and, if asked for, its gradient.
HWY_INLINE V validation_at(std::size_t units, const V* theta, const float* grid_x, const float* grid_y,
                           std::size_t stride, V* gradient) {
  const D d;
  const V one = hn::Set(d, 1.0f), factor = hn::Set(d, 2.0f / kGrid);
  V loss = hn::Zero(d);
  if (gradient)
    for (std::size_t k = 0; k < kParameters; ++k) gradient[k] = hn::Zero(d);
  V h[kHidden];
  for (std::size_t s = 0; s < kGrid; ++s) {
    const V x = hn::Set(d, grid_x[s]);
    V sum = theta[3 * kHidden];
    for (std::size_t j = 0; j < units; ++j) {
      h[j] = fast_tanh(d, hn::MulAdd(theta[j], x, theta[kHidden + j]));
      sum = hn::MulAdd(theta[2 * kHidden + j], h[j], sum);
    }
    const V error = hn::Sub(sum, hn::LoadU(d, grid_y + s * stride));
    loss = hn::MulAdd(error, error, loss);
    if (!gradient) continue;
    const V slope = hn::Mul(factor, error);
    gradient[3 * kHidden] = hn::Add(gradient[3 * kHidden], slope);
    for (std::size_t j = 0; j < units; ++j) {
      const V back = hn::Mul(hn::Mul(hn::NegMulAdd(h[j], h[j], one), theta[2 * kHidden + j]), slope);
      gradient[2 * kHidden + j] = hn::MulAdd(slope, h[j], gradient[2 * kHidden + j]);
      gradient[kHidden + j] = hn::Add(gradient[kHidden + j], back);
      gradient[j] = hn::MulAdd(back, x, gradient[j]);
    }
  }
  return hn::Mul(loss, hn::Set(d, 1.0f / kGrid));
}

/// Shortens each task's vector to the norm `clip`; what is not finite becomes 0.
HWY_INLINE void shorten(std::size_t units, V* vector, float clip) {
  const D d;
  V square = hn::Zero(d);
  for_each_parameter(units, [&](std::size_t i) { square = hn::MulAdd(vector[i], vector[i], square); });
  const V norm = hn::Add(hn::Sqrt(square), hn::Set(d, 1e-12f));
  const V factor = hn::Min(hn::Set(d, 1.0f), hn::Div(hn::Set(d, clip), norm));
  const auto finite = hn::IsFinite(square);
  for_each_parameter(units, [&](std::size_t i) { vector[i] = hn::IfThenElseZero(finite, hn::Mul(vector[i], factor)); });
}

/// One vector of tasks.
HWY_INLINE void unroll(const UnrollCall& call) {
  const D d;
  const std::size_t lanes = hn::Lanes(d), units = call.units;
  V theta[kParameters], m[kParameters], g[kParameters], x[kTrain], y[kTrain];
  for (std::size_t i = 0; i < kParameters; ++i) {
    theta[i] = hn::LoadU(d, call.start + i * call.stride + call.at);
    m[i] = hn::Zero(d);
  }
  for (std::size_t s = 0; s < kTrain; ++s) {
    x[s] = hn::LoadU(d, call.x + s * call.stride + call.at);
    y[s] = hn::LoadU(d, call.y + s * call.stride + call.at);
  }
  Activations a;
  const auto kept = [&](std::size_t t, std::size_t which, std::size_t i) {
    return call.trace + ((t * 3 + which) * kParameters + i) * lanes;
  };
  for (std::size_t t = 0; t < call.steps; ++t) {
    gradient_at(units, theta, x, y, a, g);
    const MlpRuleTime time(call.alpha, static_cast<float>(std::log(static_cast<double>(t) + 1)));
    for_each_parameter(units, [&](std::size_t i) {
      if (call.backward)
        hn::StoreU(theta[i], d, kept(t, 0, i)), hn::StoreU(m[i], d, kept(t, 1, i)), hn::StoreU(g[i], d, kept(t, 2, i));
      theta[i] = hn::Add(theta[i], mlp_rule_output(d, call.alpha, time, call.scale, g[i], m[i]));
      m[i] = mlp_rule_momentum(d, g[i], m[i]);
    });
  }
  V back[kParameters];  // dJ/dθ_t of each task
  const V loss =
      validation_at(units, theta, call.grid_x, call.grid_y + call.at, call.stride, call.backward ? back : nullptr);
  hn::StoreU(loss, d, call.losses);
  if (!call.backward) return;
  if (call.log_loss) {
    const V factor = hn::Div(hn::Set(d, 1.0f), hn::Add(loss, hn::Set(d, 0.1f)));
    for_each_parameter(units, [&](std::size_t i) { back[i] = hn::Mul(back[i], factor); });
  }

  V back_m[kParameters], back_g[kParameters];  // dJ/dm_{t+1}, then dJ/dg_t
  V of_w2[MlpRule::hidden], of_g[MlpRule::hidden], of_m[MlpRule::hidden], of_time[MlpRule::hidden],
      of_bias[MlpRule::hidden], of_b2 = hn::Zero(d);
  for (std::size_t k = 0; k < MlpRule::hidden; ++k)
    of_w2[k] = of_g[k] = of_m[k] = of_time[k] = of_bias[k] = hn::Zero(d);
  for (std::size_t i = 0; i < kParameters; ++i) back_m[i] = hn::Zero(d);
  const V one = hn::Set(d, 1.0f), scale = hn::Set(d, call.scale), decay = hn::Set(d, MlpRule::decay),
          rest = hn::Set(d, 1 - MlpRule::decay);
  for (std::size_t t = call.steps; t-- > 0;) {
    if (call.clip > 0) shorten(units, back, call.clip);
    const auto log_time = static_cast<float>(std::log(static_cast<double>(t) + 1));
    const MlpRuleTime time(call.alpha, log_time);
    V sums[MlpRule::hidden];  // of dJ/dz_k over the coordinates of this step
    for (std::size_t k = 0; k < MlpRule::hidden; ++k) sums[k] = hn::Zero(d);
    for_each_parameter(units, [&](std::size_t i) {
      theta[i] = hn::LoadU(d, kept(t, 0, i));
      const V mi = hn::LoadU(d, kept(t, 1, i)), gi = hn::LoadU(d, kept(t, 2, i)), step = hn::Mul(back[i], scale);
      V to_g = hn::Mul(rest, back_m[i]), to_m = hn::Mul(decay, back_m[i]);
      of_b2 = hn::Add(of_b2, step);
      for (std::size_t k = 0; k < MlpRule::hidden; ++k) {
        const V h = mlp_rule_unit(d, call.alpha, time, k, gi, mi);
        of_w2[k] = hn::MulAdd(step, h, of_w2[k]);
        const V z =
            hn::Mul(hn::Mul(step, hn::Set(d, call.alpha[MlpRule::output_weights + k])), hn::NegMulAdd(h, h, one));
        of_g[k] = hn::MulAdd(z, gi, of_g[k]);
        of_m[k] = hn::MulAdd(z, mi, of_m[k]);
        sums[k] = hn::Add(sums[k], z);
        to_g = hn::MulAdd(z, hn::Set(d, call.alpha[MlpRule::gradient_weights + k]), to_g);
        to_m = hn::MulAdd(z, hn::Set(d, call.alpha[MlpRule::momentum_weights + k]), to_m);
      }
      back_g[i] = to_g, back_m[i] = to_m;
    });
    for (std::size_t k = 0; k < MlpRule::hidden; ++k) {
      of_bias[k] = hn::Add(of_bias[k], sums[k]);
      of_time[k] = hn::MulAdd(hn::Set(d, log_time), sums[k], of_time[k]);
    }
    gradient_at(units, theta, x, y, a, g);  // again, for its activations
    add_hessian_product(units, theta, x, a, back_g, back);
  }
  const auto write = [&](std::size_t first, const V* values) {
    for (std::size_t k = 0; k < MlpRule::hidden; ++k) hn::StoreU(values[k], d, call.gradient + (first + k) * lanes);
  };
  write(MlpRule::gradient_weights, of_g), write(MlpRule::momentum_weights, of_m);
  write(MlpRule::time_weights, of_time), write(MlpRule::biases, of_bias), write(MlpRule::output_weights, of_w2);
  hn::StoreU(of_b2, d, call.gradient + MlpRule::output_bias * lanes);
}

std::size_t unroll_lanes() { return hn::Lanes(D()); }
void unroll_vector(const UnrollCall& call) { unroll(call); }

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {

HWY_EXPORT(unroll_lanes);
HWY_EXPORT(unroll_vector);

RegressionBatch::RegressionBatch(std::size_t size) : size_(size), grid_x_{} {
  if (size == 0) throw std::invalid_argument("a batch of regression tasks has at least one");
  x_.resize(kTrain * stride()), y_.resize(kTrain * stride());
  grid_y_.resize(kGrid * stride()), start_.resize(kParameters * stride());
}

void RegressionBatch::set(std::size_t b, const RegressionTask& task, std::span<const double> start_d) {
  const std::size_t apart = stride();
  for (std::size_t s = 0; s < kTrain; ++s) {
    x_[s * apart + b] = static_cast<float>(task.x[s]);
    y_[s * apart + b] = static_cast<float>(task.y[s]);
  }
  for (std::size_t s = 0; s < kGrid; ++s) {
    grid_x_[s] = static_cast<float>(task.grid_x[s]);
    grid_y_[s * apart + b] = static_cast<float>(task.grid_y[s]);
  }
  for (std::size_t i = 0; i < kParameters; ++i) start_[i * apart + b] = static_cast<float>(start_d[i]);
}

double MlpUnroll::operator()(const RegressionBatch& tasks, std::span<const float> alpha, std::span<double> gradient,
                             std::span<float> losses_b) {
  if (alpha.size() != MlpRule::parameters || (!gradient.empty() && gradient.size() != MlpRule::parameters) ||
      (!losses_b.empty() && losses_b.size() != tasks.size()))
    throw std::logic_error("MlpUnroll: the sizes do not fit");
  if (options_.units < 1 || options_.units > kHidden) throw std::logic_error("MlpUnroll: the units do not fit");
  const bool backward = !gradient.empty();
  const std::size_t lanes = HWY_DYNAMIC_DISPATCH(unroll_lanes)();
  const std::size_t trace = backward ? options_.steps * 3 * kParameters * lanes : 0;
  memory_.resize(trace + (1 + MlpRule::parameters) * lanes);
  std::ranges::fill(gradient, 0.0);
  UnrollCall call{.x = tasks.x().data(),
                  .y = tasks.y().data(),
                  .grid_x = tasks.grid_x(),
                  .grid_y = tasks.grid_y().data(),
                  .start = tasks.start().data(),
                  .stride = tasks.stride(),
                  .at = 0,
                  .units = options_.units,
                  .alpha = alpha.data(),
                  .steps = options_.steps,
                  .scale = static_cast<float>(options_.output_scale),
                  .clip = static_cast<float>(options_.gradient_clip),
                  .log_loss = options_.log_loss,
                  .backward = backward,
                  .trace = memory_.data(),
                  .losses = memory_.data() + trace,
                  .gradient = memory_.data() + trace + lanes};
  const double share = 1 / static_cast<double>(tasks.size());
  double sum = 0;
  for (; call.at < tasks.size(); call.at += lanes) {
    HWY_DYNAMIC_DISPATCH(unroll_vector)(call);
    for (std::size_t l = 0; l < std::min(lanes, tasks.size() - call.at); ++l) {
      const double loss = call.losses[l];
      sum += options_.log_loss ? std::log(loss + 0.1) : loss;
      if (!losses_b.empty()) losses_b[call.at + l] = call.losses[l];
      if (!backward) continue;
      bool finite = true;
      for (std::size_t k = 0; k < MlpRule::parameters; ++k) finite &= std::isfinite(call.gradient[k * lanes + l]);
      for (std::size_t k = 0; finite && k < MlpRule::parameters; ++k)
        gradient[k] += share * static_cast<double>(call.gradient[k * lanes + l]);
    }
  }
  return sum * share;
}

namespace reference {

double mlp_unroll(const UnrollOptions& options, const RegressionBatch& tasks, std::span<const double> alpha) {
  double sum = 0;
  for (std::size_t b = 0; b < tasks.size(); ++b) {
    std::vector<double> theta(kParameters), momentum(kParameters), g(kParameters), step(kParameters);
    for (std::size_t i = 0; i < kParameters; ++i) theta[i] = tasks.start()[i * tasks.stride() + b];
    const auto output = [&](double x, std::span<double> h) {
      double out = theta[3 * kHidden];
      for (std::size_t j = 0; j < options.units; ++j)
        out += theta[2 * kHidden + j] * (h[j] = std::tanh(theta[j] * x + theta[kHidden + j]));
      return out;
    };
    std::vector<double> h(kHidden);
    for (std::size_t t = 0; t < options.steps; ++t) {
      std::ranges::fill(g, 0.0);
      for (std::size_t s = 0; s < kTrain; ++s) {
        const double x = tasks.x()[s * tasks.stride() + b],
                     slope = 2 * (output(x, h) - tasks.y()[s * tasks.stride() + b]) / kTrain;
        g[3 * kHidden] += slope;
        for (std::size_t j = 0; j < options.units; ++j) {
          g[2 * kHidden + j] += slope * h[j];
          g[kHidden + j] += slope * theta[2 * kHidden + j] * (1 - h[j] * h[j]);
          g[j] += slope * theta[2 * kHidden + j] * (1 - h[j] * h[j]) * x;
        }
      }
      mlp_rule_step(alpha, g, momentum, t, options.output_scale, step);
      for (std::size_t i = 0; i < kParameters; ++i)
        if (i == 3 * kHidden || i % kHidden < options.units) theta[i] += step[i];
    }
    double loss = 0;
    for (std::size_t s = 0; s < kGrid; ++s) {
      const double error = output(tasks.grid_x()[s], h) - tasks.grid_y()[s * tasks.stride() + b];
      loss += error * error / kGrid;
    }
    sum += options.log_loss ? std::log(loss + 0.1) : loss;
  }
  return sum / static_cast<double>(tasks.size());
}

}  // namespace reference
}  // namespace rover
#endif
