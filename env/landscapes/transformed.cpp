#include "env/landscapes/transformed.h"

#include <algorithm>

#include "env/landscapes/linear_algebra.h"
#include "env/landscapes/scratch.h"

namespace rover {
namespace {

bool inside(const Box& box, Reals point) {
  for (std::size_t k = 0; k < point.size(); ++k)
    if (point[k] < box.low[k] || point[k] > box.high[k]) return false;
  return true;
}

/// out = M v, M square and row-major
void multiply(Reals matrix, Reals v, MutReals out) {
  for (std::size_t i = 0; i < v.size(); ++i) out[i] = dot(matrix.subspan(i * v.size(), v.size()), v);
}

}  // namespace

// ---- any map

std::optional<Optimum> MappedLandscape::optimum() const {  // from_base rounds the point; the value stays the base's
  std::optional<Optimum> optimum = base_->optimum();
  if (optimum) from_base(optimum->point);
  return optimum;
}

void MappedLandscape::sample_start(RandomStream& stream, MutReals start_d) const {
  for (int attempt = 0; attempt < 100; ++attempt) {
    base_->sample_start(stream, start_d);
    from_base(start_d);
    if (inside(domain_, start_d)) return;
  }
  for (std::size_t k = 0; k < start_d.size(); ++k) start_d[k] = std::clamp(start_d[k], domain_.low[k], domain_.high[k]);
}

void MappedLandscape::widen_domain() {
  const auto include = [this](Reals point) {
    for (std::size_t k = 0; k < point.size(); ++k) {
      domain_.low[k] = std::min(domain_.low[k], point[k]);
      domain_.high[k] = std::max(domain_.high[k], point[k]);
    }
  };
  std::vector<double> start(dimension());
  RandomStream stream = make_stream(0, 0, "start region");
  for (std::size_t k = 0; k < region_samples; ++k) {
    base_->sample_start(stream, start);
    from_base(start);
    include(start);
  }
  if (auto optimum = base_->optimum()) {
    from_base(optimum->point);
    include(optimum->point);
  }
}

void MappedLandscape::values(Reals points_nd, MutReals values_n, RandomStream* noise) const {
  const std::size_t d = dimension();
  in_chunks(values_n.size(), d, [&](std::size_t first, std::size_t count) {
    Scratch mapped(count * d);
    to_base(points_nd.subspan(first * d, count * d), mapped.span());
    base_->values(mapped.span(), values_n.subspan(first, count), noise);
  });
}

void MappedLandscape::gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const {
  const std::size_t d = dimension();
  in_chunks(points_nd.size() / d, d, [&](std::size_t first, std::size_t count) {
    Scratch mapped(count * d);
    to_base(points_nd.subspan(first * d, count * d), mapped.span());
    base_->gradients(mapped.span(), gradients_nd.subspan(first * d, count * d), noise);
  });
  for (std::size_t at = 0; at < points_nd.size(); at += d)
    pull_gradient(points_nd.subspan(at, d), gradients_nd.subspan(at, d));
}

void MappedLandscape::hessians(Reals points_nd, MutReals hessians_ndd) const {
  const std::size_t d = dimension();
  in_chunks(points_nd.size() / d, d, [&](std::size_t first, std::size_t count) {
    const Reals points = points_nd.subspan(first * d, count * d);
    const MutReals hessians = hessians_ndd.subspan(first * d * d, count * d * d);
    Scratch mapped(count * d), gradients(count * d);
    to_base(points, mapped.span());
    base_->gradients(mapped.span(), gradients.span(), nullptr);
    base_->hessians(mapped.span(), hessians);
    for (std::size_t p = 0; p < count; ++p)
      pull_hessian(points.subspan(p * d, d), gradients.span().subspan(p * d, d), hessians.subspan(p * d * d, d * d));
  });
}

// ---- clamped

void Clamped::to_base(Reals points_nd, MutReals mapped_nd) const {
  const std::size_t d = dimension();
  for (std::size_t at = 0; at < points_nd.size(); ++at)
    mapped_nd[at] = std::clamp(points_nd[at], domain_.low[at % d], domain_.high[at % d]);
}

void Clamped::pull_gradient(Reals point_d, MutReals gradient_d) const {
  for (std::size_t k = 0; k < point_d.size(); ++k)
    if (!inside(point_d, k)) gradient_d[k] = 0;
}

void Clamped::pull_hessian(Reals point_d, Reals, MutReals hessian_dd) const {
  const std::size_t d = point_d.size();
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      if (!inside(point_d, i) || !inside(point_d, j)) hessian_dd[i * d + j] = 0;
}

// ---- shifted and rotated

Transformed::Transformed(std::shared_ptr<const Landscape> base, Options options, std::uint64_t seed)
    : MappedLandscape(std::move(base)), options_(options), centre_(dimension()), shift_(dimension(), 0.0) {
  const std::size_t d = dimension();
  for (std::size_t k = 0; k < d; ++k) centre_[k] = (domain_.low[k] + domain_.high[k]) / 2;
  if (options.rotated) {
    RandomStream stream = make_stream(seed, 0, "rotation");
    rotation_ = random_rotation(d, stream);
    inverse_.resize(d * d);
    for (std::size_t i = 0; i < d; ++i)
      for (std::size_t j = 0; j < d; ++j) inverse_[i * d + j] = rotation_[j * d + i];
  }
  std::vector<double> turned = centre_;
  if (const auto optimum = base_->optimum()) turned = optimum->point;
  from_base(turned);  // the shift is still 0
  RandomStream stream = make_stream(seed, 0, "shift");
  for (std::size_t k = 0; k < d; ++k) {
    const double fifth = options.shifted ? (domain_.high[k] - domain_.low[k]) / 5 : 0;
    const double least = domain_.low[k] - turned[k], most = domain_.high[k] - turned[k];  // keep the optimum inside
    shift_[k] = stream.uniform(std::clamp(-fifth, least, most), std::clamp(fifth, least, most));
  }
  if (options.moves_starts) widen_domain();
}

void Transformed::sample_start(RandomStream& stream, MutReals start_d) const {
  if (options_.moves_starts) MappedLandscape::sample_start(stream, start_d);
  else Landscape::sample_start(stream, start_d);
}

void Transformed::slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
                         RandomStream* noise) const {
  if (!rotation_.empty()) return Landscape::slices(point_d, slices, n, grids_snn, noise);
  Scratch<16> moved(point_d.size());
  to_base(point_d, moved.span());
  base_->slices(moved.span(), slices, n, grids_snn, noise);
}

