#include "agents/learned/newton_schulz.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>
#include <vector>

#include "env/kernels/matrix.h"

namespace rover {
namespace {

/// aᵀb of s × s matrices where that is symmetric.
void symmetric_product(std::size_t s, const float* a, const float* b, float* out) {
  kernels::multiply<float>(s, s, s, {a, 1, s}, b, s, out, true);
  kernels::mirror(s, out);
}

void iterate(std::size_t rows, std::size_t columns, float* x, float* scratch) {
  constexpr float a = 3.4445f, b = -4.7750f, c = 2.0315f;
  const bool wide = rows <= columns;
  const std::size_t s = std::min(rows, columns), l = std::max(rows, columns), ss = s * s;
  float *tall = x, *gram = scratch, *square = gram + ss, *q = square + ss, *p = q + ss, *other = p + ss;
  float* room = other + ss;  // [l, s]
  if (wide) {
    tall = room;
    kernels::transpose(s, l, x, l, tall, s);
  }
  kernels::multiply<float>(s, l, s, {tall, 1, s}, tall, s, gram, true);
  double trace = 0;
  for (std::size_t i = 0; i < s; ++i) trace += static_cast<double>(gram[i * s + i]);
  const auto scale = static_cast<float>(1 / (std::sqrt(trace) + 1e-8));
  kernels::mirror(s, gram);
  for (std::size_t i = 0; i < ss; ++i) gram[i] *= scale * scale;
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
    kernels::multiply<float>(s, s, l, {p, 1, s}, room, l, x);
  } else {
    std::copy_n(x, s * l, room);
    kernels::multiply<float>(l, s, s, {room, s, 1}, p, s, x);
  }
}

}  // namespace

std::size_t newton_schulz_scratch(std::size_t rows, std::size_t columns) {
  const std::size_t s = std::min(rows, columns);
  return 5 * s * s + rows * columns;
}

void newton_schulz(std::size_t rows, std::size_t columns, std::span<float> matrix, std::span<float> scratch) {
  if (matrix.size() != rows * columns || scratch.size() < newton_schulz_scratch(rows, columns))
    throw std::logic_error("newton_schulz: the sizes do not fit");
  iterate(rows, columns, matrix.data(), scratch.data());
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
