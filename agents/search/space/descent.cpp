#include "agents/search/space/descent.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>

namespace rover::space {
namespace {

constexpr double near_distance = 2;  // |z| of the samples that a look counts
constexpr double widest = 0.5;       // half-width of a window, in parts of the cube
constexpr double narrowest = 3e-10;  // … at which a descent ends
constexpr double longest_axis = 3, aspect = 1e6;

MutReals span_of(Vector& v) { return {v.data(), static_cast<std::size_t>(v.size())}; }

/// Random orthogonal directions.
void draw_directions(RandomStream& stream, Matrix& out) {
  for (double& x : out.reshaped()) x = stream.normal();
  out = Eigen::HouseholderQR<Matrix>(out).householderQ();
}

}  // namespace

Descent::Descent(Probe& probe, RandomStream& stream, const DescentOptions& options)
    : probe_(probe),
      stream_(stream),
      options_(options),
      d_(probe.dimension()),
      window_(d_),
      ridge_(d_, options.fit),
      step_(d_),
      spread_(static_cast<Eigen::Index>(d_)) {
  const auto d = static_cast<Eigen::Index>(d_);
  covered_.resize(d, d), directions_.resize(d, d);
  point_.resize(d), z_.resize(d), factors_.resize(d);
  const auto most =
      static_cast<std::size_t>(std::ceil(std::max(options.need, options.fresh) * static_cast<double>(d_))) + 3;
  looked_.resize(d, static_cast<Eigen::Index>(most)), looked_values_.resize(most);
}

void Descent::fit() {
  Neighbours& samples = probe_.samples();
  samples.find(window_, options_.fit.reach);
  near_ = 0;
  for (std::size_t k = 0; k < samples.count(); ++k)
    near_ += samples.squared_distance(k) <= near_distance * near_distance;
  ridge_(samples, value_, noise_, model_);
}

// Directions by how little the samples nearby cover them.
void Descent::sort_directions() {
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

// What the model missed at a new sample, a running mean of it.
void Descent::miss(double value, const Eigen::Ref<const Vector>& z, double rate) {
  noise_ += rate * (std::min(1.0, std::abs(model_.scaled(value) - model_(z))) - noise_);
}

void Descent::look(std::size_t count) {
  // Along the directions that the samples cover least, on the side where the model falls.
  if (near_ <= 1) draw_directions(stream_, directions_);
  else sort_directions();
  const Vector centre = window_.centre();
  best_.assign(centre.data(), centre.data() + centre.size());
  double best = value_;
  for (std::size_t k = 0; k < count; ++k) {
    const auto direction = directions_.col(static_cast<Eigen::Index>(k % d_));
    double sign = stream_.uniform() < 0.5 ? -1 : 1;
    if (model_.valid) {
      const double slope = model_.gradient.dot(direction);
      if (std::abs(slope) > 1e-12) sign = slope > 0 ? -1 : 1;
    }
    if (k >= d_) sign = -sign;
    const auto outside = [&](const Vector& x) { return (x - x.cwiseMax(0.0).cwiseMin(1.0)).squaredNorm(); };
    z_.noalias() = window_.transform() * direction;
    point_ = centre + sign * z_;
    if (const double out = outside(point_); out > 1e-18) {
      z_ = centre - sign * z_;
      if (outside(z_) < out) point_ = z_;
    }
    const double value = probe_(span_of(point_), false);
    auto looked = looked_.col(static_cast<Eigen::Index>(k));
    looked.noalias() = window_.inverse() * (point_ - centre);
    looked_values_[k] = value;
    if (looked.squaredNorm() <= near_distance * near_distance) ++near_;
    if (model_.valid) miss(value, looked, 0.15);
    if (value < best) best = value, best_.assign(point_.data(), point_.data() + point_.size());
  }
  if (best < value_ || !model_.valid || count > ridge_.room()) {
    window_.move_to(best_), value_ = best;
    fit();
  } else {
    for (std::size_t k = 0; k < count; ++k)
      ridge_.add(looked_.col(static_cast<Eigen::Index>(k)), looked_values_[k], model_);
  }
}

// T ← T V |λ|^−metric/2 Vᵀ, by as much of it as there are samples for.
void Descent::follow_shape() {
  const double share =
      options_.metric * std::min(1.0, static_cast<double>(model_.samples) / static_cast<double>(ridge_.coefficients()));
  if (!(share > 0)) return;
  const auto sizes = step_.eigenvalues().cwiseAbs();
  factors_ = sizes.cwiseMax(1e-6 * sizes.maxCoeff() + 1e-300).array().log();
  factors_.array() -= factors_.mean();
  factors_ = (factors_.array() * (-0.5 * share)).cwiseMax(-1.4).cwiseMin(1.4).exp();
  window_.stretch(step_.eigenvectors(), factors_, aspect, longest_axis);
}

const Descent::End& Descent::operator()(Reals start, double start_value, double half_width, double rival) {
  window_.begin(start, half_width);
  value_ = start_value;
  noise_ = 1e-2;
  const auto d = static_cast<double>(d_);
  double recent = std::numeric_limits<double>::infinity();
  std::size_t idle = 0;
  for (std::size_t round = 0;; ++round) {
    const double before = value_;
    fit();
    const auto enough =
        std::max<std::size_t>(2, static_cast<std::size_t>(std::ceil(
                                     options_.need * (1 + (round > 0 ? options_.need_noise * noise_ : 0)) * d))) +
        1;
    if (near_ < enough) {
      const std::size_t thin = enough - near_, fresh = static_cast<std::size_t>(std::ceil(options_.fresh * d));
      look(round == 0 ? thin : std::max<std::size_t>(1, std::min(thin, fresh)));
    }
    bool improved = false;
    double ratio = 0;
    if (model_.valid) {
      step_(model_, window_, options_.step_limit);
      const double predicted = model_.c - model_(step_.z());
      if (step_.length() > 1e-9 && predicted > 0) {
        point_ = step_.point();
        const double value = probe_(span_of(point_));
        ratio = (model_.scaled(value_) - model_.scaled(value)) / predicted;
        miss(value, step_.z(), 0.2);
        improved = value < value_;
        if (improved) value_ = value, window_.move_to(span_of(point_));
      }
      follow_shape();
    } else {
      for (double& x : z_) x = stream_.normal() / std::sqrt(d);
      point_.noalias() = window_.transform() * z_;
      point_ += window_.centre();
      const double value = probe_(span_of(point_));
      if (value < value_) value_ = value, improved = true, window_.move_to(span_of(point_));
    }
    // The resolution.
    const double length = model_.valid ? step_.length() : 0;
    double factor = 0.8;
    if (improved && model_.valid && step_.clipped() && ratio > 0.3) factor = options_.growth;
    else if (improved) factor = std::clamp(1.5 * length, ratio > 0.7 ? 0.2 : 0.5, 1.0);
    else if (!(value_ < before) && near_ >= enough)
      factor = std::clamp(length, std::min(0.15, options_.shrink), options_.shrink);
    window_.scale(factor);
    if (window_.half_width() > widest) window_.scale(widest / window_.half_width());

    const double gain = before - value_;
    idle = gain > 0 ? 0 : idle + 1;
    recent = std::isinf(recent) ? gain : 0.7 * recent + 0.3 * gain;
    const double size = window_.half_width();
    if (!(size > narrowest) || static_cast<double>(idle) >= options_.patience + std::floor(d / 2)) break;
    if (model_.valid && model_.range * 4 < 1e-14 * std::abs(value_)) break;
    if (value_ > rival && static_cast<double>(round) > 2 * d &&
        value_ - options_.abandon * std::max(recent, gain) > rival)
      break;
  }
  end_.value = value_;
  end_.point.assign(window_.centre().data(), window_.centre().data() + window_.centre().size());
  return end_;
}

}  // namespace rover::space
