#pragma once
#include <cstddef>
#include <span>

namespace rover::kernels {

// Products of matrices that fit the cache, and what a network applies to each entry. Real: float or double.

/// A matrix or its transpose: entry (i, k) is at[i · row + k · inner].
template <class Real>
struct Strided {
  const Real* at;
  std::size_t row, inner;
};

/// out [rows, columns] = a [rows, inner] · b [inner, columns]; row k of b begins at b + k · b_row, out has no gaps.
/// `upper`: entries left of the diagonal need not be right, and may not be written.
template <class Real>
void multiply(std::size_t rows, std::size_t inner, std::size_t columns, Strided<Real> a, const Real* b,
              std::size_t b_row, Real* out, bool upper = false);

/// Row c, column r of `out` = row r, column c of a [rows, columns]; rows lie `a_row` and `out_row` entries apart.
void transpose(std::size_t rows, std::size_t columns, const float* a, std::size_t a_row, float* out,
               std::size_t out_row);
void transpose(std::size_t rows, std::size_t columns, const double* a, std::size_t a_row, double* out,
               std::size_t out_row);
/// Copies what is right of the diagonal to the left, [size, size].
void mirror(std::size_t size, float* matrix);

/// tanh within 4e-7 of its size. (softmax.h has it for columns of doubles.)
void tanh_in_place(std::span<float> values);

namespace reference {
template <class Real>
void multiply(std::size_t rows, std::size_t inner, std::size_t columns, Strided<Real> a, const Real* b,
              std::size_t b_row, Real* out) {
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < inner; ++k)
        sum += static_cast<double>(a.at[i * a.row + k * a.inner]) * static_cast<double>(b[k * b_row + j]);
      out[i * columns + j] = static_cast<Real>(sum);
    }
}
}  // namespace reference

}  // namespace rover::kernels
