#include "env/landscapes/boxed.h"

#include <algorithm>
#include <cmath>

namespace rover {
namespace {

struct Derivatives {
  double gx = 0, gy = 0, hxx = 0, hxy = 0, hyy = 0;
};

Derivatives derivatives(const kernels::Relief& r, double x, double y) {
  const double* m = r.matrix;
  const double along = r.p[0] * (x - r.origin[0]) + r.p[1] * (y - r.origin[1]);
  const double bent_x = x + r.kappa * along * along * r.q[0], bent_y = y + r.kappa * along * along * r.q[1];
  const double u = m[0] * bent_x + m[1] * bent_y, v = m[2] * bent_x + m[3] * bent_y;
  Derivatives z;  // with respect to z = My
  if (r.bowl) z = {2 * (u - r.centre_u[0]), 2 * (v - r.centre_v[0]), 2, 0, 2};
  for (std::size_t k = 0; k < r.bumps; ++k) {
    const double du = u - r.centre_u[k], dv = v - r.centre_v[k], f = r.weight[k] * std::exp(-0.5 * (du * du + dv * dv));
    z.gx -= f * du, z.gy -= f * dv;
    z.hxx += f * (du * du - 1), z.hxy += f * du * dv, z.hyy += f * (dv * dv - 1);
  }
  const double gx = m[0] * z.gx + m[2] * z.gy, gy = m[1] * z.gx + m[3] * z.gy;  // with respect to y
  const double a = z.hxx * m[0] + z.hxy * m[2], b = z.hxx * m[1] + z.hxy * m[3], c = z.hxy * m[0] + z.hyy * m[2],
               d = z.hxy * m[1] + z.hyy * m[3];
  const double hxx = m[0] * a + m[2] * c, hxy = m[0] * b + m[2] * d, hyy = m[1] * b + m[3] * d;
  // ∂y/∂x = I + t q pᵀ, as in Sheared
  const double t = 2 * r.kappa * along, pull = r.q[0] * gx + r.q[1] * gy;
  const double hq_x = hxx * r.q[0] + hxy * r.q[1], hq_y = hxy * r.q[0] + hyy * r.q[1];
  const double both = t * t * (r.q[0] * hq_x + r.q[1] * hq_y) + 2 * r.kappa * pull;
  Derivatives out{gx + t * pull * r.p[0], gy + t * pull * r.p[1], hxx + 2 * t * hq_x * r.p[0] + both * r.p[0] * r.p[0],
                  hxy + t * (hq_x * r.p[1] + hq_y * r.p[0]) + both * r.p[0] * r.p[1],
                  hyy + 2 * t * hq_y * r.p[1] + both * r.p[1] * r.p[1]};
  for (std::size_t k = 0; k < r.cosines; ++k) {
    const double angle = r.omega_x[k] * x + r.omega_y[k] * y + r.phase[k];
    const double slope = -r.amplitude[k] * std::sin(angle), curvature = -r.amplitude[k] * std::cos(angle);
    out.gx += slope * r.omega_x[k], out.gy += slope * r.omega_y[k];
    out.hxx += curvature * r.omega_x[k] * r.omega_x[k], out.hxy += curvature * r.omega_x[k] * r.omega_y[k];
    out.hyy += curvature * r.omega_y[k] * r.omega_y[k];
  }
  return out;
}

/// Newton's step for a positive definite Hessian; elsewhere its eigenvalues are shifted to be.
std::array<double, 2> newton_step(const Derivatives& at) {
  const double middle = (at.hxx + at.hyy) / 2, half = std::hypot((at.hxx - at.hyy) / 2, at.hxy);
  const double largest = std::abs(middle) + half, shift = std::max(0.0, 1e-8 * largest - (middle - half)) * 1.5;
  const double hxx = at.hxx + shift, hyy = at.hyy + shift, determinant = hxx * hyy - at.hxy * at.hxy;
  if (!(determinant > 0)) return {-at.gx, -at.gy};
  return {-(hyy * at.gx - at.hxy * at.gy) / determinant, -(hxx * at.gy - at.hxy * at.gx) / determinant};
}

/// Projected Newton steps, halved until f falls; a coordinate that its gradient presses against the box's edge stays
/// there.
void polish(const kernels::Relief& relief, const Box& box, double (&point)[2], double& f) {
  for (int iteration = 0; iteration < 100; ++iteration) {
    Derivatives at = derivatives(relief, point[0], point[1]);
    const auto pressed = [&](std::size_t k, double g) {
      return (point[k] <= box.low[k] && g > 0) || (point[k] >= box.high[k] && g < 0);
    };
    const bool hold_x = pressed(0, at.gx), hold_y = pressed(1, at.gy);
    if (hold_x && hold_y) return;
    if (hold_x) at.gx = at.hxy = 0, at.hxx = std::abs(at.hyy) + 1e-300;
    if (hold_y) at.gy = at.hxy = 0, at.hyy = std::abs(at.hxx) + 1e-300;
    const auto step = newton_step(at);
    bool moved = false;
    for (double scale = 1; scale > 1e-6; scale /= 2) {
      double next[2], value = 0;
      for (std::size_t k = 0; k < 2; ++k) next[k] = std::clamp(point[k] + scale * step[k], box.low[k], box.high[k]);
      kernels::relief_values(relief, next, {&value, 1});
      if (!(value < f)) continue;
      point[0] = next[0], point[1] = next[1], f = value, moved = true;
      break;
    }
    if (!moved) return;
  }
}

}  // namespace

Boxed::Boxed(std::string name, const kernels::Relief& relief, Box box, std::vector<double> optimum)
    : name_(std::move(name)), relief_(relief), box_(std::move(box)), optimum_{std::move(optimum), 0} {
  optimum_.value = value(optimum_.point);
}

void Boxed::gradients(Reals points_nd, MutReals gradients_nd, RandomStream*) const {
  for (std::size_t at = 0; at < points_nd.size(); at += 2) {
    const Derivatives here = derivatives(relief_, points_nd[at], points_nd[at + 1]);
    gradients_nd[at] = here.gx, gradients_nd[at + 1] = here.gy;
  }
}

void Boxed::hessians(Reals points_nd, MutReals hessians_ndd) const {
  for (std::size_t at = 0; at < points_nd.size(); at += 2) {
    const Derivatives here = derivatives(relief_, points_nd[at], points_nd[at + 1]);
    double* h = &hessians_ndd[2 * at];
    h[0] = here.hxx, h[1] = h[2] = here.hxy, h[3] = here.hyy;
  }
}

Optimum lowest_in_box(const kernels::Relief& relief, const Box& box, std::size_t n) {
  constexpr std::size_t polished = 24;
  std::vector<double> points(2 * n * n), f(n * n);
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      const double share[2] = {static_cast<double>(a) / static_cast<double>(n - 1),
                               static_cast<double>(b) / static_cast<double>(n - 1)};
      for (std::size_t k = 0; k < 2; ++k)
        points[2 * (a * n + b) + k] = box.low[k] + share[k] * (box.high[k] - box.low[k]);
    }
  kernels::relief_values(relief, points, f);
  std::vector<std::size_t> minima;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      bool lowest = true;
      for (std::size_t i = a - (a > 0); i <= std::min(a + 1, n - 1); ++i)
        for (std::size_t j = b - (b > 0); j <= std::min(b + 1, n - 1); ++j) lowest &= f[i * n + j] >= f[a * n + b];
      if (lowest) minima.push_back(a * n + b);
    }
  const auto end = minima.begin() + static_cast<std::ptrdiff_t>(std::min(polished, minima.size()));
  std::partial_sort(minima.begin(), end, minima.end(),
                    [&](std::size_t a, std::size_t b) { return f[a] != f[b] ? f[a] < f[b] : a < b; });
  Optimum best{{0, 0}, 1e300};
  for (auto at = minima.begin(); at != end; ++at) {
    double point[2] = {std::min(points[2 * *at], box.high[0]), std::min(points[2 * *at + 1], box.high[1])},
           value = f[*at];
    polish(relief, box, point, value);
    if (value < best.value) best = {{point[0], point[1]}, value};
  }
  return best;
}

}  // namespace rover
