#include "agents/search/kernels.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/search/kernels.cpp"
// clang-format off: foreach_target.h includes this file once a target, and must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using search::kernels::QuadraticKernel;

// At most eight lanes, so that two vectors fit the padding.
using D = hn::CappedTag<double, 8>;
using V = hn::Vec<D>;

HWY_ATTR void squared_distances(const double* points, std::size_t stride, std::size_t count, std::size_t d,
                                const double* centre, const double* matrix, double* out) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  for (std::size_t k = 0; k < count; k += lanes) {
    V sum = hn::Zero(t);
    for (std::size_t i = 0; i < d; ++i) {
      V z = hn::Zero(t);
      for (std::size_t j = 0; j < d; ++j)
        z = hn::MulAdd(hn::Set(t, matrix[j * d + i]),
                       hn::Sub(hn::LoadU(t, points + j * stride + k), hn::Set(t, centre[j])), z);
      sum = hn::MulAdd(z, z, sum);
    }
    hn::StoreU(sum, t, out + k);
  }
}

HWY_ATTR std::size_t count_within(const double* squared, std::size_t count, double limit) {
  const D t;
  const hn::RebindToUnsigned<D> u;
  const std::size_t lanes = hn::Lanes(t);
  const V most = hn::Set(t, limit);
  auto one = hn::Zero(u), two = hn::Zero(u);  // minus the counts of the lanes
  std::size_t k = 0, found = 0;
  const auto inside = [&](std::size_t at) HWY_ATTR {
    return hn::BitCast(u, hn::VecFromMask(t, hn::Le(hn::LoadU(t, squared + at), most)));
  };
  for (; k + 2 * lanes <= count; k += 2 * lanes) {
    one = hn::Add(one, inside(k));
    two = hn::Add(two, inside(k + lanes));
  }
  found = static_cast<std::size_t>(0 - hn::GetLane(hn::SumOfLanes(u, hn::Add(one, two))));
  for (; k < count; ++k) found += squared[k] <= limit;
  return found;
}

HWY_ATTR std::size_t keys_within(const double* squared, std::size_t count, double limit, std::uint64_t* keys) {
  const D t;
  const hn::RebindToUnsigned<D> u;
  const std::size_t lanes = hn::Lanes(t);
  const auto mask = hn::Set(u, ~std::uint64_t{search::kernels::most_keys - 1});
  auto index = hn::Iota(u, 0);
  const V most = hn::Set(t, limit);
  std::size_t found = 0, k = 0;
  for (; k + lanes <= count; k += lanes, index = hn::Add(index, hn::Set(u, lanes))) {
    const V value = hn::LoadU(t, squared + k);
    const auto inside = hn::Le(value, most);
    if (hn::AllFalse(t, inside)) continue;
    if (hn::AllTrue(t, inside)) {
      hn::StoreU(hn::Or(hn::And(hn::BitCast(u, value), mask), index), u, keys + found);
      found += lanes;
    } else {
      for (std::size_t j = k; j < k + lanes; ++j)
        if (squared[j] <= limit) keys[found++] = search::kernels::key_of(squared[j], j);
    }
  }
  for (; k < count; ++k)
    if (squared[k] <= limit) keys[found++] = search::kernels::key_of(squared[k], k);
  return found;
}

HWY_ATTR void transform(const double* points, std::size_t stride, std::size_t count, std::size_t d,
                        const double* centre, const double* matrix, double* out, std::size_t out_stride) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  for (std::size_t k = 0; k < count; k += lanes)
    for (std::size_t i = 0; i < d; ++i) {
      V z = hn::Zero(t);
      for (std::size_t j = 0; j < d; ++j)
        z = hn::MulAdd(hn::Set(t, matrix[j * d + i]),
                       hn::Sub(hn::LoadU(t, points + j * stride + k), hn::Set(t, centre[j])), z);
      hn::StoreU(z, t, out + i * out_stride + k);
    }
}