void Transformed::to_base(Reals points_nd, MutReals mapped_nd) const {
  const std::size_t d = dimension();
  if (rotation_.empty()) {
    for (std::size_t at = 0; at < points_nd.size(); ++at) mapped_nd[at] = points_nd[at] - shift_[at % d];
    return;
  }
  Scratch<16> offset(d);
  for (std::size_t at = 0; at < points_nd.size(); at += d) {
    for (std::size_t k = 0; k < d; ++k) offset.span()[k] = points_nd[at + k] - shift_[k] - centre_[k];
    multiply(rotation_, offset.span(), mapped_nd.subspan(at, d));
    for (std::size_t k = 0; k < d; ++k) mapped_nd[at + k] += centre_[k];
  }
}

void Transformed::from_base(MutReals point_d) const {
  const std::size_t d = dimension();
  if (!rotation_.empty()) {
    Scratch<16> offset(d);
    for (std::size_t k = 0; k < d; ++k) offset.span()[k] = point_d[k] - centre_[k];
    multiply(inverse_, offset.span(), point_d);
    for (std::size_t k = 0; k < d; ++k) point_d[k] += centre_[k];
  }
  for (std::size_t k = 0; k < d; ++k) point_d[k] += shift_[k];
}

void Transformed::pull_gradient(Reals, MutReals gradient_d) const {
  if (rotation_.empty()) return;
  Scratch<16> before(gradient_d.size());
  std::copy(gradient_d.begin(), gradient_d.end(), before.span().begin());
  multiply(inverse_, before.span(), gradient_d);
}

void Transformed::pull_hessian(Reals point_d, Reals, MutReals hessian_dd) const {  // RᵀHR
  if (rotation_.empty()) return;
  const std::size_t d = point_d.size();
  Scratch half(d * d);
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j)
      half.span()[i * d + j] = dot(Reals(hessian_dd).subspan(i * d, d),
                                   Reals(inverse_).subspan(j * d, d));  // HR: row j of Rᵀ is column j of R
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < d; ++j) {
      double sum = 0;
      for (std::size_t k = 0; k < d; ++k) sum += inverse_[i * d + k] * half.span()[k * d + j];
      hessian_dd[i * d + j] = sum;
    }
}

}  // namespace rover
