#pragma once
#include <cstddef>
#include <span>

namespace rover::kernels {

// What a layer of a network applies to its units [units, n], columns being samples. Real: float or double.

/// x_us ← x_us + bias_u, and then, where `rectified`, 0 for what is negative. NaN stays.
template <class Real>
void add_bias(std::span<const Real> bias, std::size_t n, bool rectified, std::span<Real> x);

/// slopes ← slopes · [a > 0], the way back through a = max(0, z).
template <class Real>
void rectifier_slopes(std::span<const Real> a, std::span<Real> slopes);
/// slopes ← slopes · (1 − a²), the way back through a = tanh z.
template <class Real>
void tanh_unit_slopes(std::span<const Real> a, std::span<Real> slopes);

/// out_u = Σ_s x_us, in the order of s.
template <class Real>
void sum_units(std::span<const Real> x, std::size_t n, std::span<Real> out);

/// out = (float)x, and out = factor · x in double.
void narrow(std::span<const double> x, std::span<float> out);
void widen(std::span<const float> x, double factor, std::span<double> out);

namespace reference {

template <class Real>
void add_bias(std::span<const Real> bias, std::size_t n, bool rectified, std::span<Real> x) {
  for (std::size_t k = 0; k < x.size(); ++k) {
    x[k] += bias[k / n];
    if (rectified && x[k] < 0) x[k] = 0;
  }
}
template <class Real>
void rectifier_slopes(std::span<const Real> a, std::span<Real> slopes) {
  for (std::size_t k = 0; k < a.size(); ++k) slopes[k] *= a[k] > 0 ? Real{1} : Real{0};
}
template <class Real>
void tanh_unit_slopes(std::span<const Real> a, std::span<Real> slopes) {
  for (std::size_t k = 0; k < a.size(); ++k) slopes[k] *= 1 - a[k] * a[k];
}
template <class Real>
void sum_units(std::span<const Real> x, std::size_t n, std::span<Real> out) {
  for (std::size_t u = 0; u < out.size(); ++u) {
    out[u] = 0;
    for (std::size_t s = 0; s < n; ++s) out[u] += x[u * n + s];
  }
}

}  // namespace reference

}  // namespace rover::kernels
