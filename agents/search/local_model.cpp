#include "agents/search/local_model.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

namespace rover::search {
namespace {

constexpr double aspect = 1e6;

/// Random orthogonal directions.
void draw_directions(RandomStream& stream, Matrix& out) {
  for (double& x : out.reshaped()) x = stream.normal();
  out = Eigen::HouseholderQR<Matrix>(out).householderQ();
}

}  // namespace

LocalModel::LocalModel(Probe& probe, RandomStream& stream, const DescentOptions& options)
    : probe_(probe),
      stream_(stream),
      options_(options),
      d_(probe.dimension()),
      window_(d_),
      ridge_(d_, options.fit),
      step_(probe.region()),
      spread_(static_cast<Eigen::Index>(d_)) {
  const auto d = static_cast<Eigen::Index>(d_);
  covered_.resize(d, d), directions_.resize(d, d);
  z_.resize(d), factors_.resize(d), point_.resize(d);
}

void LocalModel::begin(Reals centre, double half_width) {
  window_.begin(centre, half_width);
  ridge_.begin();
  near_ = 0;
}

void LocalModel::fit(double value, double noise, double deviation) {
  Neighbours& samples = probe_.samples();
  samples.find(window_, options_.fit.reach);
  near_ = 0;
  for (std::size_t k = 0; k < samples.count(); ++k) note_near(samples.squared_distance(k));
  ridge_(samples, value, noise, model_, deviation);
}

bool LocalModel::add(const Eigen::Ref<const Vector>& z, double value) {
  if (ridge_.room() == 0) return false;
  ridge_.add(z, value, model_);
  return true;
}

// Directions by how little the samples nearby cover them.
void LocalModel::sort_directions() {
  const Neighbours& samples = probe_.samples();
  covered_.setZero();
  for (std::size_t k = 0; k < samples.count(); ++k) {
    if (samples.squared_distance(k) > near_distance * near_distance) continue;
    for (std::size_t i = 0; i < d_; ++i)
      z_[static_cast<Eigen::Index>(i)] = samples.coordinates()[i * samples.stride() + k];
    covered_.selfadjointView<Eigen::Lower>().rankUpdate(z_);
  }
  spread_.compute(covered_);
  directions_ = spread_.eigenvectors();
}

void LocalModel::place(std::size_t count, bool downhill, Matrix& points) {
  if (near_ <= 1) draw_directions(stream_, directions_);
  else sort_directions();
  const Vector& centre = window_.centre();
  for (std::size_t k = 0; k < count; ++k) {
    const auto direction = directions_.col(static_cast<Eigen::Index>(k % d_));
    double sign = stream_.uniform() < 0.5 ? -1 : 1;
    if (downhill && model_.valid) {
      const double slope = model_.gradient.dot(direction);
      if (std::abs(slope) > 1e-12) sign = slope > 0 ? -1 : 1;
    }
    if (k >= d_) sign = -sign;
    z_.noalias() = window_.transform() * direction;
    point_ = centre + sign * z_;
    if (const double out = probe_.region().outside(point_); out > 1e-18) {
      z_ = centre - sign * z_;
      if (probe_.region().outside(z_) < out) point_ = z_;
    }
    points.col(static_cast<Eigen::Index>(k)) = point_;
  }
}

void LocalModel::follow_shape(double floor) {
  const double share =
      options_.metric * std::min(1.0, static_cast<double>(model_.samples) / static_cast<double>(ridge_.coefficients()));
  if (!(share > 0)) return;
  const auto sizes = step_.eigenvalues().cwiseAbs();
  factors_ = sizes.cwiseMax(std::max(1e-6 * sizes.maxCoeff() + 1e-300, floor)).array().log();
  factors_.array() -= factors_.mean();
  factors_ = (factors_.array() * (-0.5 * share)).cwiseMax(-1.4).cwiseMin(1.4).exp();
  window_.stretch(step_.eigenvectors(), factors_, aspect, 6 * widest());
}

}  // namespace rover::search
