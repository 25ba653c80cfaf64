#include "env/kernels/matrix.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/random.h"

namespace rover::kernels {

TEST_CASE("products are those of plain code, of matrices and their transposes, at every width of a tile") {
  RandomStream stream = make_stream(1, 0, "matrix");
  for (const std::size_t columns : {1u, 7u, 16u, 31u, 64u, 70u})
    for (const std::size_t rows : {1u, 5u, 8u, 19u}) {
      const std::size_t inner = 13;
      std::vector<float> a(rows * inner), b(inner * (columns + 3)), fast(rows * columns), plain(rows * columns);
      for (float& x : a) x = static_cast<float>(stream.normal());
      for (float& x : b) x = static_cast<float>(stream.normal());
      for (const Strided<float> left : {Strided<float>{a.data(), inner, 1}, {a.data(), 1, rows}}) {
        multiply(rows, inner, columns, left, b.data(), columns + 3, fast.data());
        reference::multiply(rows, inner, columns, left, b.data(), columns + 3, plain.data());
        for (std::size_t k = 0; k < plain.size(); ++k) CHECK(std::abs(fast[k] - plain[k]) < 2e-5f);
      }
      if (rows != columns) continue;
      multiply<float>(rows, inner, columns, {a.data(), inner, 1}, b.data(), columns + 3, fast.data(), true);
      for (std::size_t i = 0; i < rows; ++i)
        for (std::size_t j = i; j < columns; ++j)
          CHECK(std::abs(fast[i * columns + j] - plain[i * columns + j]) < 2e-5f);
    }
}

TEST_CASE("transposes, and tanh of every entry") {
  std::vector<float> a(35 * 18), turned(35 * 18);
  for (std::size_t k = 0; k < a.size(); ++k) a[k] = static_cast<float>(k);
  transpose(35, 18, a.data(), 18, turned.data(), 35);
  CHECK(turned[17 * 35 + 34] == a[34 * 18 + 17]);
  CHECK(turned[3 * 35 + 20] == a[20 * 18 + 3]);
  bool same = true;
  for (std::size_t r = 0; r < 35; ++r)
    for (std::size_t c = 0; c < 18; ++c) same = same && turned[c * 35 + r] == a[r * 18 + c];
  CHECK(same);
  for (const std::size_t size : {1u, 5u, 32u, 71u}) {
    std::vector<float> matrix(size * size);
    for (std::size_t k = 0; k < matrix.size(); ++k) matrix[k] = static_cast<float>(k);
    mirror(size, matrix.data());
    bool symmetric = true;
    for (std::size_t r = 0; r < size; ++r)
      for (std::size_t c = r; c < size; ++c)
        symmetric = symmetric && matrix[c * size + r] == static_cast<float>(r * size + c) &&
                    matrix[r * size + c] == static_cast<float>(r * size + c);
    CHECK(symmetric);
  }
  std::vector<float> values(19);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k) * 0.3f - 2;
  const std::vector<float> before = values;
  tanh_in_place(values);
  for (std::size_t k = 0; k < values.size(); ++k)
    CHECK(values[k] == doctest::Approx(std::tanh(before[k])).epsilon(1e-6));
}

}  // namespace rover::kernels
