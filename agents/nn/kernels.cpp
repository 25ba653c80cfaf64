#include "agents/nn/layers.h"

#include <stdexcept>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/nn/kernels.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "env/kernels/load_first-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::nn::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using rover::HWY_NAMESPACE::load_first;
using D = hn::ScalableTag<float>;

// Rows × one vector of outputs at a time: each weight vector is loaded once for `Rows` rows. The order of the sum is
// the same for every Rows, so a row's bits do not depend on its neighbours.
template <std::size_t Rows>
HWY_INLINE void dense_block(const float* HWY_RESTRICT weight, const float* HWY_RESTRICT bias,
                            const float* HWY_RESTRICT x, float* HWY_RESTRICT y, std::size_t inputs,
                            std::size_t outputs) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t o = 0; o < outputs; o += lanes) {
    const auto mask = hn::FirstN(d, outputs - o);
    hn::Vec<D> sum[Rows];
    const auto start = load_first(d, bias + o, outputs - o);
    for (std::size_t r = 0; r < Rows; ++r) sum[r] = start;
    if (outputs - o >= lanes) {
      for (std::size_t i = 0; i < inputs; ++i) {
        const auto w = hn::LoadU(d, weight + i * outputs + o);
        for (std::size_t r = 0; r < Rows; ++r) sum[r] = hn::MulAdd(hn::Set(d, x[r * inputs + i]), w, sum[r]);
      }
      for (std::size_t r = 0; r < Rows; ++r) hn::StoreU(sum[r], d, y + r * outputs + o);
    } else {
      for (std::size_t i = 0; i < inputs; ++i) {
        const auto w = load_first(d, weight + i * outputs + o, outputs - o);
        for (std::size_t r = 0; r < Rows; ++r) sum[r] = hn::MulAdd(hn::Set(d, x[r * inputs + i]), w, sum[r]);
      }
      for (std::size_t r = 0; r < Rows; ++r) hn::BlendedStore(sum[r], mask, d, y + r * outputs + o);
    }
  }
}

void dense(const float* weight, const float* bias, const float* x, float* y, std::size_t rows, std::size_t inputs,
           std::size_t outputs) {
  std::size_t r = 0;
  for (; r + 4 <= rows; r += 4) dense_block<4>(weight, bias, x + r * inputs, y + r * outputs, inputs, outputs);
  for (; r < rows; ++r) dense_block<1>(weight, bias, x + r * inputs, y + r * outputs, inputs, outputs);
}

// Applies `f` to every entry; the tail goes through whole vectors too, so that an entry's bits do not depend on its
// place.
template <class F>
HWY_INLINE void for_each(float* x, std::size_t size, F&& f) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t k = 0;
  for (; k + lanes <= size; k += lanes) hn::StoreU(f(d, hn::LoadU(d, x + k)), d, x + k);
  if (k < size) {
    const auto mask = hn::FirstN(d, size - k);
    hn::BlendedStore(f(d, load_first(d, x + k, size - k)), mask, d, x + k);
  }
}

void tanh(float* x, std::size_t size) {
  for_each(x, size, [](D d, auto v) { return hn::Tanh(d, v); });
}

template <class V>
HWY_INLINE V sigmoid(D d, V v) {  // σ(v) = ½ + ½ tanh(v/2)
  const auto half = hn::Set(d, 0.5f);
  return hn::MulAdd(half, hn::Tanh(d, hn::Mul(half, v)), half);
}

void lstm_cell(const float* gates, float* cell, float* hidden, std::size_t rows, std::size_t width) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t r = 0; r < rows; ++r, gates += 4 * width, cell += width, hidden += width)
    for (std::size_t k = 0; k < width; k += lanes) {
      const auto mask = hn::FirstN(d, width - k);
      const auto input = sigmoid(d, load_first(d, gates + k, width - k));
      const auto forget = sigmoid(d, load_first(d, gates + width + k, width - k));
      const auto update = hn::Tanh(d, load_first(d, gates + 2 * width + k, width - k));
      const auto output = sigmoid(d, load_first(d, gates + 3 * width + k, width - k));
      const auto next = hn::MulAdd(forget, load_first(d, cell + k, width - k), hn::Mul(input, update));
      hn::BlendedStore(next, mask, d, cell + k);
      hn::BlendedStore(hn::Mul(output, hn::Tanh(d, next)), mask, d, hidden + k);
    }
}

// Σ_k exp(−t·s_k)·(1, u_k, v_k), k < size.
void soft_minimum(const float* s, const float* u, const float* v, std::size_t size, float temperature, float* out) {
  const D d;
  const std::size_t lanes = hn::Lanes(d);
  auto sum = hn::Zero(d), sum_u = hn::Zero(d), sum_v = hn::Zero(d);
  for (std::size_t k = 0; k < size; k += lanes) {
    const auto mask = hn::FirstN(d, size - k);
    const auto weight =
        hn::IfThenElseZero(mask, hn::Exp(d, hn::Mul(hn::Set(d, -temperature), load_first(d, s + k, size - k))));
    sum = hn::Add(sum, weight);
    sum_u = hn::MulAdd(weight, load_first(d, u + k, size - k), sum_u);
    sum_v = hn::MulAdd(weight, load_first(d, v + k, size - k), sum_v);
  }
  out[0] = hn::GetLane(hn::SumOfLanes(d, sum));
  out[1] = hn::GetLane(hn::SumOfLanes(d, sum_u));
  out[2] = hn::GetLane(hn::SumOfLanes(d, sum_v));
}

}  // namespace rover::nn::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::nn {

HWY_EXPORT(dense);
HWY_EXPORT(tanh);
HWY_EXPORT(lstm_cell);
HWY_EXPORT(soft_minimum);

void dense(std::span<const float> weight_io, std::span<const float> bias_o, std::span<const float> x_bi,
           std::span<float> y_bo) {
  const std::size_t outputs = bias_o.size(), inputs = weight_io.size() / outputs, rows = y_bo.size() / outputs;
  if (inputs * outputs != weight_io.size() || rows * outputs != y_bo.size() || rows * inputs != x_bi.size())
    throw std::logic_error("dense: the shapes do not fit");
  HWY_DYNAMIC_DISPATCH(dense)(weight_io.data(), bias_o.data(), x_bi.data(), y_bo.data(), rows, inputs, outputs);
}

void tanh(std::span<float> x) { HWY_DYNAMIC_DISPATCH(tanh)(x.data(), x.size()); }

void relu(std::span<float> x) {
  for (float& v : x) v = v > 0 ? v : 0;
}

void lstm_cell(std::span<const float> gates_b4h, std::span<float> cell_bh, std::span<float> hidden_bh,
               std::size_t width) {
  if (gates_b4h.size() != 4 * cell_bh.size() || cell_bh.size() != hidden_bh.size() || cell_bh.size() % width != 0)
    throw std::logic_error("lstm_cell: the shapes do not fit");
  HWY_DYNAMIC_DISPATCH(lstm_cell)(gates_b4h.data(), cell_bh.data(), hidden_bh.data(), cell_bh.size() / width, width);
}

SoftMinimum soft_minimum(std::span<const float> values, std::span<const float> u, std::span<const float> v,
                         float temperature) {
  float sums[3];
  HWY_DYNAMIC_DISPATCH(soft_minimum)(values.data(), u.data(), v.data(), values.size(), temperature, sums);
  return {sums[1] / sums[0], sums[2] / sums[0]};
}

}  // namespace rover::nn
#endif  // HWY_ONCE
