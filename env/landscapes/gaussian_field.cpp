#include "env/landscapes/gaussian_field.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numbers>
#include <stdexcept>

#include "env/landscapes/scratch.h"

namespace rover {
namespace {

constexpr std::size_t most = kernels::GaussianProcess::max_anchors;

/// values += deviations · N(0, 1), at most 256 of them
void add_noise(Reals deviations, MutReals values, RandomStream& noise) {
  Scratch normals(values.size());
  noise.normals(normals.span());
  for (std::size_t k = 0; k < values.size(); ++k) values[k] += deviations[k] * normals.span()[k];
}

}  // namespace

GaussianField::GaussianField(std::string name, const FieldShape& shape, Starts starts, bool noisy)
    : name_(std::move(name)), starts_(starts), noisy_(noisy) {
  const std::size_t n = shape.anchors.size();
  if ((n != 1 && n != most) || shape.values.size() != n)
    throw std::invalid_argument("a Gaussian field has one or four anchors, each with a value");
  const double cosine = std::cos(shape.angle_rad), sine = std::sin(shape.angle_rad);
  const double rotation[4] = {cosine, -sine, sine, cosine};
  for (std::size_t i = 0; i < 2; ++i)
    for (std::size_t j = 0; j < 2; ++j) {
      process_.whiten[2 * i + j] = rotation[2 * i + j] / std::sqrt(shape.lambda[i]);
      half_[2 * i + j] = rotation[2 * j + i] * std::sqrt(shape.lambda[j]);
    }
  const double* w = process_.whiten;
  inverse_[0] = w[0] * w[0] + w[2] * w[2], inverse_[1] = w[0] * w[1] + w[2] * w[3],
  inverse_[2] = w[1] * w[1] + w[3] * w[3];

  process_.count = n;
  for (std::size_t k = 0; k < n; ++k) {
    const auto& x = shape.anchors[k];
    process_.anchors[k][0] = w[0] * x[0] + w[1] * x[1], process_.anchors[k][1] = w[2] * x[0] + w[3] * x[1];
  }
  // K = c·E with c = k(x, x): in e = k/c the mean is (E⁻¹v)ᵀe and the variance c − c eᵀE⁻¹e.
  process_.prior = 1 / (2 * std::numbers::pi * std::sqrt(shape.lambda[0] * shape.lambda[1]));
  const auto count = static_cast<Eigen::Index>(n);
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, 0, most, most> gram(count, count);
  for (Eigen::Index k = 0; k < count; ++k)
    for (Eigen::Index l = 0; l < count; ++l) {
      const double u = process_.anchors[k][0] - process_.anchors[l][0],
                   v = process_.anchors[k][1] - process_.anchors[l][1];
      gram(k, l) = std::exp(-0.5 * (u * u + v * v));
    }
  gram = gram.inverse().eval();
  gram = (0.5 * (gram + gram.transpose())).eval();
  for (Eigen::Index k = 0; k < count; ++k)
    for (Eigen::Index l = 0; l < count; ++l) {
      process_.weights[k] += gram(k, l) * shape.values[static_cast<std::size_t>(l)];
      process_.reduction[k][l] = process_.prior * gram(k, l);
    }

  double reach[2] = {12, 12};
  if (starts_.whitened)
    for (std::size_t i = 0; i < 2; ++i) reach[i] = starts_.high * std::hypot(half_[2 * i], half_[2 * i + 1]);
  domain_ = {{-reach[0], -reach[1]}, {reach[0], reach[1]}};
  optimum_ = n == 1 ? Optimum{{shape.anchors[0][0], shape.anchors[0][1]}, 0} : find_optimum();
  optimum_.value = value(optimum_.point);
}

/// Every local minimum of a 41×41 grid over the domain, zoomed in and polished by Newton; the lowest wins.
Optimum GaussianField::find_optimum() const {
  constexpr std::size_t n = 41;
  const double step = (domain_.high[0] - domain_.low[0]) / (n - 1), origin[2] = {0, 0};
  std::vector<double> grid(n * n);
  kernels::gaussian_grid(process_, origin[0], origin[1], step, n, grid, {});
  Optimum best{{0, 0}, 1e300};
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) {
      bool lowest = true;
      for (std::size_t i = a - (a > 0); i <= std::min(a + 1, n - 1); ++i)
        for (std::size_t j = b - (b > 0); j <= std::min(b + 1, n - 1); ++j)
          lowest &= grid[i * n + j] >= grid[a * n + b];
      if (!lowest || grid[a * n + b] >= 0) continue;  // f → 0 far away: a minimum at or above 0 is not the optimum
      double x[2] = {domain_.low[0] + static_cast<double>(a) * step, domain_.low[1] + static_cast<double>(b) * step},
             f = grid[a * n + b];
      double zoom[25];
      for (double resolution = step / 2; resolution > 1e-4; resolution *= 0.6) {
        kernels::gaussian_grid(process_, x[0], x[1], resolution, 5, zoom, {});
        const auto at = static_cast<std::size_t>(std::min_element(zoom, zoom + 25) - zoom);
        f = zoom[at];
        x[0] += (static_cast<double>(at / 5) - 2) * resolution, x[1] += (static_cast<double>(at % 5) - 2) * resolution;
      }
      for (int iteration = 0; iteration < 5; ++iteration) {
        double g[2], h[4];
        gradients(x, g, nullptr);
        hessians(x, h);
        const double determinant = h[0] * h[3] - h[1] * h[2];
        if (determinant <= 0 || h[0] <= 0) break;
        const double next[2] = {x[0] - (h[3] * g[0] - h[1] * g[1]) / determinant,
                                x[1] - (h[0] * g[1] - h[2] * g[0]) / determinant};
        const double moved = value(next);
        if (moved > f + 1e-15 * std::abs(f)) break;  // values differ by rounding alone: the smaller gradient decides
        x[0] = next[0], x[1] = next[1], f = moved;
      }
      if (f < best.value) best = {{x[0], x[1]}, f};
    }
  return best;
}

