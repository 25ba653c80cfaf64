#include "env/landscapes/logistic.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "core/settings.h"
#include "env/kernels/columns.h"
#include "env/kernels/logistic.h"
#include "env/landscapes/linear_algebra.h"

namespace rover {
namespace {

/// The margins of the point at hand; grows once a thread.
std::span<double> working_memory(std::size_t n) {
  thread_local std::vector<double> memory;
  if (memory.size() < n) memory.resize(n);
  return {memory.data(), n};
}

}  // namespace

MarginData draw_guyon(std::size_t d, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "guyon");
  const std::size_t samples = std::max<std::size_t>(500, 10 * d), informative = (d + 1) / 2,
                    padded = kernels::padded(samples);
  std::vector<double> corners[2], spreads[2];
  do
    for (auto& corner : corners) {
      corner.resize(informative);
      for (double& x : corner) x = stream.below(2) == 0 ? -1 : 1;
    }
  while (corners[0] == corners[1]);
  for (auto& spread : spreads) {
    spread.resize(informative * informative);
    for (double& entry : spread) entry = stream.uniform(-1, 1);
  }
  std::vector<std::size_t> place(d);
  std::iota(place.begin(), place.end(), std::size_t{0});
  for (std::size_t k = d; k > 1; --k) std::swap(place[k - 1], place[stream.below(k)]);

  MarginData data{samples, std::vector<double>(d * padded, 0.0)};
  std::vector<double> normals(d), features(d);
  for (std::size_t s = 0; s < samples; ++s) {
    const std::size_t label = s % 2;
    const double sign = (label == 0) == (stream.uniform() < 0.95) ? -1 : 1;  // 1 in 20 is flipped
    stream.normals(normals);
    features = normals;
    std::copy(corners[label].begin(), corners[label].end(), features.begin());
    for (std::size_t i = 0; i < informative; ++i)
      for (std::size_t k = 0; k < informative; ++k) features[k] += normals[i] * spreads[label][i * informative + k];
    for (std::size_t k = 0; k < d; ++k) data.columns[place[k] * padded + s] = sign * features[k];
  }
  return data;
}

Logistic::Logistic(std::string name, MarginData data, std::size_t dimension)
    : name_(std::move(name)),
      data_(std::move(data)),
      padded_(kernels::padded(data_.samples)),
      optimum_{std::vector<double>(dimension), 0} {
  descend();
  double half = 10;
  for (const double x : optimum_.point) half = std::max(half, 2 * std::abs(x));
  domain_ = {std::vector<double>(dimension, -half), std::vector<double>(dimension, half)};
}

/// Damped Newton from 0: convex, so it ends at the optimum if there is one.
void Logistic::descend() {
  const std::size_t d = dimension();
  std::vector<double> hessian(d * d), step(d), next(d);
  double f = value(optimum_.point), last_decrement = HUGE_VAL;
  for (int iteration = 0; iteration < 200; ++iteration) {
    gradients(optimum_.point, step, nullptr);
    const std::vector<double> gradient = step;
    hessians(optimum_.point, hessian);
    if (!solve_positive(hessian, step)) break;
    const double decrement = dot(gradient, step);  // twice the gap to the optimum, nearly
    double scale = 1, lower = f;
    for (int halving = 0; halving < 40; ++halving, scale /= 2) {
      for (std::size_t k = 0; k < d; ++k) next[k] = optimum_.point[k] - scale * step[k];
      lower = value(next);
      if (lower <= f - 1e-4 * scale * decrement || decrement < 1e-13)
        break;  // below that, rounding decides and Newton's step is right
    }
    // Converged when Newton's step has stopped to get smaller: nothing but rounding is left. (On the way to infinity f
    // flattens, but steps do not shrink.)
    if (decrement < 1e-20 && decrement >= last_decrement / 4 &&
        dot(step, step) <= 1e-16 * (1 + dot(optimum_.point, optimum_.point))) {
      optimum_.value = f;
      return;
    }
    last_decrement = decrement;
    optimum_.point = next, f = lower;
  }
  throw std::runtime_error("the data of '" + name_ + "' leave its optimum undetermined");
}

void Logistic::sample_start(RandomStream& stream, MutReals start_d) const {
  stream.normals(start_d);
  for (std::size_t k = 0; k < start_d.size(); ++k) start_d[k] = std::clamp(start_d[k], domain_.low[k], domain_.high[k]);
}

void Logistic::margins(Reals point_d, MutReals out) const {
  kernels::multiply_columns(padded_, point_d, data_.columns, {}, out);
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(data_.samples), out.end(), kernels::settled_margin);
}

void Logistic::values(Reals points_nd, MutReals values_n, RandomStream*) const {
  const std::size_t d = dimension();
  const MutReals m = working_memory(padded_);
  for (std::size_t p = 0; p < values_n.size(); ++p) {
    margins(points_nd.subspan(p * d, d), m);
    values_n[p] = kernels::logistic_loss(m) / static_cast<double>(data_.samples);
  }
}

void Logistic::gradients(Reals points_nd, MutReals gradients_nd, RandomStream*) const {
  const std::size_t d = dimension();
  const MutReals m = working_memory(padded_);
  for (std::size_t at = 0; at < points_nd.size(); at += d) {
    margins(points_nd.subspan(at, d), m);
    kernels::logistic_slopes(m, m);
    const MutReals g = gradients_nd.subspan(at, d);
    kernels::dot_columns(data_.columns, m, g);
    for (double& gk : g) gk /= -static_cast<double>(data_.samples);
  }
}

void Logistic::hessians(Reals points_nd, MutReals hessians_ndd) const {  // 1/N Σ p(1 − p) z zᵀ
  const std::size_t d = dimension();
  const MutReals weights = working_memory(padded_);
  for (std::size_t p = 0; p < points_nd.size() / d; ++p) {
    margins(points_nd.subspan(p * d, d), weights);
    kernels::logistic_slopes(weights, weights);
    for (double& w : weights) w *= (1 - w) / static_cast<double>(data_.samples);
    kernels::weighted_gram(data_.columns, weights, hessians_ndd.subspan(p * d * d, d * d));
  }
}

void Logistic::slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                      RandomStream*) const {
  thread_local std::vector<double> scratch;
  const MutReals m = working_memory(padded_);
  margins(point_d, m);
  for (std::size_t s = 0; s < slices.size(); ++s) {
    const MutReals grid = grids_snn.subspan(s * n * n, n * n);
    kernels::logistic_grid(m, column(slices[s].i), column(slices[s].j), slices[s].resolution, n, grid, scratch);
    for (double& cell : grid) cell /= static_cast<double>(data_.samples);
  }
}

std::unique_ptr<Landscape> make_guyon(std::size_t dimension, std::uint64_t seed) {
  if (dimension < 1 || dimension > 1000)
    throw UsageError("the landscape 'guyon' has 1 to 1000 dimensions, not " + std::to_string(dimension));
  return std::make_unique<Logistic>("guyon", draw_guyon(dimension, seed), dimension);
}

}  // namespace rover
