#include "env/landscapes/bbob_parts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

namespace rover::bbob {

constexpr double pi = std::numbers::pi;

double round_half_up(double x) { return std::floor(x + 0.5); }

Vector uniforms(std::size_t count, std::int64_t seed) {
  constexpr std::int64_t a = 16807, modulus = 2147483647, quotient = 127773, rest = 2836;
  std::int64_t state = std::max<std::int64_t>(std::abs(seed), 1);
  const auto step = [&] {
    const std::int64_t high = state / quotient;
    state = a * (state - high * quotient) - rest * high;
    if (state < 0) state += modulus;
  };
  std::array<std::int64_t, 32> shuffled{};
  for (std::size_t i = 40; i-- > 0;) {
    step();
    if (i < shuffled.size()) shuffled[i] = state;
  }
  std::int64_t last = shuffled[0];
  Vector out(count);
  for (double& x : out) {
    step();
    auto& slot = shuffled[static_cast<std::size_t>(last / 67108865)];
    last = std::exchange(slot, state);
    x = static_cast<double>(last) / static_cast<double>(modulus);
    if (x == 0) x = 1e-99;
  }
  return out;
}

Vector normals(std::size_t count, std::int64_t seed) {
  const Vector u = uniforms(2 * count, seed);
  Vector out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = std::sqrt(-2 * std::log(u[i])) * std::cos(2 * pi * u[count + i]);
    if (out[i] == 0) out[i] = 1e-99;
  }
  return out;
}

void Matrix::times(const double* x, double* out) const {
  for (std::size_t i = 0; i < d; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < d; ++j) sum += entries[i * d + j] * x[j];
    out[i] = sum;
  }
}

Matrix rotation(std::size_t d, std::int64_t seed) {
  const Vector drawn = normals(d * d, seed);
  Matrix out{d, Vector(d * d)};
  for (std::size_t j = 0; j < d; ++j)
    for (std::size_t i = 0; i < d; ++i) out.at(i, j) = drawn[j * d + i];
  for (std::size_t i = 0; i < d; ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      double product = 0;
      for (std::size_t k = 0; k < d; ++k) product += out.at(k, i) * out.at(k, j);
      for (std::size_t k = 0; k < d; ++k) out.at(k, i) -= product * out.at(k, j);
    }
    double norm = 0;
    for (std::size_t k = 0; k < d; ++k) norm += square(out.at(k, i));
    for (std::size_t k = 0; k < d; ++k) out.at(k, i) /= std::sqrt(norm);
  }
  return out;
}

double conditioning(double alpha, std::size_t i, std::size_t d) {
  return std::pow(std::sqrt(alpha), static_cast<double>(i) / static_cast<double>(d - 1));
}

Matrix between(const Matrix& r, double alpha, const Matrix& q) {
  const std::size_t d = r.d;
  Matrix out{d, Vector(d * d)};
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      for (std::size_t k = 0; k < d; ++k) out.at(i, j) += r.at(i, k) * conditioning(alpha, k, d) * q.at(k, j);
  return out;
}

Vector drawn_optimum(std::size_t d, std::int64_t seed) {
  Vector out = uniforms(d, seed);
  for (double& x : out) {
    x = 8 * std::floor(1e4 * x) / 1e4 - 4;
    if (x == 0) x = -1e-5;
  }
  return out;
}

double drawn_value(std::int64_t seed) {
  const double ratio = normals(1, seed)[0] / normals(1, seed + 1)[0];
  return std::clamp(round_half_up(100 * 100 * ratio) / 100, -1000.0, 1000.0);
}

double oscillated(double x) {
  if (x == 0) return 0;
  const double at = std::log(std::abs(x)) / 0.1;
  const double wave = x > 0 ? std::sin(at) + std::sin(0.79 * at) : std::sin(0.55 * at) + std::sin(0.31 * at);
  return std::copysign(std::pow(std::exp(at + 0.49 * wave), 0.1), x);
}
void oscillate(MutReals x) {
  for (double& xi : x) xi = oscillated(xi);
}
void skew(MutReals x, double beta) {
  const auto last = static_cast<double>(x.size() - 1);
  for (std::size_t i = 0; i < x.size(); ++i)
    if (x[i] > 0) x[i] = std::pow(x[i], 1 + beta * static_cast<double>(i) / last * std::sqrt(x[i]));
}
double outside(Reals x, double edge) {
  double sum = 0;
  for (const double xi : x)
    if (std::abs(xi) > edge) sum += square(std::abs(xi) - edge);
  return sum;
}

}  // namespace rover::bbob
