#pragma once
#include <cstddef>
#include <vector>

#include "env/landscape.h"

namespace rover {

double dot(Reals a_d, Reals b_d);

/// σ_max / σ_min of a square matrix [d, d]; infinity when singular.
double condition_number(Reals matrix_dd);

/// A rotation (det = 1) drawn from the Haar measure, [d, d] row-major.
std::vector<double> random_rotation(std::size_t d, RandomStream& stream);

/// A unit vector [d], uniform on the sphere.
std::vector<double> random_direction(std::size_t d, RandomStream& stream);

/// Solves H x = b for a symmetric positive definite H [d, d] by Cholesky; b [d] becomes x. False when H is not positive
/// definite to rounding; b is then as it was.
bool solve_positive(Reals matrix_dd, MutReals right_d);

}  // namespace rover
