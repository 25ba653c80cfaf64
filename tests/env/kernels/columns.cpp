#include "env/kernels/columns.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace rover;
using Vector = std::vector<double>;

namespace {

Vector normals(std::size_t n, RandomStream& stream) {
  Vector out(n);
  stream.normals(out);
  return out;
}

double gap(const Vector& a, const Vector& b) {
  double worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, std::abs(a[k] - b[k]));
  return worst;
}

}  // namespace

TEST_CASE("products of columns agree with their scalar references") {
  RandomStream stream = make_stream(1, 0, "columns");
  for (const std::size_t n : {16, 48, 160, 528})  // 528: more than one block of the Gram matrix, the last one short
    for (std::size_t rows = 1; rows <= 9; ++rows) {
      const std::size_t inner = rows % 3 + 1;
      const Vector weights = normals(rows * inner, stream), columns = normals(inner * n, stream),
                   v = normals(n, stream);
      for (const Vector& start : {Vector(), normals(rows, stream), normals(rows * n, stream)}) {
        Vector fast(rows * n), slow(rows * n);
        kernels::multiply_columns(n, weights, columns, start, fast);
        kernels::reference::multiply_columns(n, weights, columns, start, slow);
        CHECK(gap(fast, slow) <= 1e-14 * static_cast<double>(inner) * 16);  // a rounding a product, sums below 16
      }
      const Vector wide = normals(rows * n, stream);
      const double tolerance = 1e-14 * static_cast<double>(n);
      Vector fast(rows), slow(rows), gram(rows * rows), slow_gram(rows * rows);
      kernels::dot_columns(wide, v, fast);
      kernels::reference::dot_columns(wide, v, slow);
      CHECK(gap(fast, slow) <= tolerance);
      kernels::weighted_gram(wide, v, gram);
      kernels::reference::weighted_gram(wide, v, slow_gram);
      CHECK(gap(gram, slow_gram) <= tolerance);
    }
}
