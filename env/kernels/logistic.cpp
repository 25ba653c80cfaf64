#include "env/kernels/logistic.h"

#include <algorithm>
#include <cmath>

#include "env/kernels/columns.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/logistic.cpp"
#include "hwy/foreach_target.h"  // compiles this file once a target

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using Doubles = hn::CappedTag<double, column_padding>;
using Vec = hn::Vec<Doubles>;

double sum(Vec v) { return hn::GetLane(hn::SumOfLanes(Doubles(), v)); }

/// Σ ln(1 + exp(−m)), `margin(s)` giving the margins of samples s, s + 1, … : Σ max(−m, 0) + ln Π (1 + exp(−|m|)), a
/// factor at most 2.
template <class Margin>
HWY_INLINE double loss(std::size_t n, const Margin& margin) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d), most = 512 * lanes;  // 2^512 is far from overflow
  Vec linear = hn::Zero(d), logs = hn::Zero(d);
  for (std::size_t first = 0; first < n; first += most) {
    Vec product = hn::Set(d, 1);
    for (std::size_t s = first; s < std::min(n, first + most); s += lanes) {
      const Vec m = margin(s);
      linear =
          hn::NegMulAdd(m, hn::Zero(d), hn::Sub(linear, hn::Min(m, hn::Zero(d))));  // − 0·m: Exp and Min may lose a NaN
      product = hn::MulAdd(product, hn::Exp(d, hn::Neg(hn::Abs(m))), product);
    }
    logs = hn::Add(logs, hn::Log(d, product));
  }
  return sum(hn::Add(linear, logs));
}

double logistic_loss(const double* margins, std::size_t n) {
  return loss(n, [margins](std::size_t s) { return hn::LoadU(Doubles(), margins + s); });
}

void logistic_slopes(const double* margins, std::size_t n, double* out) {
  const Doubles d;
  const Vec one = hn::Set(d, 1);
  for (std::size_t s = 0; s < n; s += hn::Lanes(d)) {
    const Vec m = hn::LoadU(d, margins + s), e = hn::Exp(d, hn::Neg(hn::Abs(m)));
    const auto right = hn::Gt(m, hn::Zero(d));  // with m > 0 exp(−m) is e, else 1/e
    hn::StoreU(hn::MulAdd(m, hn::Zero(d), hn::Div(hn::IfThenElse(right, e, one), hn::Add(one, e))), d, out + s);
  }
}

/// ln Π (1 + left·right_b) for `cells` neighbouring cells, a logarithm every `run` samples a lane.
template <std::size_t cells>
HWY_INLINE void product_cells(const double* HWY_RESTRICT left, const double* HWY_RESTRICT right, std::size_t n,
                              std::size_t run, double* HWY_RESTRICT out) {
  const Doubles d;
  const std::size_t lanes = hn::Lanes(d);
  Vec logs[cells];
  for (Vec& log : logs) log = hn::Zero(d);
  for (std::size_t first = 0; first < n; first += run * lanes) {
    Vec products[cells];
    for (Vec& product : products) product = hn::Set(d, 1);
    for (std::size_t s = first; s < std::min(n, first + run * lanes); s += lanes) {
      const Vec e = hn::LoadU(d, left + s);
      for (std::size_t b = 0; b < cells; ++b)
        products[b] = hn::Mul(products[b], hn::MulAdd(e, hn::LoadU(d, right + b * n + s), hn::Set(d, 1)));
    }
    for (std::size_t b = 0; b < cells; ++b) logs[b] = hn::Add(logs[b], hn::Log(d, products[b]));
  }
  for (std::size_t b = 0; b < cells; ++b) out[b] = sum(logs[b]);
}

/// out = exp(factor·in)
void exponentials(const double* in, double factor, std::size_t n, double* out) {
  const Doubles d;
  for (std::size_t s = 0; s < n; s += hn::Lanes(d))
    hn::StoreU(hn::Exp(d, hn::Mul(hn::Set(d, factor), hn::LoadU(d, in + s))), d, out + s);
}

void product(const double* a, const double* b, std::size_t n, double* out) {
  const Doubles d;
  for (std::size_t s = 0; s < n; s += hn::Lanes(d))
    hn::StoreU(hn::Mul(hn::LoadU(d, a + s), hn::LoadU(d, b + s)), d, out + s);
}

