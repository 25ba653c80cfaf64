#include "env/kernels/columns.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/columns.cpp"
#include "hwy/foreach_target.h"  // compiles this file once a target

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
constexpr std::size_t gram_block = 256;
using Doubles = hn::CappedTag<double, column_padding / 2>;  // two vectors always fit into the padding

/// `rows` rows times two vectors of samples: enough independent sums to hide the latency, few enough for 16 registers.
template <std::size_t rows>
HWY_INLINE void multiply_tile(const double* HWY_RESTRICT weights, std::size_t inner, const double* HWY_RESTRICT columns,
                              std::size_t n, const double* HWY_RESTRICT start, bool bias, double* HWY_RESTRICT out) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<Doubles> sums[rows][2];
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v)
      sums[r][v] = start == nullptr ? hn::Zero(d)
                   : bias           ? hn::Set(d, start[r])
                                    : hn::LoadU(d, start + r * n + v * lanes);
  for (std::size_t k = 0; k < inner; ++k) {
    const auto left = hn::LoadU(d, columns + k * n), right = hn::LoadU(d, columns + k * n + lanes);
    for (std::size_t r = 0; r < rows; ++r) {
      const auto weight = hn::Set(d, weights[r * inner + k]);
      sums[r][0] = hn::MulAdd(weight, left, sums[r][0]);
      sums[r][1] = hn::MulAdd(weight, right, sums[r][1]);
    }
  }
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t v = 0; v < 2; ++v) hn::StoreU(sums[r][v], d, out + r * n + v * lanes);
}

void multiply_columns(const double* weights, std::size_t rows, std::size_t inner, const double* columns, std::size_t n,
                      const double* start, bool bias, double* out) {
  const std::size_t tile = 2 * hn::Lanes(Doubles());
  for (std::size_t s = 0; s < n; s += tile) {
    for (std::size_t r = 0; r < rows; r += 4) {
      const double* from = start == nullptr ? nullptr : bias ? start + r : start + r * n + s;
      const double* w = weights + r * inner;
      double* to = out + r * n + s;
      switch (rows - r) {
        case 1:
          multiply_tile<1>(w, inner, columns + s, n, from, bias, to);
          break;
        case 2:
          multiply_tile<2>(w, inner, columns + s, n, from, bias, to);
          break;
        case 3:
          multiply_tile<3>(w, inner, columns + s, n, from, bias, to);
          break;
        default:
          multiply_tile<4>(w, inner, columns + s, n, from, bias, to);
      }
    }
  }
}

template <std::size_t columns_at_once>
HWY_INLINE void dot_tile(const double* HWY_RESTRICT columns, const double* HWY_RESTRICT v, std::size_t n,
                         double* HWY_RESTRICT out) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<Doubles> sums[columns_at_once][2];
  for (auto& pair : sums) pair[0] = pair[1] = hn::Zero(d);
  for (std::size_t s = 0; s < n; s += 2 * lanes) {
    const auto left = hn::LoadU(d, v + s), right = hn::LoadU(d, v + s + lanes);
    for (std::size_t k = 0; k < columns_at_once; ++k) {
      sums[k][0] = hn::MulAdd(left, hn::LoadU(d, columns + k * n + s), sums[k][0]);
      sums[k][1] = hn::MulAdd(right, hn::LoadU(d, columns + k * n + s + lanes), sums[k][1]);
    }
  }
  for (std::size_t k = 0; k < columns_at_once; ++k)
    out[k] = hn::GetLane(hn::SumOfLanes(d, hn::Add(sums[k][0], sums[k][1])));
}

void dot_columns(const double* columns, const double* v, std::size_t n, std::size_t count, double* out) {
  std::size_t k = 0;
  for (; k + 4 <= count; k += 4) dot_tile<4>(columns + k * n, v, n, out + k);
  for (; k < count; ++k) dot_tile<1>(columns + k * n, v, n, out + k);
}