HWY_ATTR void quadratic_values(const double* points, std::size_t stride, std::size_t count, std::size_t d,
                               const double* centre, const double* matrix, double c, const double* gradient,
                               const double* hessian, double* out) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  HWY_ALIGN double white[64 * 8];
  for (std::size_t k = 0; k < count; k += lanes) {
    for (std::size_t i = 0; i < d; ++i) {
      V z = hn::Zero(t);
      for (std::size_t j = 0; j < d; ++j)
        z = hn::MulAdd(hn::Set(t, matrix[j * d + i]),
                       hn::Sub(hn::LoadU(t, points + j * stride + k), hn::Set(t, centre[j])), z);
      hn::Store(z, t, white + i * lanes);
    }
    V sum = hn::Set(t, c);
    for (std::size_t i = 0; i < d; ++i) {
      V slope = hn::Zero(t);
      for (std::size_t j = 0; j < d; ++j)
        slope = hn::MulAdd(hn::Set(t, hessian[j * d + i]), hn::Load(t, white + j * lanes), slope);
      slope = hn::MulAdd(slope, hn::Set(t, 0.5), hn::Set(t, gradient[i]));
      sum = hn::MulAdd(slope, hn::Load(t, white + i * lanes), sum);
    }
    hn::StoreU(sum, t, out + k);
  }
}

// Entries (i, j) and (i, j + 1) … of Σ_k w_k z_k z_kᵀ.
template <std::size_t width>
HWY_INLINE void moments(const double* points, std::size_t stride, std::size_t count, std::size_t d,
                        const double* weights, double* out, std::size_t i, std::size_t j) {
  const D t;
  V sum[width];
  for (auto& s : sum) s = hn::Zero(t);
  const double *const left = points + i * stride, *const right = points + j * stride;
  for (std::size_t k = 0; k < count; k += hn::Lanes(t)) {
    const V z = hn::Mul(hn::LoadU(t, left + k), hn::LoadU(t, weights + k));
    for (std::size_t c = 0; c < width; ++c) sum[c] = hn::MulAdd(z, hn::LoadU(t, right + c * stride + k), sum[c]);
  }
  for (std::size_t c = 0; c < width; ++c)
    out[i * d + j + c] = out[(j + c) * d + i] = hn::GetLane(hn::SumOfLanes(t, sum[c]));
}

HWY_ATTR void weighted_moments(const double* points, std::size_t stride, std::size_t count, std::size_t d,
                               const double* weights, double* first, double* second) {
  const D t;
  for (std::size_t i = 0; i < d; ++i) {
    std::size_t j = 0;
    for (; j + 4 <= i + 1; j += 4) moments<4>(points, stride, count, d, weights, second, i, j);
    for (; j <= i; ++j) moments<1>(points, stride, count, d, weights, second, i, j);
    V sum = hn::Zero(t);
    for (std::size_t k = 0; k < count; k += hn::Lanes(t))
      sum = hn::MulAdd(hn::LoadU(t, points + i * stride + k), hn::LoadU(t, weights + k), sum);
    first[i] = hn::GetLane(hn::SumOfLanes(t, sum));
  }
}

// Columns j … j + width − 1 from their diagonals down.
template <std::size_t width>
HWY_INLINE void gram_columns(const double* points, std::size_t stride, std::size_t count, std::size_t d,
                             const double* squared, const double* weights, const QuadraticKernel& kernel,
                             double* matrix, std::size_t matrix_stride, std::size_t j) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  const V constant = hn::Set(t, kernel.constant), linear = hn::Set(t, kernel.linear),
          square = hn::Set(t, kernel.square);
  for (std::size_t i = j; i < count; i += lanes) {
    V product[width];
    for (auto& p : product) p = hn::Zero(t);
    for (std::size_t k = 0; k < d; ++k) {
      const double* const row = points + k * stride;
      const V z = hn::LoadU(t, row + i);
      for (std::size_t c = 0; c < width; ++c) product[c] = hn::MulAdd(z, hn::Set(t, row[j + c]), product[c]);
    }
    const V own = hn::LoadU(t, squared + i), weight = hn::LoadU(t, weights + i);
    for (std::size_t c = 0; c < width; ++c) {
      const V value = hn::MulAdd(product[c], hn::MulAdd(square, product[c], linear),
                                 hn::MulAdd(own, hn::Set(t, kernel.ball * squared[j + c]), constant));
      hn::StoreU(hn::Mul(value, hn::Mul(weight, hn::Set(t, weights[j + c]))), t, matrix + (j + c) * matrix_stride + i);
    }
  }
  for (std::size_t c = 0; c < width; ++c) matrix[(j + c) * matrix_stride + j + c] += 1;
}

