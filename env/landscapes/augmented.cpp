#include "env/landscapes/augmented.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "core/settings.h"
#include "env/landscapes/linear_algebra.h"
#include "env/landscapes/scratch.h"

namespace rover {
namespace {

Optimum known_optimum(const Landscape& landscape, const char* what) {
  auto optimum = landscape.optimum();
  if (!optimum)
    throw UsageError(std::string(what) + " needs a known optimum, and the landscape '" + std::string(landscape.name()) +
                     "' has none");
  return *optimum;
}

constexpr int typical_starts = 64;  // enough for a mean that sets a scale

/// a_weight·a + b_weight·b, normalised to length 1
std::vector<double> blend(double a_weight, const std::vector<double>& a, double b_weight,
                          const std::vector<double>& b) {
  std::vector<double> out(a.size());
  for (std::size_t k = 0; k < a.size(); ++k) out[k] = a_weight * a[k] + b_weight * b[k];
  const double norm = std::sqrt(dot(out, out));
  for (double& value : out) value /= norm;
  return out;
}

}  // namespace

Sheared::Sheared(std::shared_ptr<const Landscape> base, std::uint64_t seed)
    : MappedLandscape(std::move(base)), optimum_(known_optimum(*base_, "a shear").point) {
  const std::size_t d = dimension();
  if (d < 2) throw UsageError("a shear needs at least 2 dimensions");
  RandomStream stream = make_stream(seed, 0, "shear");
  std::vector<double> start(d);
  double mean_distance = 0;
  for (int k = 0; k < typical_starts; ++k) {
    base_->sample_start(stream, start);
    for (std::size_t i = 0; i < d; ++i) start[i] -= optimum_[i];
    mean_distance += std::sqrt(dot(start, start)) / typical_starts;
  }
  const bool towards_start = stream.uniform() < 0.6;
  const auto first = towards_start ? blend(1, start, 0, start) : random_direction(d, stream);
  const auto other = random_direction(d, stream);
  const auto second = blend(1, other, -dot(other, first), first);
  const double turn = towards_start ? 0.3 * stream.normal() : 0;
  p_ = blend(std::cos(turn), first, std::sin(turn), second);
  q_ = blend(-std::sin(turn), first, std::cos(turn), second);
  kappa_ = stream.uniform(-1.5, 1.5) / std::max(mean_distance, 1.0);
  widen_domain();
}

double Sheared::along(Reals point_d) const {
  double u = 0;
  for (std::size_t k = 0; k < point_d.size(); ++k) u += p_[k] * (point_d[k] - optimum_[k]);
  return u;
}

void Sheared::to_base(Reals points_nd, MutReals mapped_nd) const {
  const std::size_t d = dimension();
  for (std::size_t at = 0; at < points_nd.size(); at += d) {
    const double u = along(points_nd.subspan(at, d)), move = kappa_ * u * u;
    for (std::size_t k = 0; k < d; ++k) mapped_nd[at + k] = points_nd[at + k] + move * q_[k];
  }
}

void Sheared::from_base(MutReals point_d) const {  // q ⟂ p: the shear leaves u alone, so its inverse is −κ
  const double u = along(point_d), move = kappa_ * u * u;
  for (std::size_t k = 0; k < point_d.size(); ++k) point_d[k] -= move * q_[k];
}

void Sheared::pull_gradient(Reals point_d, MutReals gradient_d) const {  // J = I + 2κu q pᵀ
  const double factor = 2 * kappa_ * along(point_d) * dot(q_, gradient_d);
  for (std::size_t k = 0; k < point_d.size(); ++k) gradient_d[k] += factor * p_[k];
}

void Sheared::pull_hessian(Reals point_d, Reals base_gradient_d, MutReals hessian_dd) const {
  const std::size_t d = point_d.size();
  const double bend = 2 * kappa_ * along(point_d);
  Scratch<16> column(d);  // Hq
  for (std::size_t i = 0; i < d; ++i) column.span()[i] = dot(Reals(hessian_dd).subspan(i * d, d), q_);
  const double both = bend * bend * dot(column.span(), q_) + 2 * kappa_ * dot(q_, base_gradient_d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      hessian_dd[i * d + j] += bend * (column.span()[i] * p_[j] + p_[i] * column.span()[j]) + both * p_[i] * p_[j];
}

// ---- output warps

Warped::Warped(std::shared_ptr<const Landscape> base, std::uint64_t seed)
    : base_(std::move(base)), floor_(known_optimum(*base_, "a warp").value) {
  RandomStream stream = make_stream(seed, 0, "warp");
  kind_ = stream.uniform() < 0.6 ? Kind::power : Kind::exponential;
  power_ = stream.log_uniform(0.5, 3.5);
  std::vector<double> start(dimension());
  double mean = 0;
  for (int k = 0; k < typical_starts; ++k) {
    base_->sample_start(stream, start);
    mean += base_->value(start) / typical_starts;
  }
  gap_ = std::max(mean - floor_, 1e-12);
}

std::optional<Optimum> Warped::optimum() const { return Optimum{base_->optimum()->point, 0}; }

void Warped::apply(MutReals values_n) const {
  for (double& f : values_n) {
    const double r = std::max((f - floor_) / gap_, 0.0);
    f = kind_ == Kind::power ? std::pow(r, power_) : std::expm1(std::min(2 * power_ * r, 60.0));
  }
}

Warped::Derivatives Warped::derivatives(double base_value) const {
  const double r = std::max((base_value - floor_) / gap_, 1e-16), c = 2 * power_;
  if (kind_ == Kind::power) {
    const double first = power_ * std::pow(r, power_ - 1);
    return {first / gap_, (power_ - 1) * first / r / (gap_ * gap_)};
  }
  if (c * r >= 60) return {0, 0};
  const double first = c * std::exp(c * r);
  return {first / gap_, c * first / (gap_ * gap_)};
}

void Warped::values(Reals points_nd, MutReals values_n, RandomStream* noise) const {
  base_->values(points_nd, values_n, noise);
  apply(values_n);
}

void Warped::slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                    RandomStream* noise) const {
  base_->slices(point_d, slices, n, grids_snn, noise);
  apply(grids_snn);
}

void Warped::gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const {
  const std::size_t d = dimension(), n = points_nd.size() / d;
  base_->gradients(points_nd, gradients_nd, noise);
  in_chunks(n, d, [&](std::size_t start, std::size_t count) {
    Scratch f(count);
    base_->values(points_nd.subspan(start * d, count * d), f.span(), nullptr);
    for (std::size_t p = 0; p < count; ++p) {
      const double first = derivatives(f.span()[p]).first;
      for (double& g : gradients_nd.subspan((start + p) * d, d)) g *= first;
    }
  });
}

void Warped::hessians(Reals points_nd, MutReals hessians_ndd) const {
  const std::size_t d = dimension(), n = points_nd.size() / d;
  base_->hessians(points_nd, hessians_ndd);
  in_chunks(n, d, [&](std::size_t start, std::size_t count) {
    const Reals points = points_nd.subspan(start * d, count * d);
    Scratch f(count), gradients(count * d);
    base_->values(points, f.span(), nullptr);
    base_->gradients(points, gradients.span(), nullptr);
    for (std::size_t p = 0; p < count; ++p) {
      const Derivatives t = derivatives(f.span()[p]);
      const double* g = &gradients.span()[p * d];
      double* h = &hessians_ndd[(start + p) * d * d];
      for (std::size_t i = 0; i < d; ++i)
        for (std::size_t j = 0; j < d; ++j) h[i * d + j] = t.first * h[i * d + j] + t.second * g[i] * g[j];
    }
  });
}

}  // namespace rover
