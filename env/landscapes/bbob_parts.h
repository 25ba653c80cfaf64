#pragma once
#include <cstdint>
#include <vector>

#include "env/landscape.h"

namespace rover::bbob {

// What the functions of bbob are made of: the benchmark's own random numbers, and its transformations by their names in
// the report (INRIA RR-6829, section 0.2).

using Vector = std::vector<double>;

/// Uniform in (0, 1): Lewis, Goodman & Miller's generator with a shuffle of 32.
Vector uniforms(std::size_t count, std::int64_t seed);
Vector normals(std::size_t count, std::int64_t seed);

/// A d×d matrix, by rows.
struct Matrix {
  std::size_t d = 0;
  Vector entries = {};
  double& at(std::size_t i, std::size_t j) { return entries[i * d + j]; }
  double at(std::size_t i, std::size_t j) const { return entries[i * d + j]; }
  void times(const double* x, double* out) const;
};

/// Gram and Schmidt's on normal columns.
Matrix rotation(std::size_t d, std::int64_t seed);
/// Λ^α: √α^(i/(d−1)), the i-th of a diagonal.
double conditioning(double alpha, std::size_t i, std::size_t d);
/// R Λ^α Q.
Matrix between(const Matrix& r, double alpha, const Matrix& q);
Vector drawn_optimum(std::size_t d, std::int64_t seed);  ///< x*, in [−4, 4]^d
double drawn_value(std::int64_t seed);                   ///< f*, in [−1000, 1000]

/// T_osz of one coordinate: smooth irregularities.
double oscillated(double x);
void oscillate(MutReals x);
/// T_asy^β.
void skew(MutReals x, double beta);
/// f_pen: squared distance from [−edge, edge]^d.
double outside(Reals x, double edge = 5);

inline double square(double x) { return x * x; }
double round_half_up(double x);

}  // namespace rover::bbob
