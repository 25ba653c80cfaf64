#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

namespace rover::search::kernels {

// The inner loops of the models, vectorised. Matrices are stored column by column, columns `stride` ≥ rows + `padding`
// apart: whole vectors are read and written beyond a column's end, and above a lower triangle's diagonal, so what lies
// there must be finite or unused. Points are stored coordinate by coordinate, coordinates `stride` apart.

inline constexpr std::size_t padding = 16;

/// out[k] = |M(x_k − c)|² for `count` points of d coordinates; M [d, d] without gaps.
void squared_distances(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
                       const double* matrix, double* out);

/// How many entries are ≤ limit.
std::size_t count_within(const double* squared, std::size_t count, double limit);

/// A key is |z|²'s bits with an index in place of the last 16: ordered as |z|² is, to 1e-10.
inline constexpr std::uint64_t most_keys = 65536;
inline std::uint64_t key_of(double squared, std::size_t index) {
  return (std::bit_cast<std::uint64_t>(squared) & ~(most_keys - 1)) | index;
}
inline std::size_t index_of(std::uint64_t key) { return static_cast<std::size_t>(key & (most_keys - 1)); }
inline double squared_of(std::uint64_t key) { return std::bit_cast<double>(key & ~(most_keys - 1)); }
/// The keys of the entries ≤ limit, in order; returns how many. `keys` has room for `count` and padding.
std::size_t keys_within(const double* squared, std::size_t count, double limit, std::uint64_t* keys);

/// out_k = M(x_k − c), stored as the points are.
void transform(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
               const double* matrix, double* out, std::size_t out_stride);

/// out[k] = c + gᵀz + zᵀHz/2 at z = M(x_k − centre); H [d, d], d ≤ 64.
void quadratic_values(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
                      const double* matrix, double c, const double* gradient, const double* hessian, double* out);

/// Σ_k w_k z_k [d] and Σ_k w_k z_k z_kᵀ [d, d]. `weights` has padding, in zeros.
void weighted_moments(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* weights,
                      double* first, double* second);

/// The kernel k(z, z') = constant + linear z·z' + ball |z|²|z'|² + square (z·z')².
struct QuadraticKernel {
  double constant, linear, ball, square;
};

/// Below the diagonal of `matrix`: entry (i, j) = wᵢ wⱼ k(zᵢ, zⱼ), and 1 more on the diagonal.
void gram(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* squared,
          const double* weights, const QuadraticKernel& kernel, double* matrix, std::size_t matrix_stride);

/// The same from inner products: zᵢ·zⱼ = unit (Pᵢⱼ − aᵢ − aⱼ + centre), P symmetric, stored as `matrix`; `squared` is
/// |z|².
void gram_of_products(const double* products, std::size_t stride, std::size_t count, const double* along, double centre,
                      double unit, const double* squared, const double* weights, const QuadraticKernel& kernel,
                      double* matrix, std::size_t matrix_stride);

/// out_k = x_k·v for `count` points, and padding.
void products(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* v, double* out);
/// out = Σ_k w_k x_k [d]; `weights` has padding, in zeros.
void combine(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* weights,
             double* out);

/// Below the diagonal of `out` [rows, rows]: adds Σ_k a_k a_kᵀ over the `columns` columns of a.
void add_squares(const double* a, std::size_t stride, std::size_t rows, std::size_t columns, double* out,
                 std::size_t out_stride);

/// Cholesky's factor in place of the lower triangle of a positive definite matrix [columns, columns]. Rows below it, up
/// to `rows`, become theirs times L⁻ᵀ: a right-hand side bᵀ becomes (L⁻¹b)ᵀ. False, and rubbish, where a pivot is not
/// positive.
bool cholesky(double* matrix, std::size_t stride, std::size_t columns, std::size_t rows);

/// x ← L⁻¹x and x ← L⁻ᵀx, n entries and padding.
void solve_lower(const double* factor, std::size_t stride, std::size_t n, double* x);
void solve_lower_transposed(const double* factor, std::size_t stride, std::size_t n, double* x);

/// The same one by one, for the tests; rounding apart.
namespace reference {
void squared_distances(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* centre,
                       const double* matrix, double* out);
void gram(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* squared,
          const double* weights, const QuadraticKernel& kernel, double* matrix, std::size_t matrix_stride);
void gram_of_products(const double* products, std::size_t stride, std::size_t count, const double* along, double centre,
                      double unit, const double* squared, const double* weights, const QuadraticKernel& kernel,
                      double* matrix, std::size_t matrix_stride);
void products(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* v, double* out);
void combine(const double* points, std::size_t stride, std::size_t count, std::size_t d, const double* weights,
             double* out);
bool cholesky(double* matrix, std::size_t stride, std::size_t columns, std::size_t rows);
}  // namespace reference

}  // namespace rover::search::kernels
