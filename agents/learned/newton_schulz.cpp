#include "agents/learned/newton_schulz.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/learned/newton_schulz.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/nn/load_first-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;

/// a[k] of row i is at[i · row + k · inner]: a matrix or its transpose.
struct Left {
  const float* at;
  std::size_t row, inner;
};

/// out [rows, up to `vectors` vectors] = Σ_k a_ik b_kj; the last vector may be cut to `count` columns in all.
template <std::size_t rows, std::size_t vectors, bool whole>
HWY_INLINE void product_tile(std::size_t inner, Left a, const float* HWY_RESTRICT b, std::size_t b_row,
                             float* HWY_RESTRICT out, std::size_t out_row, std::size_t count) {
  const Floats d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<Floats> sums[rows][vectors];
  for (auto& row : sums)
    for (auto& sum : row) sum = hn::Zero(d);
  for (std::size_t k = 0; k < inner; ++k) {
    hn::Vec<Floats> right[vectors];
    for (std::size_t v = 0; v < vectors; ++v)
      right[v] = whole ? hn::LoadU(d, b + k * b_row + v * lanes) : load_first(d, b + k * b_row, count);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto left = hn::Set(d, a.at[i * a.row + k * a.inner]);
      for (std::size_t v = 0; v < vectors; ++v) sums[i][v] = hn::MulAdd(left, right[v], sums[i][v]);
    }
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t v = 0; v < vectors; ++v) {
      float* to = out + i * out_row + v * lanes;
      if (whole) hn::StoreU(sums[i][v], d, to);
      else hn::BlendedStore(sums[i][v], hn::FirstN(d, count), d, to);
    }
}

/// As many rows at a time as leave registers for the columns.
constexpr std::size_t tile_rows = HWY_TARGET <= HWY_AVX3 ? 8 : 4;

template <std::size_t vectors, bool whole>
HWY_INLINE void product_rows(std::size_t rows, std::size_t inner, Left a, const float* b, std::size_t b_row, float* out,
                             std::size_t out_row, std::size_t count) {
  std::size_t i = 0;
  for (; i + tile_rows <= rows; i += tile_rows)
    product_tile<tile_rows, vectors, whole>(inner, {a.at + i * a.row, a.row, a.inner}, b, b_row, out + i * out_row,
                                            out_row, count);
  for (; i < rows; ++i)
    product_tile<1, vectors, whole>(inner, {a.at + i * a.row, a.row, a.inner}, b, b_row, out + i * out_row, out_row,
                                    count);
}

/// out [rows, columns] = a · b. `upper`: entries left of the diagonal need not be right.
void product(std::size_t rows, std::size_t inner, std::size_t columns, Left a, const float* b, std::size_t b_row,
             float* out, bool upper) {
  const std::size_t lanes = hn::Lanes(Floats());
  const auto rows_of = [&](std::size_t last) { return upper ? std::min(rows, last) : rows; };
  std::size_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes)
    product_rows<2, true>(rows_of(j + 2 * lanes), inner, a, b + j, b_row, out + j, columns, 0);
  for (; j < columns; j += lanes) {
    const std::size_t count = std::min(lanes, columns - j);
    product_rows<1, false>(rows_of(j + count), inner, a, b + j, b_row, out + j, columns, count);
  }
}

/// aᵀb of s × s matrices where that is symmetric.
void symmetric_product(std::size_t s, const float* a, const float* b, float* out) {
  product(s, s, s, {a, 1, s}, b, s, out, true);
  for (std::size_t i = 0; i < s; ++i)
    for (std::size_t j = 0; j < i; ++j) out[i * s + j] = out[j * s + i];
}

