#include "agents/search/quadratic_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace rover {
namespace {

constexpr std::size_t terms = 6;  // 1, a, b, a²/2, ab, b²/2

struct NormalEquations {
  double matrix[terms][terms] = {};  // the lower triangle
  double right[terms] = {};

  void add(double a, double b, double weight, double y) {
    const double q[terms] = {1, a, b, a * a / 2, a * b, b * b / 2};
    for (std::size_t i = 0; i < terms; ++i) {
      const double wq = weight * q[i];
      right[i] += wq * y;
      for (std::size_t j = 0; j <= i; ++j) matrix[i][j] += wq * q[j];
    }
  }

  // By Cholesky, in place; the solution is left in `right`. False when the matrix is not positive definite.
  bool solve() {
    for (std::size_t i = 0; i < terms; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        for (std::size_t k = 0; k < j; ++k) matrix[i][j] -= matrix[i][k] * matrix[j][k];
        matrix[i][j] /= matrix[j][j];
        right[i] -= matrix[i][j] * right[j];
      }
      double pivot = matrix[i][i];
      for (std::size_t k = 0; k < i; ++k) pivot -= matrix[i][k] * matrix[i][k];
      if (!(pivot > 0)) return false;
      matrix[i][i] = std::sqrt(pivot);
      right[i] /= matrix[i][i];
    }
    for (std::size_t i = terms; i-- > 0;) {
      for (std::size_t k = i + 1; k < terms; ++k) right[i] -= matrix[k][i] * right[k];
      right[i] /= matrix[i][i];
    }
    return true;
  }
};

}  // namespace

LocalModel fit_quadratic(const Neighbours& near, double decay, std::size_t most) {
  LocalModel model;
  model.count = std::min(near.count, most);
  const std::size_t first = near.count - model.count;
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (std::size_t k = first; k < near.count; ++k)
    low = std::min(low, near.value[k]), high = std::max(high, near.value[k]);
  model.range = model.count ? high - low : 0;
  if (model.count < terms || !(model.range > 0) || !std::isfinite(model.range)) return model;

  NormalEquations equations;
  double weights = 0;
  for (std::size_t k = first; k < near.count; ++k) {
    const double a = near.a[k], b = near.b[k], distance = 1 + a * a + b * b;
    const double weight = decay == 1 ? 1 / distance : std::pow(distance, -decay);
    equations.add(a, b, weight, (near.value[k] - low) / model.range);
    weights += weight;
  }
  // A small ridge: degenerate places give small coefficients, not huge ones.
  for (std::size_t i = 0; i < terms; ++i) equations.matrix[i][i] += (i < 3 ? 1e-13 : 1e-9) * weights;
  if (!equations.solve()) return model;
  const double* c = equations.right;
  double squares = 0;
  for (std::size_t k = first; k < near.count; ++k) {
    const double a = near.a[k], b = near.b[k];
    const double error = c[0] + c[1] * a + c[2] * b + c[3] * a * a / 2 + c[4] * a * b + c[5] * b * b / 2 -
                         (near.value[k] - low) / model.range;
    squares += error * error;
  }
  model.residual = std::sqrt(squares / static_cast<double>(model.count));
  model.constant = c[0], model.gradient[0] = c[1], model.gradient[1] = c[2], model.hessian = {c[3], c[4], c[5]};
  model.valid = true;
  return model;
}

void newton_step(const LocalModel& model, const Eigen2& e, double step[2]) {
  const double* g = model.gradient;
  const double floor = 1e-3 * std::max(std::fabs(e.high), std::fabs(e.low)) + 1e-12;
  const double along = -(e.c * g[0] + e.s * g[1]) / std::max(std::fabs(e.high), floor);
  const double across = -(e.c * g[1] - e.s * g[0]) / std::max(std::fabs(e.low), floor);
  step[0] = along * e.c - across * e.s, step[1] = along * e.s + across * e.c;
}

void gradient_step(const LocalModel& model, double step[2]) {
  const double* g = model.gradient;
  const double square = g[0] * g[0] + g[1] * g[1];
  const double curvature =
      model.hessian.xx * g[0] * g[0] + 2 * model.hessian.xy * g[0] * g[1] + model.hessian.yy * g[1] * g[1];
  const double length = square / std::max(std::fabs(curvature), 1e-3 * square + 1e-300);
  for (int i = 0; i < 2; ++i) step[i] = -length * g[i];
}

}  // namespace rover