HWY_ATTR void gram(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* squared,
                   const double* weights, const QuadraticKernel& kernel, double* matrix, std::size_t matrix_stride) {
  std::size_t j = 0;
  for (; j + 4 <= count; j += 4)
    gram_columns<4>(points, stride, count, d, squared, weights, kernel, matrix, matrix_stride, j);
  for (; j < count; ++j) gram_columns<1>(points, stride, count, d, squared, weights, kernel, matrix, matrix_stride, j);
}

HWY_ATTR void gram_of_products(const double* products, std::size_t stride, std::size_t count, const double* along,
                               double centre, double unit, const double* squared, const double* weights,
                               const QuadraticKernel& kernel, double* matrix, std::size_t matrix_stride) {
  const D t;
  const V constant = hn::Set(t, kernel.constant), linear = hn::Set(t, kernel.linear),
          square = hn::Set(t, kernel.square), scale = hn::Set(t, unit);
  for (std::size_t j = 0; j < count; ++j) {
    const V shift = hn::Set(t, centre - along[j]), ball = hn::Set(t, kernel.ball * squared[j]),
            weight = hn::Set(t, weights[j]);
    for (std::size_t i = j; i < count; i += hn::Lanes(t)) {
      const V product =
          hn::Mul(scale, hn::Add(hn::Sub(hn::LoadU(t, products + j * stride + i), hn::LoadU(t, along + i)), shift));
      const V value = hn::MulAdd(product, hn::MulAdd(square, product, linear),
                                 hn::MulAdd(hn::LoadU(t, squared + i), ball, constant));
      hn::StoreU(hn::Mul(value, hn::Mul(hn::LoadU(t, weights + i), weight)), t, matrix + j * matrix_stride + i);
    }
    matrix[j * matrix_stride + j] += 1;
  }
}

HWY_ATTR void products(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* v,
                       double* out) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  std::size_t k = 0;
  for (; k + 4 * lanes <= count; k += 4 * lanes) {
    V a = hn::Zero(t), b = a, c = a, e = a;
    for (std::size_t i = 0; i < d; ++i) {
      const double* const row = points + i * stride + k;
      const V factor = hn::Set(t, v[i]);
      a = hn::MulAdd(factor, hn::LoadU(t, row), a), b = hn::MulAdd(factor, hn::LoadU(t, row + lanes), b);
      c = hn::MulAdd(factor, hn::LoadU(t, row + 2 * lanes), c),
      e = hn::MulAdd(factor, hn::LoadU(t, row + 3 * lanes), e);
    }
    hn::StoreU(a, t, out + k), hn::StoreU(b, t, out + k + lanes);
    hn::StoreU(c, t, out + k + 2 * lanes), hn::StoreU(e, t, out + k + 3 * lanes);
  }
  for (; k < count; k += lanes) {
    V sum = hn::Zero(t);
    for (std::size_t i = 0; i < d; ++i) sum = hn::MulAdd(hn::Set(t, v[i]), hn::LoadU(t, points + i * stride + k), sum);
    hn::StoreU(sum, t, out + k);
  }
}

HWY_ATTR void combine(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* weights,
                      double* out) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  for (std::size_t i = 0; i < d; ++i) {
    const double* const row = points + i * stride;
    V a = hn::Zero(t), b = a;
    std::size_t k = 0;
    for (; k + lanes < count; k += 2 * lanes) {
      a = hn::MulAdd(hn::LoadU(t, weights + k), hn::LoadU(t, row + k), a);
      b = hn::MulAdd(hn::LoadU(t, weights + k + lanes), hn::LoadU(t, row + k + lanes), b);
    }
    for (; k < count; k += lanes) a = hn::MulAdd(hn::LoadU(t, weights + k), hn::LoadU(t, row + k), a);
    out[i] = hn::GetLane(hn::SumOfLanes(t, hn::Add(a, b)));
  }
}