/// Adds the products of `rows` weighted columns and columns j, j + 1 over `size` samples to out.
template <std::size_t rows, std::size_t cols>
HWY_INLINE void gram_tile(const double* HWY_RESTRICT weighted, const double* HWY_RESTRICT columns, std::size_t n,
                          std::size_t size, std::size_t stride, double* HWY_RESTRICT out) {
  const Doubles d;
  hn::Vec<Doubles> sums[rows][cols];
  for (auto& row : sums)
    for (auto& sum : row) sum = hn::Zero(d);
  for (std::size_t s = 0; s < size; s += hn::Lanes(d)) {
    hn::Vec<Doubles> right[cols];
    for (std::size_t j = 0; j < cols; ++j) right[j] = hn::LoadU(d, columns + j * n + s);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto left = hn::LoadU(d, weighted + i * size + s);
      for (std::size_t j = 0; j < cols; ++j) sums[i][j] = hn::MulAdd(left, right[j], sums[i][j]);
    }
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < cols; ++j) out[i * stride + j] += hn::GetLane(hn::SumOfLanes(d, sums[i][j]));
}

template <std::size_t rows>
HWY_INLINE void gram_rows(const double* HWY_RESTRICT columns, const double* HWY_RESTRICT weights, std::size_t i,
                          std::size_t n, std::size_t size, std::size_t stride, double* HWY_RESTRICT out) {
  const Doubles d;
  double weighted[rows * gram_block];
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t s = 0; s < size; s += hn::Lanes(d))
      hn::StoreU(hn::Mul(hn::LoadU(d, weights + s), hn::LoadU(d, columns + (i + r) * n + s)), d,
                 weighted + r * size + s);
  std::size_t j = 0;
  for (; j + 2 <= i + rows; j += 2)
    gram_tile<rows, 2>(weighted, columns + j * n, n, size, stride, out + i * stride + j);
  if (j < i + rows) gram_tile<rows, 1>(weighted, columns + j * n, n, size, stride, out + i * stride + j);
}

void weighted_gram(const double* columns, const double* weights, std::size_t n, std::size_t count, double* out) {
  for (std::size_t first = 0; first < n; first += gram_block) {
    const std::size_t size = n - first < gram_block ? n - first : gram_block;
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) gram_rows<4>(columns + first, weights + first, i, n, size, count, out);
    for (; i < count; ++i) gram_rows<1>(columns + first, weights + first, i, n, size, count, out);
  }
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < i; ++j) out[j * count + i] = out[i * count + j];
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(multiply_columns);
HWY_EXPORT(dot_columns);
HWY_EXPORT(weighted_gram);

void multiply_columns(std::size_t n, Reals weights, Reals columns, Reals start, MutReals out) {
  const std::size_t rows = out.size() / n;
  HWY_DYNAMIC_DISPATCH(multiply_columns)
  (weights.data(), rows, columns.size() / n, columns.data(), n, start.empty() ? nullptr : start.data(),
   start.size() == rows, out.data());
}

void dot_columns(Reals columns, Reals v, MutReals out) {
  HWY_DYNAMIC_DISPATCH(dot_columns)(columns.data(), v.data(), v.size(), out.size(), out.data());
}

void weighted_gram(Reals columns, Reals weights, MutReals out) {
  std::fill(out.begin(), out.end(), 0.0);
  HWY_DYNAMIC_DISPATCH(weighted_gram)
  (columns.data(), weights.data(), weights.size(), columns.size() / weights.size(), out.data());
}

void reference::multiply_columns(std::size_t n, Reals weights, Reals columns, Reals start, MutReals out) {
  const std::size_t rows = out.size() / n, inner = columns.size() / n;
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t s = 0; s < n; ++s) {
      double sum = start.empty() ? 0 : start.size() == rows ? start[r] : start[r * n + s];
      for (std::size_t k = 0; k < inner; ++k) sum += weights[r * inner + k] * columns[k * n + s];
      out[r * n + s] = sum;
    }
}

void reference::dot_columns(Reals columns, Reals v, MutReals out) {
  for (std::size_t k = 0; k < out.size(); ++k) {
    out[k] = 0;
    for (std::size_t s = 0; s < v.size(); ++s) out[k] += columns[k * v.size() + s] * v[s];
  }
}

void reference::weighted_gram(Reals columns, Reals weights, MutReals out) {
  const std::size_t n = weights.size(), count = columns.size() / n;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < count; ++j) {
      double& sum = out[i * count + j] = 0;
      for (std::size_t s = 0; s < n; ++s) sum += weights[s] * columns[i * n + s] * columns[j * n + s];
    }
}

}  // namespace rover::kernels
#endif