void logistic_grid(const double* margins, const double* u, const double* v, std::size_t n, double resolution,
                   std::size_t side, double* grid, double* scratch) {
  const Doubles d;
  const double middle = (static_cast<double>(side) - 1) / 2, reach = middle * std::abs(resolution);
  Vec lowest = hn::Zero(d), widest_u = hn::Zero(d), widest_v = hn::Zero(d), zeros = hn::Zero(d);
  for (std::size_t s = 0; s < n; s += hn::Lanes(d)) {
    const Vec m = hn::LoadU(d, margins + s);
    zeros = hn::MulAdd(m, hn::Zero(d), zeros);
    lowest = hn::Min(lowest, m);
    widest_u = hn::Max(widest_u, hn::Abs(hn::LoadU(d, u + s))),
    widest_v = hn::Max(widest_v, hn::Abs(hn::LoadU(d, v + s)));
  }
  const double nothing = sum(zeros);  // NaN if a margin is
  const double widest = hn::GetLane(hn::MaxOfLanes(d, widest_u)) + hn::GetLane(hn::MaxOfLanes(d, widest_v));
  const double largest = reach * widest - hn::GetLane(hn::MinOfLanes(d, lowest)) + nothing;  // no exponent is above it
  if (!(largest <= 300)) {
    for (std::size_t a = 0; a < side; ++a)
      for (std::size_t b = 0; b < side; ++b) {
        const Vec along_u = hn::Set(d, (static_cast<double>(a) - middle) * resolution);
        const Vec along_v = hn::Set(d, (static_cast<double>(b) - middle) * resolution);
        grid[a * side + b] = loss(n, [&](std::size_t s) {
          return hn::MulAdd(along_v, hn::LoadU(d, v + s),
                            hn::MulAdd(along_u, hn::LoadU(d, u + s), hn::LoadU(d, margins + s)));
        });
      }
    return;
  }
  // Neighbouring offsets differ by one factor exp(−δu), which costs a rounding a step; the scratch holds [left, its
  // factor, the base, right's factor, right of each b].
  double *left = scratch, *left_step = left + n, *base = left_step + n, *right_step = base + n, *right = right_step + n;
  exponentials(margins, -1, n, base);
  exponentials(u, middle * resolution, n, left);
  product(left, base, n, left);
  exponentials(u, -resolution, n, left_step);
  exponentials(v, middle * resolution, n, right);
  exponentials(v, -resolution, n, right_step);
  for (std::size_t b = 1; b < side; ++b) product(right + (b - 1) * n, right_step, n, right + b * n);
  const auto run = static_cast<std::size_t>(1000 / std::log2(1 + std::exp(largest)));
  for (std::size_t a = 0; a < side; ++a) {
    double* row = grid + a * side;
    std::size_t b = 0;
    for (; b + 8 <= side; b += 8) product_cells<8>(left, right + b * n, n, run, row + b);
    for (; b + 3 <= side; b += 3) product_cells<3>(left, right + b * n, n, run, row + b);
    for (; b < side; ++b) product_cells<1>(left, right + b * n, n, run, row + b);
    product(left, left_step, n, left);
  }
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(logistic_loss);
HWY_EXPORT(logistic_slopes);
HWY_EXPORT(logistic_grid);

double logistic_loss(Reals margins) { return HWY_DYNAMIC_DISPATCH(logistic_loss)(margins.data(), margins.size()); }

void logistic_slopes(Reals margins, MutReals out) {
  HWY_DYNAMIC_DISPATCH(logistic_slopes)(margins.data(), margins.size(), out.data());
}

void logistic_grid(Reals margins, Reals u, Reals v, double resolution, std::size_t side, MutReals grid,
                   std::vector<double>& scratch) {
  if (scratch.size() < (side + 4) * margins.size()) scratch.resize((side + 4) * margins.size());
  HWY_DYNAMIC_DISPATCH(logistic_grid)
  (margins.data(), u.data(), v.data(), margins.size(), resolution, side, grid.data(), scratch.data());
}

double reference::logistic_loss(Reals margins) {
  double sum = 0;
  for (const double m : margins) sum += std::max(-m, 0.0) + std::log1p(std::exp(-std::abs(m)));
  return sum;
}

void reference::logistic_slopes(Reals margins, MutReals out) {
  for (std::size_t s = 0; s < margins.size(); ++s) out[s] = 1 / (1 + std::exp(margins[s]));
}

void reference::logistic_grid(Reals margins, Reals u, Reals v, double resolution, std::size_t side, MutReals grid) {
  const double middle = (static_cast<double>(side) - 1) / 2;
  for (std::size_t a = 0; a < side; ++a)
    for (std::size_t b = 0; b < side; ++b) {
      double sum = 0;
      for (std::size_t s = 0; s < margins.size(); ++s) {
        const double m = margins[s] + (static_cast<double>(a) - middle) * resolution * u[s] +
                         (static_cast<double>(b) - middle) * resolution * v[s];
        sum += std::max(-m, 0.0) + std::log1p(std::exp(-std::abs(m)));
      }
      grid[a * side + b] = sum;
    }
}

}  // namespace rover::kernels
#endif