// acc[c][v] = the entries from row i on of columns j … of `out`, ± Σ_k a(i, k) a(j + c, k).
template <std::size_t width, bool subtract>
HWY_INLINE void tile(const double* a, std::size_t stride, std::size_t columns, std::size_t i, std::size_t j,
                     V (&acc)[width][2]) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  for (std::size_t k = 0; k < columns; ++k) {
    const double* const column = a + k * stride;
    const V first = hn::LoadU(t, column + i), second = hn::LoadU(t, column + i + lanes);
    for (std::size_t c = 0; c < width; ++c) {
      const V factor = hn::Set(t, column[j + c]);
      if (subtract)
        acc[c][0] = hn::NegMulAdd(first, factor, acc[c][0]), acc[c][1] = hn::NegMulAdd(second, factor, acc[c][1]);
      else acc[c][0] = hn::MulAdd(first, factor, acc[c][0]), acc[c][1] = hn::MulAdd(second, factor, acc[c][1]);
    }
  }
}

template <std::size_t width>
HWY_INLINE void load_tile(const double* out, std::size_t stride, std::size_t i, std::size_t j, V (&acc)[width][2]) {
  const D t;
  for (std::size_t c = 0; c < width; ++c)
    for (std::size_t v = 0; v < 2; ++v) acc[c][v] = hn::LoadU(t, out + (j + c) * stride + i + v * hn::Lanes(t));
}

template <std::size_t width>
HWY_INLINE void store_tile(const V (&acc)[width][2], double* out, std::size_t stride, std::size_t i, std::size_t j) {
  const D t;
  for (std::size_t c = 0; c < width; ++c)
    for (std::size_t v = 0; v < 2; ++v) hn::StoreU(acc[c][v], t, out + (j + c) * stride + i + v * hn::Lanes(t));
}

template <std::size_t width>
HWY_INLINE void add_columns(const double* a, std::size_t stride, std::size_t rows, std::size_t columns, double* out,
                            std::size_t out_stride, std::size_t j) {
  const D t;
  for (std::size_t i = j; i < rows; i += 2 * hn::Lanes(t)) {
    V acc[width][2];
    load_tile<width>(out, out_stride, i, j, acc);
    tile<width, false>(a, stride, columns, i, j, acc);
    store_tile<width>(acc, out, out_stride, i, j);
  }
}

HWY_ATTR void add_squares(const double* a, std::size_t stride, std::size_t rows, std::size_t columns, double* out,
                          std::size_t out_stride) {
  std::size_t j = 0;
  for (; j + 4 <= rows; j += 4) add_columns<4>(a, stride, rows, columns, out, out_stride, j);
  for (; j < rows; ++j) add_columns<1>(a, stride, rows, columns, out, out_stride, j);
}

// Columns j … j + width − 1 of the factor, given those before.
template <std::size_t width>
HWY_INLINE bool factor_columns(double* matrix, std::size_t stride, std::size_t rows, std::size_t j) {
  const D t;
  double factor[width][width] = {}, inverse[width] = {};
  for (std::size_t i = j; i < rows; i += 2 * hn::Lanes(t)) {
    V acc[width][2];
    load_tile<width>(matrix, stride, i, j, acc);
    tile<width, true>(matrix, stride, j, i, j, acc);
    if (i == j) {  // the block on the diagonal
      store_tile<width>(acc, matrix, stride, i, j);
      for (std::size_t c = 0; c < width; ++c) {
        double pivot = matrix[(j + c) * stride + j + c];
        for (std::size_t k = 0; k < c; ++k) pivot -= factor[c][k] * factor[c][k];
        if (!(pivot > 0)) return false;
        const double root = std::sqrt(pivot);
        factor[c][c] = root, inverse[c] = 1 / root;
        for (std::size_t r = c + 1; r < width; ++r) {
          double entry = matrix[(j + c) * stride + j + r];
          for (std::size_t k = 0; k < c; ++k) entry -= factor[r][k] * factor[c][k];
          factor[r][c] = entry * inverse[c];
        }
      }
    }
    for (std::size_t c = 0; c < width; ++c)
      for (std::size_t v = 0; v < 2; ++v) {
        for (std::size_t k = 0; k < c; ++k) acc[c][v] = hn::NegMulAdd(hn::Set(t, factor[c][k]), acc[k][v], acc[c][v]);
        acc[c][v] = hn::Mul(acc[c][v], hn::Set(t, inverse[c]));
      }
    store_tile<width>(acc, matrix, stride, i, j);
  }
  return true;
}

