#include "env/kernels/matrix.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/matrix.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "env/kernels/load_first-inl.h"
#include "env/kernels/tanh-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using rover::HWY_NAMESPACE::fast_tanh;
using rover::HWY_NAMESPACE::load_first;

/// out [rows, up to `vectors` vectors] = Σ_k a_ik b_kj; the last vector may be cut to `count` columns in all.
template <std::size_t rows, std::size_t vectors, bool whole, class Real>
HWY_INLINE void product_tile(std::size_t inner, Strided<Real> a, const Real* HWY_RESTRICT b, std::size_t b_row,
                             Real* HWY_RESTRICT out, std::size_t out_row, std::size_t count) {
  const hn::ScalableTag<Real> d;
  const std::size_t lanes = hn::Lanes(d);
  hn::Vec<hn::ScalableTag<Real>> sums[rows][vectors];
  for (auto& row : sums)
    for (auto& sum : row) sum = hn::Zero(d);
  for (std::size_t k = 0; k < inner; ++k) {
    hn::Vec<hn::ScalableTag<Real>> right[vectors];
    for (std::size_t v = 0; v < vectors; ++v)
      right[v] = whole ? hn::LoadU(d, b + k * b_row + v * lanes) : load_first(d, b + k * b_row, count);
    for (std::size_t i = 0; i < rows; ++i) {
      const auto left = hn::Set(d, a.at[i * a.row + k * a.inner]);
      for (std::size_t v = 0; v < vectors; ++v) sums[i][v] = hn::MulAdd(left, right[v], sums[i][v]);
    }
  }
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t v = 0; v < vectors; ++v) {
      Real* to = out + i * out_row + v * lanes;
      if (whole) hn::StoreU(sums[i][v], d, to);
      else hn::BlendedStore(sums[i][v], hn::FirstN(d, count), d, to);
    }
}

/// As many rows at a time as leave registers for the columns.
constexpr std::size_t tile_rows = HWY_TARGET <= HWY_AVX3 ? 8 : 4;

template <std::size_t vectors, bool whole, class Real>
HWY_INLINE void product_rows(std::size_t rows, std::size_t inner, Strided<Real> a, const Real* b, std::size_t b_row,
                             Real* out, std::size_t out_row, std::size_t count) {
  std::size_t i = 0;
  for (; i + tile_rows <= rows; i += tile_rows)
    product_tile<tile_rows, vectors, whole>(inner, {a.at + i * a.row, a.row, a.inner}, b, b_row, out + i * out_row,
                                            out_row, count);
  for (; i < rows; ++i)
    product_tile<1, vectors, whole>(inner, {a.at + i * a.row, a.row, a.inner}, b, b_row, out + i * out_row, out_row,
                                    count);
}

/// out [rows, columns] = a · b. `upper`: entries left of the diagonal need not be right.
template <class Real>
HWY_INLINE void product(std::size_t rows, std::size_t inner, std::size_t columns, Strided<Real> a, const Real* b,
                        std::size_t b_row, Real* out, bool upper) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<Real>());
  const auto rows_of = [&](std::size_t last) { return upper ? std::min(rows, last) : rows; };
  std::size_t j = 0;
  for (; j + 2 * lanes <= columns; j += 2 * lanes)
    product_rows<2, true>(rows_of(j + 2 * lanes), inner, a, b + j, b_row, out + j, columns, 0);
  for (; j < columns; j += lanes) {
    const std::size_t count = std::min(lanes, columns - j);
    product_rows<1, false>(rows_of(j + count), inner, a, b + j, b_row, out + j, columns, count);
  }
}

void product_float(std::size_t rows, std::size_t inner, std::size_t columns, Strided<float> a, const float* b,
                   std::size_t b_row, float* out, bool upper) {
  product(rows, inner, columns, a, b, b_row, out, upper);
}
void product_double(std::size_t rows, std::size_t inner, std::size_t columns, Strided<double> a, const double* b,
                    std::size_t b_row, double* out, bool upper) {
  product(rows, inner, columns, a, b, b_row, out, upper);
}

