#include "env/kernels/units.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "core/random.h"

namespace rover::kernels {
namespace {

template <class Real>
void check_units(std::size_t units, std::size_t n) {
  RandomStream stream = make_stream(units, n, "units");
  std::vector<Real> x(units * n), slopes(units * n), bias(units), sums(units), plain_sums(units);
  for (auto* values : {&x, &slopes, &bias})
    for (Real& value : *values) value = static_cast<Real>(stream.normal());
  x.front() = static_cast<Real>(NAN);
  const auto same = [](const std::vector<Real>& a, const std::vector<Real>& b) {
    for (std::size_t k = 0; k < a.size(); ++k)
      if (a[k] != b[k] && !(std::isnan(a[k]) && std::isnan(b[k]))) return false;
    return true;
  };
  using Const = std::span<const Real>;
  for (const bool rectified : {false, true}) {
    std::vector<Real> fast = x, plain = x;
    add_bias<Real>(bias, n, rectified, fast);
    reference::add_bias<Real>(bias, n, rectified, plain);
    CHECK(same(fast, plain));
    CHECK(std::isnan(fast.front()));
  }
  std::vector<Real> fast = slopes, plain = slopes;
  rectifier_slopes<Real>(x, fast), reference::rectifier_slopes<Real>(x, plain);
  CHECK(same(fast, plain));
  fast = plain = slopes;
  tanh_unit_slopes<Real>(x, fast), reference::tanh_unit_slopes<Real>(x, plain);
  CHECK(same(fast, plain));
  sum_units<Real>(Const(slopes), n, sums), reference::sum_units<Real>(Const(slopes), n, plain_sums);
  CHECK(same(sums, plain_sums));
}

}  // namespace

TEST_CASE("what a layer applies to its units is what plain code gives, to the bit, and NaN stays") {
  for (const std::size_t units : {1u, 8u, 19u})
    for (const std::size_t n : {1u, 7u, 16u, 45u}) check_units<float>(units, n), check_units<double>(units, n);
}

TEST_CASE("between float and double") {
  for (const std::size_t size : {1u, 9u, 40u}) {
    std::vector<double> x(size), back(size);
    std::vector<float> y(size);
    for (std::size_t k = 0; k < size; ++k) x[k] = 0.1 * static_cast<double>(k + 1);
    narrow(x, y);
    widen(y, 3, back);
    for (std::size_t k = 0; k < size; ++k) {
      CHECK(y[k] == static_cast<float>(x[k]));
      CHECK(back[k] == 3 * static_cast<double>(y[k]));
    }
  }
}

}  // namespace rover::kernels