HWY_ATTR bool cholesky(double* matrix, std::size_t stride, std::size_t columns, std::size_t rows) {
  std::size_t j = 0;
  for (; j + 4 <= columns; j += 4)
    if (!factor_columns<4>(matrix, stride, rows, j)) return false;
  for (; j < columns; ++j)
    if (!factor_columns<1>(matrix, stride, rows, j)) return false;
  return true;
}

HWY_ATTR void solve_lower(const double* factor, std::size_t stride, std::size_t n, double* x) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  for (std::size_t j = 0; j < n; ++j) {
    const double* const column = factor + j * stride;
    const double value = x[j] /= column[j];
    const V part = hn::Set(t, value);
    for (std::size_t i = j + 1; i < n; i += lanes)
      hn::StoreU(hn::NegMulAdd(hn::LoadU(t, column + i), part, hn::LoadU(t, x + i)), t, x + i);
  }
}

HWY_ATTR void solve_lower_transposed(const double* factor, std::size_t stride, std::size_t n, double* x) {
  const D t;
  const std::size_t lanes = hn::Lanes(t);
  for (std::size_t i = n; i < n + lanes; ++i) x[i] = 0;
  for (std::size_t j = n; j-- > 0;) {
    const double* const column = factor + j * stride;
    V sum = hn::Zero(t);
    std::size_t i = j + 1;
    for (; i + lanes <= n; i += lanes) sum = hn::MulAdd(hn::LoadU(t, column + i), hn::LoadU(t, x + i), sum);
    double rest = x[j] - hn::GetLane(hn::SumOfLanes(t, sum));
    for (; i < n; ++i) rest -= column[i] * x[i];
    x[j] = rest / column[j];
  }
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {
namespace {
HWY_EXPORT(squared_distances);
HWY_EXPORT(count_within);
HWY_EXPORT(keys_within);
HWY_EXPORT(transform);
HWY_EXPORT(quadratic_values);
HWY_EXPORT(weighted_moments);
HWY_EXPORT(gram);
HWY_EXPORT(gram_of_products);
HWY_EXPORT(products);
HWY_EXPORT(combine);
HWY_EXPORT(add_squares);
HWY_EXPORT(cholesky);
HWY_EXPORT(solve_lower);
HWY_EXPORT(solve_lower_transposed);
}  // namespace

namespace search::kernels {

std::size_t count_within(const double* squared, std::size_t count, double limit) {
  return HWY_DYNAMIC_DISPATCH(count_within)(squared, count, limit);
}
std::size_t keys_within(const double* squared, std::size_t count, double limit, std::uint64_t* keys) {
  return HWY_DYNAMIC_DISPATCH(keys_within)(squared, count, limit, keys);
}
void quadratic_values(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
                      const double* matrix, double c, const double* gradient, const double* hessian, double* out) {
  HWY_DYNAMIC_DISPATCH(quadratic_values)(points, stride, count, d, centre, matrix, c, gradient, hessian, out);
}

void squared_distances(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
                       const double* matrix, double* out) {
  HWY_DYNAMIC_DISPATCH(squared_distances)(points, stride, count, d, centre, matrix, out);
}
void transform(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
               const double* matrix, double* out, std::size_t out_stride) {
  HWY_DYNAMIC_DISPATCH(transform)(points, stride, count, d, centre, matrix, out, out_stride);
}
void weighted_moments(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* weights,
                      double* first, double* second) {
  HWY_DYNAMIC_DISPATCH(weighted_moments)(points, stride, count, d, weights, first, second);
}
void gram(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* squared,
          const double* weights, const QuadraticKernel& kernel, double* matrix, std::size_t matrix_stride) {
  HWY_DYNAMIC_DISPATCH(gram)(points, stride, count, d, squared, weights, kernel, matrix, matrix_stride);
}
void gram_of_products(const double* products, std::size_t stride, std::size_t count, const double* along, double centre,
                      double unit, const double* squared, const double* weights, const QuadraticKernel& kernel,
                      double* matrix, std::size_t matrix_stride) {
  HWY_DYNAMIC_DISPATCH(gram_of_products)
  (products, stride, count, along, centre, unit, squared, weights, kernel, matrix, matrix_stride);
}
void products(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* v,
              double* out) {
  HWY_DYNAMIC_DISPATCH(products)(points, stride, count, d, v, out);
}
void combine(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* weights,
             double* out) {
  HWY_DYNAMIC_DISPATCH(combine)(points, stride, count, d, weights, out);
}
void add_squares(const double* a, std::size_t stride, std::size_t rows, std::size_t columns, double* out,
                 std::size_t out_stride) {
  HWY_DYNAMIC_DISPATCH(add_squares)(a, stride, rows, columns, out, out_stride);
}
bool cholesky(double* matrix, std::size_t stride, std::size_t columns, std::size_t rows) {
  return HWY_DYNAMIC_DISPATCH(cholesky)(matrix, stride, columns, rows);
}
void solve_lower(const double* factor, std::size_t stride, std::size_t n, double* x) {
  HWY_DYNAMIC_DISPATCH(solve_lower)(factor, stride, n, x);
}
void solve_lower_transposed(const double* factor, std::size_t stride, std::size_t n, double* x) {
  HWY_DYNAMIC_DISPATCH(solve_lower_transposed)(factor, stride, n, x);
}

namespace reference {

void squared_distances(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
                       const double* matrix, double* out) {
  for (std::size_t k = 0; k < count; ++k) {
    out[k] = 0;
    for (std::size_t i = 0; i < d; ++i) {
      double z = 0;
      for (std::size_t j = 0; j < d; ++j) z += matrix[j * d + i] * (points[j * stride + k] - centre[j]);
      out[k] += z * z;
    }
  }
}

void gram(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* squared,
          const double* weights, const QuadraticKernel& kernel, double* matrix, std::size_t matrix_stride) {
  for (std::size_t j = 0; j < count; ++j)
    for (std::size_t i = j; i < count; ++i) {
      double product = 0;
      for (std::size_t k = 0; k < d; ++k) product += points[k * stride + i] * points[k * stride + j];
      matrix[j * matrix_stride + i] = weights[i] * weights[j] *
                                          (kernel.constant + kernel.linear * product +
                                           kernel.ball * squared[i] * squared[j] + kernel.square * product * product) +
                                      (i == j ? 1 : 0);
    }
}

void gram_of_products(const double* products, std::size_t stride, std::size_t count, const double* along, double centre,
                      double unit, const double* squared, const double* weights, const QuadraticKernel& kernel,
                      double* matrix, std::size_t matrix_stride) {
  for (std::size_t j = 0; j < count; ++j)
    for (std::size_t i = j; i < count; ++i) {
      const double product = unit * (products[j * stride + i] - along[i] - along[j] + centre);
      matrix[j * matrix_stride + i] = weights[i] * weights[j] *
                                          (kernel.constant + kernel.linear * product +
                                           kernel.ball * squared[i] * squared[j] + kernel.square * product * product) +
                                      (i == j ? 1 : 0);
    }
}

void products(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* v,
              double* out) {
  for (std::size_t k = 0; k < count; ++k) {
    out[k] = 0;
    for (std::size_t i = 0; i < d; ++i) out[k] += v[i] * points[i * stride + k];
  }
}

void combine(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* weights,
             double* out) {
  for (std::size_t i = 0; i < d; ++i) {
    out[i] = 0;
    for (std::size_t k = 0; k < count; ++k) out[i] += weights[k] * points[i * stride + k];
  }
}

bool cholesky(double* matrix, std::size_t stride, std::size_t columns, std::size_t rows) {
  for (std::size_t j = 0; j < columns; ++j)
    for (std::size_t i = j; i < rows; ++i) {
      double entry = matrix[j * stride + i];
      for (std::size_t k = 0; k < j; ++k) entry -= matrix[k * stride + i] * matrix[k * stride + j];
      if (i == j && !(entry > 0)) return false;
      matrix[j * stride + i] = i == j ? std::sqrt(entry) : entry / matrix[j * stride + j];
    }
  return true;
}

}  // namespace reference
}  // namespace search::kernels
}  // namespace rover
#endif
