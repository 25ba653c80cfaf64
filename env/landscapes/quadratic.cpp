#include "env/landscapes/quadratic.h"

#include <cmath>

#include "env/kernels/quadratic.h"
#include "env/landscapes/linear_algebra.h"
#include "env/landscapes/scratch.h"

namespace rover {

Quadratic::Quadratic(std::vector<double> matrix_dd, std::vector<double> optimum_d)
    : matrix_(std::move(matrix_dd)),
      columns_(matrix_.size()),
      optimum_(std::move(optimum_d)),
      target_(optimum_.size()) {
  const std::size_t d = dimension();
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) columns_[j * d + i] = matrix_[i * d + j];
  for (std::size_t k = 0; k < d; ++k) target_[k] = residual(k, optimum_.data());  // b was 0: this is A x*
  domain_ = {std::vector<double>(d, -20), std::vector<double>(d, 20)};
}

double Quadratic::residual(std::size_t k, const double* point) const {
  const std::size_t d = dimension();
  double sum = 0;
  for (std::size_t j = 0; j < d; ++j) sum += matrix_[k * d + j] * point[j];
  return sum - target_[k];
}

void Quadratic::sample_start(RandomStream& stream, MutReals start_d) const {
  Scratch<16> direction(start_d.size());
  stream.normals(direction.span());
  const double scale = stream.uniform(3, 15) / std::sqrt(dot(direction.span(), direction.span()));
  for (std::size_t k = 0; k < start_d.size(); ++k) start_d[k] = optimum_[k] + scale * direction.span()[k];
}

void Quadratic::values(Reals points_nd, MutReals values_n, RandomStream*) const {
  const std::size_t d = dimension();
  for (std::size_t p = 0; p < values_n.size(); ++p) {
    double sum = 0;
    for (std::size_t k = 0; k < d; ++k) {
      const double r = residual(k, &points_nd[p * d]);
      sum += r * r;
    }
    values_n[p] = sum;
  }
}

void Quadratic::gradients(Reals points_nd, MutReals gradients_nd, RandomStream*) const {
  const std::size_t d = dimension();
  for (std::size_t p = 0; p < points_nd.size() / d; ++p) {  // 2 Aᵀ(Ax − b)
    double* g = &gradients_nd[p * d];
    for (std::size_t j = 0; j < d; ++j) g[j] = 0;
    for (std::size_t k = 0; k < d; ++k) {
      const double twice = 2 * residual(k, &points_nd[p * d]);
      for (std::size_t j = 0; j < d; ++j) g[j] += twice * matrix_[k * d + j];
    }
  }
}

void Quadratic::hessians(Reals points_nd, MutReals hessians_ndd) const {
  const std::size_t d = dimension();
  for (std::size_t p = 0; p < points_nd.size() / d; ++p)  // 2 AᵀA
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j)
        hessians_ndd[(p * d + i) * d + j] =
            2 * dot(Reals(columns_).subspan(i * d, d), Reals(columns_).subspan(j * d, d));
}

void Quadratic::slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                       RandomStream*) const {
  const std::size_t d = dimension();
  Scratch<16> residuals(d);
  for (std::size_t k = 0; k < d; ++k) residuals.span()[k] = residual(k, point_d.data());
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const Slice& slice = slices[s];
    kernels::quadratic_grid(residuals.span(), Reals(columns_).subspan(slice.i * d, d),
                            Reals(columns_).subspan(slice.j * d, d), slice.resolution, n,
                            grids_snn.subspan(s * n * n, n * n));
  }
}

std::unique_ptr<Quadratic> draw_quadratic(std::size_t d, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "quadratic");
  std::vector<double> matrix(d * d), optimum(d);
  if (d <= 8) {
    do stream.normals(matrix);
    while (!(condition_number(matrix) <= 20));  // cond(AᵀA) = cond(A)²
  } else {
    matrix = random_rotation(d, stream);
    for (std::size_t i = 0; i < d; ++i) {
      const double sigma = std::sqrt(stream.log_uniform(1.0 / 20, 20));
      for (std::size_t j = 0; j < d; ++j) matrix[i * d + j] *= sigma;
    }
  }
  for (double& coordinate : optimum) coordinate = stream.uniform(-5, 5);
  return std::make_unique<Quadratic>(std::move(matrix), std::move(optimum));
}

}  // namespace rover
