#include "env/landscapes/linear_algebra.h"

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <numeric>

namespace rover {
namespace {

using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

}  // namespace

double dot(Reals a, Reals b) { return std::inner_product(a.begin(), a.end(), b.begin(), 0.0); }

double condition_number(Reals matrix_dd) {
  const auto d = std::lround(std::sqrt(static_cast<double>(matrix_dd.size())));
  const Eigen::VectorXd sigma =
      Eigen::JacobiSVD<Matrix>(Eigen::Map<const Matrix>(matrix_dd.data(), d, d)).singularValues();
  return sigma[d - 1] > 0 ? sigma[0] / sigma[d - 1] : std::numeric_limits<double>::infinity();
}

std::vector<double> random_rotation(std::size_t d, RandomStream& stream) {
  const auto n = static_cast<Eigen::Index>(d);
  Matrix normals(n, n);
  stream.normals({normals.data(), d * d});
  // The rows of Q are Haar distributed once the diagonal of R is positive (Mezzadri 2007).
  const Eigen::HouseholderQR<Matrix> qr(normals.transpose());
  Matrix q = Matrix(qr.householderQ()).transpose();
  for (Eigen::Index k = 0; k < n; ++k)
    if (qr.matrixQR()(k, k) < 0) q.row(k) *= -1;
  if (q.determinant() < 0) q.row(0) *= -1;  // a reflection becomes a rotation
  return {q.data(), q.data() + d * d};
}

std::vector<double> random_direction(std::size_t d, RandomStream& stream) {
  std::vector<double> direction(d);
  stream.normals(direction);
  const double norm = std::sqrt(dot(direction, direction));
  for (double& value : direction) value /= norm;
  return direction;
}

bool solve_positive(Reals matrix_dd, MutReals right_d) {
  const auto d = static_cast<Eigen::Index>(right_d.size());
  const Eigen::LLT<Matrix> factor(Eigen::Map<const Matrix>(matrix_dd.data(), d, d));
  if (factor.info() != Eigen::Success) return false;
  factor.solveInPlace(Eigen::Map<Eigen::VectorXd>(right_d.data(), d));
  return true;
}

}  // namespace rover