void newton_schulz(std::size_t rows, std::size_t columns, float* HWY_RESTRICT x, float* HWY_RESTRICT scratch) {
  constexpr float a = 3.4445f, b = -4.7750f, c = 2.0315f;
  const bool wide = rows <= columns;
  const std::size_t s = std::min(rows, columns), l = std::max(rows, columns), ss = s * s;
  float *tall = x, *gram = scratch, *square = gram + ss, *q = square + ss, *p = q + ss, *other = p + ss;
  float* room = other + ss;  // [l, s]
  if (wide) {
    tall = room;
    constexpr std::size_t block = 16;  // a block of both fits the cache
    for (std::size_t i = 0; i < s; i += block)
      for (std::size_t j = 0; j < l; j += block)
        for (std::size_t v = j; v < std::min(l, j + block); ++v)
          for (std::size_t u = i; u < std::min(s, i + block); ++u) tall[v * s + u] = x[u * l + v];
  }
  product(s, l, s, {tall, 1, s}, tall, s, gram, true);
  double trace = 0;
  for (std::size_t i = 0; i < s; ++i) trace += static_cast<double>(gram[i * s + i]);
  const auto scale = static_cast<float>(1 / (std::sqrt(trace) + 1e-8));
  for (std::size_t i = 0; i < s; ++i)
    for (std::size_t j = i; j < s; ++j) gram[i * s + j] = gram[j * s + i] = gram[i * s + j] * scale * scale;
  constexpr int iterations = 5;
  for (int k = 0; k < iterations; ++k) {
    symmetric_product(s, gram, gram, square);
    for (std::size_t i = 0; i < ss; ++i) q[i] = b * gram[i] + c * square[i];
    for (std::size_t i = 0; i < s; ++i) q[i * s + i] += a;
    if (k == 0) std::copy_n(q, ss, p);
    else symmetric_product(s, q, p, other), std::swap(p, other);
    if (k + 1 == iterations) break;
    symmetric_product(s, q, gram, square);
    symmetric_product(s, q, square, gram);  // qAq
  }
  for (std::size_t i = 0; i < ss; ++i) p[i] *= scale;
  if (wide) {
    std::copy_n(x, s * l, room);
    product(s, s, l, {p, 1, s}, room, l, x, false);
  } else {
    std::copy_n(x, s * l, room);
    product(l, s, s, {room, s, 1}, p, s, x, false);
  }
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {

HWY_EXPORT(newton_schulz);

std::size_t newton_schulz_scratch(std::size_t rows, std::size_t columns) {
  const std::size_t s = std::min(rows, columns);
  return 5 * s * s + rows * columns;
}

void newton_schulz(std::size_t rows, std::size_t columns, std::span<float> matrix, std::span<float> scratch) {
  if (matrix.size() != rows * columns || scratch.size() < newton_schulz_scratch(rows, columns))
    throw std::logic_error("newton_schulz: the sizes do not fit");
  HWY_DYNAMIC_DISPATCH(newton_schulz)(rows, columns, matrix.data(), scratch.data());
}

void reference::newton_schulz(std::size_t rows, std::size_t columns, std::span<double> x) {
  double square = 0;
  for (const double entry : x) square += entry * entry;
  for (double& entry : x) entry /= std::sqrt(square) + 1e-8;
  const auto times = [](std::size_t n, std::size_t inner, std::size_t m, const auto& left, const auto& right) {
    std::vector<double> out(n * m);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t k = 0; k < inner; ++k)
        for (std::size_t j = 0; j < m; ++j) out[i * m + j] += left(i, k) * right(k, j);
    return out;
  };
  for (int k = 0; k < 5; ++k) {
    const auto at = [&](std::size_t i, std::size_t j) { return x[i * columns + j]; };
    const auto turned = [&](std::size_t i, std::size_t j) { return x[j * columns + i]; };
    const auto gram = times(rows, columns, rows, at, turned);
    const auto gram_at = [&](std::size_t i, std::size_t j) { return gram[i * rows + j]; };
    auto q = times(rows, rows, rows, gram_at, gram_at);
    for (std::size_t i = 0; i < q.size(); ++i) q[i] = -4.7750 * gram[i] + 2.0315 * q[i];
    for (std::size_t i = 0; i < rows; ++i) q[i * rows + i] += 3.4445;
    const auto next = times(
        rows, rows, columns, [&](std::size_t i, std::size_t j) { return q[i * rows + j]; }, at);
    std::copy(next.begin(), next.end(), x.begin());
  }
}

}  // namespace rover
#endif