/// A square of 4 × 4, in registers where the target has vectors of four.
HWY_INLINE void transpose_square(const float* HWY_RESTRICT from, std::size_t from_row, float* HWY_RESTRICT to,
                                 std::size_t to_row) {
#if HWY_TARGET == HWY_SCALAR
  for (std::size_t r = 0; r < 4; ++r)
    for (std::size_t c = 0; c < 4; ++c) to[c * to_row + r] = from[r * from_row + c];
#else
  const hn::FixedTag<float, 4> d;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + from_row), r2 = hn::LoadU(d, from + 2 * from_row),
             r3 = hn::LoadU(d, from + 3 * from_row);
  const auto low02 = hn::InterleaveLower(d, r0, r2), low13 = hn::InterleaveLower(d, r1, r3),
             high02 = hn::InterleaveUpper(d, r0, r2), high13 = hn::InterleaveUpper(d, r1, r3);
  hn::StoreU(hn::InterleaveLower(d, low02, low13), d, to);
  hn::StoreU(hn::InterleaveUpper(d, low02, low13), d, to + to_row);
  hn::StoreU(hn::InterleaveLower(d, high02, high13), d, to + 2 * to_row);
  hn::StoreU(hn::InterleaveUpper(d, high02, high13), d, to + 3 * to_row);
#endif
}

void transpose_float(std::size_t rows, std::size_t columns, const float* HWY_RESTRICT a, std::size_t a_row,
                     float* HWY_RESTRICT out, std::size_t out_row) {
  constexpr std::size_t strip = 32;  // columns whose lines of `out` stay in the cache
  for (std::size_t first = 0; first < columns; first += strip) {
    const std::size_t last = std::min(columns, first + strip), whole = first + (last - first) / 4 * 4;
    std::size_t r = 0;
    for (; r + 4 <= rows; r += 4) {
      for (std::size_t c = first; c < whole; c += 4)
        transpose_square(a + r * a_row + c, a_row, out + c * out_row + r, out_row);
      for (std::size_t c = whole; c < last; ++c)
        for (std::size_t k = r; k < r + 4; ++k) out[c * out_row + k] = a[k * a_row + c];
    }
    for (; r < rows; ++r)
      for (std::size_t c = first; c < last; ++c) out[c * out_row + r] = a[r * a_row + c];
  }
}

void tanh_in_place(float* values, std::size_t size) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t i = 0;
  for (; i + lanes <= size; i += lanes) hn::StoreU(fast_tanh(d, hn::LoadU(d, values + i)), d, values + i);
  if (i < size)
    hn::BlendedStore(fast_tanh(d, load_first(d, values + i, size - i)), hn::FirstN(d, size - i), d, values + i);
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(product_float);
HWY_EXPORT(product_double);
HWY_EXPORT(transpose_float);
HWY_EXPORT(tanh_in_place);

template <>
void multiply(std::size_t rows, std::size_t inner, std::size_t columns, Strided<float> a, const float* b,
              std::size_t b_row, float* out, bool upper) {
  HWY_DYNAMIC_DISPATCH(product_float)(rows, inner, columns, a, b, b_row, out, upper);
}
template <>
void multiply(std::size_t rows, std::size_t inner, std::size_t columns, Strided<double> a, const double* b,
              std::size_t b_row, double* out, bool upper) {
  HWY_DYNAMIC_DISPATCH(product_double)(rows, inner, columns, a, b, b_row, out, upper);
}

void transpose(std::size_t rows, std::size_t columns, const float* a, std::size_t a_row, float* out,
               std::size_t out_row) {
  HWY_DYNAMIC_DISPATCH(transpose_float)(rows, columns, a, a_row, out, out_row);
}

void transpose(std::size_t rows, std::size_t columns, const double* a, std::size_t a_row, double* out,
               std::size_t out_row) {
  for (std::size_t r = 0; r < rows; ++r)
    for (std::size_t c = 0; c < columns; ++c) out[c * out_row + r] = a[r * a_row + c];
}

void mirror(std::size_t size, float* matrix) {
  constexpr std::size_t block = 32;
  for (std::size_t first = 0; first < size; first += block) {
    const std::size_t last = std::min(size, first + block);
    for (std::size_t r = first; r < last; ++r)
      for (std::size_t c = first; c < r; ++c) matrix[r * size + c] = matrix[c * size + r];
    // The rest of these rows lies right of the block, and goes below it.
    if (last < size)
      transpose(last - first, size - last, matrix + first * size + last, size, matrix + last * size + first, size);
  }
}

void tanh_in_place(std::span<float> values) { HWY_DYNAMIC_DISPATCH(tanh_in_place)(values.data(), values.size()); }
}  // namespace rover::kernels
#endif