void GaussianField::sample_start(RandomStream& stream, MutReals start_d) const {
  if (!starts_.whitened) {
    for (double& coordinate : start_d) coordinate = stream.uniform(starts_.low, starts_.high);
    return;
  }
  const double radius = stream.uniform(starts_.low, starts_.high), angle = stream.uniform(0, 2 * std::numbers::pi);
  const double u = radius * std::cos(angle), v = radius * std::sin(angle);
  start_d[0] = half_[0] * u + half_[1] * v;
  start_d[1] = half_[2] * u + half_[3] * v;
}

void GaussianField::values(Reals points_nd, MutReals values_n, RandomStream* noise) const {
  if (!noise || !noisy_) return kernels::gaussian_values(process_, points_nd, values_n, {});
  in_chunks(values_n.size(), 2, [&](std::size_t first, std::size_t count) {
    Scratch deviations(count);
    kernels::gaussian_values(process_, points_nd.subspan(2 * first, 2 * count), values_n.subspan(first, count),
                             deviations.span());
    add_noise(deviations.span(), values_n.subspan(first, count), *noise);
  });
}

void GaussianField::slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                           RandomStream* noise) const {
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const MutReals grid = grids_snn.subspan(s * n * n, n * n);
    if (slices[s].i != 0 || slices[s].j != 1 || (noise && noisy_ && n > 16)) {
      Landscape::slices(point_d, slices.subspan(s, 1), n, grid, noise);
    } else if (!noise || !noisy_) {
      kernels::gaussian_grid(process_, point_d[0], point_d[1], slices[s].resolution, n, grid, {});
    } else {
      Scratch deviations(n * n);
      kernels::gaussian_grid(process_, point_d[0], point_d[1], slices[s].resolution, n, grid, deviations.span());
      add_noise(deviations.span(), grid, *noise);
    }
  }
}

