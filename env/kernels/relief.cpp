#include "env/kernels/relief.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "env/kernels/relief.cpp"
#include "hwy/foreach_target.h"  // compiles this file once a target

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace rover::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Few =
    hn::CappedTag<double, Relief::group>;  // the same lanes, hence the same order of sums, wherever there are four

void relief_values(const Relief& relief, Reals points, MutReals values) {
  const Few d;
  const std::size_t lanes = hn::Lanes(d);
  const double* m = relief.matrix;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = points[2 * i], y = points[2 * i + 1];
    const double along = relief.p[0] * (x - relief.origin[0]) + relief.p[1] * (y - relief.origin[1]);
    const double bend = relief.kappa * along * along;
    const double bent_x = x + bend * relief.q[0], bent_y = y + bend * relief.q[1];
    const double u = m[0] * bent_x + m[1] * bent_y, v = m[2] * bent_x + m[3] * bent_y;
    auto sum = hn::Zero(d);
    for (std::size_t k = 0; k < relief.bumps; k += lanes) {
      const auto du = hn::Sub(hn::Set(d, u), hn::LoadU(d, &relief.centre_u[k])),
                 dv = hn::Sub(hn::Set(d, v), hn::LoadU(d, &relief.centre_v[k]));
      const auto exponent = hn::Mul(hn::MulAdd(du, du, hn::Mul(dv, dv)), hn::Set(d, -0.5));
      sum = hn::MulAdd(hn::LoadU(d, &relief.weight[k]), hn::Exp(d, exponent), sum);
    }
    for (std::size_t k = 0; k < relief.cosines; k += lanes) {
      const auto angle =
          hn::MulAdd(hn::LoadU(d, &relief.omega_x[k]), hn::Set(d, x),
                     hn::MulAdd(hn::LoadU(d, &relief.omega_y[k]), hn::Set(d, y), hn::LoadU(d, &relief.phase[k])));
      sum = hn::MulAdd(hn::LoadU(d, &relief.amplitude[k]), hn::Cos(d, angle), sum);
    }
    double f = relief.bumps + relief.cosines > 0 ? hn::GetLane(hn::SumOfLanes(d, sum)) : 0;
    if (relief.bowl) {
      const double du = u - relief.centre_u[0], dv = v - relief.centre_v[0];
      f += du * du + dv * dv;
    }
    values[i] = f;
  }
}

}  // namespace rover::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover::kernels {

HWY_EXPORT(relief_values);

void relief_values(const Relief& relief, Reals points, MutReals values) {
  HWY_DYNAMIC_DISPATCH(relief_values)(relief, points, values);
}

void reference::relief_values(const Relief& relief, Reals points, MutReals values) {
  const double* m = relief.matrix;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = points[2 * i], y = points[2 * i + 1];
    const double along = relief.p[0] * (x - relief.origin[0]) + relief.p[1] * (y - relief.origin[1]);
    const double bent_x = x + relief.kappa * along * along * relief.q[0],
                 bent_y = y + relief.kappa * along * along * relief.q[1];
    const double u = m[0] * bent_x + m[1] * bent_y, v = m[2] * bent_x + m[3] * bent_y;
    double f = 0;
    for (std::size_t k = 0; k < relief.bumps; ++k)
      f += relief.weight[k] *
           std::exp(-0.5 * (std::pow(u - relief.centre_u[k], 2) + std::pow(v - relief.centre_v[k], 2)));
    for (std::size_t k = 0; k < relief.cosines; ++k)
      f += relief.amplitude[k] * std::cos(relief.omega_x[k] * x + relief.omega_y[k] * y + relief.phase[k]);
    if (relief.bowl) f += std::pow(u - relief.centre_u[0], 2) + std::pow(v - relief.centre_v[0], 2);
    values[i] = f;
  }
}

}  // namespace rover::kernels
#endif