void GaussianField::gradients(Reals points_nd, MutReals gradients_nd, RandomStream*) const {
  const double* w = process_.whiten;
  for (std::size_t p = 0; p < points_nd.size(); p += 2) {
    const double x = points_nd[p], y = points_nd[p + 1];
    double gx = 0, gy = 0;
    for (std::size_t k = 0; k < process_.count; ++k) {  // −w_k e_k Wᵀ(z − a_k)
      const double u = w[0] * x + w[1] * y - process_.anchors[k][0], v = w[2] * x + w[3] * y - process_.anchors[k][1];
      const double f = process_.weights[k] * std::exp(-0.5 * (u * u + v * v));
      gx -= f * (w[0] * u + w[2] * v), gy -= f * (w[1] * u + w[3] * v);
    }
    gradients_nd[p] = gx, gradients_nd[p + 1] = gy;
  }
}

void GaussianField::hessians(Reals points_nd, MutReals hessians_ndd) const {
  const double* w = process_.whiten;
  for (std::size_t p = 0; p < points_nd.size() / 2; ++p) {
    const double x = points_nd[2 * p], y = points_nd[2 * p + 1];
    double xx = 0, xy = 0, yy = 0;
    for (std::size_t k = 0; k < process_.count; ++k) {  // w_k e_k (s sᵀ − S⁻¹) with s = Wᵀ(z − a_k)
      const double u = w[0] * x + w[1] * y - process_.anchors[k][0], v = w[2] * x + w[3] * y - process_.anchors[k][1];
      const double f = process_.weights[k] * std::exp(-0.5 * (u * u + v * v));
      const double sx = w[0] * u + w[2] * v, sy = w[1] * u + w[3] * v;
      xx += f * (sx * sx - inverse_[0]), xy += f * (sx * sy - inverse_[1]), yy += f * (sy * sy - inverse_[2]);
    }
    const double h[4] = {xx, xy, xy, yy};
    std::copy(h, h + 4, hessians_ndd.begin() + static_cast<std::ptrdiff_t>(4 * p));
  }
}

// ---- appendix 6.1's laws

namespace {

constexpr double deviation = std::numbers::sqrt2;  // "variance 2"

double cut_normal(RandomStream& stream, double mean, double low) {
  return std::max(low, mean + deviation * stream.normal());
}

FieldShape draw_shape(RandomStream& stream) {
  FieldShape shape;
  for (double& lambda : shape.lambda) lambda = cut_normal(stream, 10, 1);
  shape.angle_rad = stream.uniform(0, 2 * std::numbers::pi);
  return shape;
}

}  // namespace

std::unique_ptr<GaussianField> draw_valley(std::uint64_t seed, bool noisy) {
  RandomStream stream = make_stream(seed, 0, "valley");
  FieldShape shape = draw_shape(stream);
  shape.lambda[1] = shape.lambda[0] * stream.uniform(100, 200);
  shape.anchors = {{0, 0}};
  shape.values = {-stream.uniform(0.5, 5)};
  return std::make_unique<GaussianField>("valley", shape, GaussianField::Starts{true, 0.7, 2.5}, noisy);
}

std::unique_ptr<GaussianField> draw_plateau(std::uint64_t seed, bool noisy) {
  RandomStream stream = make_stream(seed, 0, "plateau");
  FieldShape shape = draw_shape(stream);
  shape.anchors = {{0, 0}};
  shape.values = {-cut_normal(stream, 5, 0.5)};
  return std::make_unique<GaussianField>("plateau", shape, GaussianField::Starts{true, 1.5, 3.3}, noisy);
}

std::unique_ptr<GaussianField> draw_saddle(std::uint64_t seed, bool noisy) {
  RandomStream stream = make_stream(seed, 0, "saddle");
  FieldShape shape = draw_shape(stream);
  constexpr double quarters[4][2] = {{1, 1}, {-1, 1}, {-1, -1}, {1, -1}};
  double sign = stream.uniform() < 0.5 ? 1 : -1;
  for (const auto& quarter : quarters) {
    const double x = quarter[0] * stream.uniform(0.25, 1), y = quarter[1] * stream.uniform(0.25, 1);
    shape.anchors.push_back({x, y});
    shape.values.push_back(sign * (std::abs(stream.normal()) + 0.1));
    sign = -sign;
  }
  return std::make_unique<GaussianField>("saddle", shape, GaussianField::Starts{}, noisy);
}

}  // namespace rover
