#include "agents/search/distribution.h"

#include <algorithm>
#include <cmath>

#include "agents/search/kernels.h"

namespace rover::search {

Distribution::Distribution(const Region& region, std::size_t population)
    : region_(region),
      d_(region.low.size()),
      population_(population),
      stride_(population + kernels::padding),
      solver_(d_) {
  const auto d = static_cast<double>(d_), lambda = static_cast<double>(population);
  const auto parents = static_cast<Eigen::Index>(population / 2), all = static_cast<Eigen::Index>(population);
  weights_.resize(all);
  for (Eigen::Index i = 0; i < all; ++i)
    weights_[i] = std::log((lambda + 1) / 2) - std::log(static_cast<double>(i + 1));
  auto positive = weights_.head(parents), negative = weights_.tail(all - parents);
  const double sum = positive.sum(), rest = negative.cwiseAbs().sum(),
               effective_rest = rest > 0 ? rest * rest / negative.squaredNorm() : 0;
  effective_ = sum * sum / positive.squaredNorm();
  c_path_ = (4 + effective_ / d) / (d + 4 + 2 * effective_ / d);
  c_sigma_ = (effective_ + 2) / (d + effective_ + 5);
  c_one_ = 2 / ((d + 1.3) * (d + 1.3) + effective_);
  c_mu_ = std::min(1 - c_one_, 2 * (effective_ - 2 + 1 / effective_ + 0.25) / ((d + 2) * (d + 2) + effective_));
  damping_ = 1 + 2 * std::max(0.0, std::sqrt((effective_ - 1) / (d + 1)) - 1) + c_sigma_;
  expected_ = std::sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
  positive /= sum;
  const double active =
      std::min({1 + c_one_ / c_mu_, 1 + 2 * effective_rest / (effective_ + 2), (1 - c_one_ - c_mu_) / (d * c_mu_)});
  if (rest > 0) negative *= std::max(0.0, active) / rest;
  step_.resize(d_), white_.resize(d_), first_.resize(d_), second_.resize(d_, d_);
  whitening_.resize(d_, d_), colouring_.resize(d_, d_);
  steps_.resize(static_cast<std::size_t>(d_) * stride_), scaled_.resize(stride_), lengths_.resize(stride_);
}

void Distribution::begin(const Vector& mean, double sigma) {
  mean_ = mean, sigma_ = sigma;
  sigma_path_ = covariance_path_ = Vector::Zero(d_);
  covariance_ = axes_ = Matrix::Identity(d_, d_);
  deviations_ = Vector::Ones(d_);
  generation_ = decomposed_ = 0;
  prepare();
}

void Distribution::sample(RandomStream& stream, MutReals point) {
  Eigen::Map<Vector> out(point.data(), d_);
  for (int tries = 0; tries < 20; ++tries) {
    stream.normals({white_.data(), point.size()});
    out.noalias() = mean_ + colouring_ * white_;
    if ((out.array() >= region_.low.array()).all() && (out.array() <= region_.high.array()).all()) return;
  }
  region_.project(out);
}

void Distribution::tell(const double* points, std::size_t stride, std::span<const std::size_t> order) {
  const auto d = static_cast<std::size_t>(d_), parents = population_ / 2;
  for (std::size_t i = 0; i < d; ++i) {
    const double mean = mean_[static_cast<Eigen::Index>(i)];
    for (std::size_t k = 0; k < population_; ++k) steps_[i * stride_ + k] = points[i * stride + order[k]] - mean;
  }
  // The last are weighed by their length, so that none takes out more than there is. Steps begin at the mean, at 0.
  first_.setZero();
  kernels::squared_distances(steps_.data(), stride_, population_, d, first_.data(), whitening_.data(), lengths_.data());
  for (std::size_t k = 0; k < population_; ++k) {
    const double weight = weights_[static_cast<Eigen::Index>(k)];
    scaled_[k] = weight < 0 ? weight * static_cast<double>(d_) / (lengths_[k] + 1e-30) : weight;
  }
  kernels::weighted_moments(steps_.data(), stride_, population_, d, scaled_.data(), first_.data(), second_.data());
  for (std::size_t i = 0; i < d; ++i) {
    double sum = 0;
    for (std::size_t k = 0; k < parents; ++k) sum += weights_[static_cast<Eigen::Index>(k)] * steps_[i * stride_ + k];
    step_[static_cast<Eigen::Index>(i)] = sum;
  }

  mean_ += step_;
  ++generation_;
  white_.noalias() = whitening_ * step_;
  step_ /= sigma_;
  sigma_path_ *= 1 - c_sigma_;
  sigma_path_.noalias() += std::sqrt(c_sigma_ * (2 - c_sigma_) * effective_) * (axes_ * white_);
  const double length = sigma_path_.norm(),
               settled = 1 - std::pow(1 - c_sigma_, 2.0 * static_cast<double>(generation_));
  const bool moving = length / std::sqrt(settled) < (1.4 + 2 / (static_cast<double>(d_) + 1)) * expected_;
  covariance_path_ *= 1 - c_path_;
  if (moving) covariance_path_ += std::sqrt(c_path_ * (2 - c_path_) * effective_) * step_;
  covariance_ *= 1 - c_one_ - c_mu_ * weights_.sum() + (moving ? 0 : c_one_ * c_path_ * (2 - c_path_));
  covariance_.noalias() += c_one_ * covariance_path_ * covariance_path_.transpose();
  covariance_ += c_mu_ / (sigma_ * sigma_) * second_;
  sigma_ *= std::exp(std::min(1.0, c_sigma_ / damping_ * (length / expected_ - 1)));
  if (region_.bounded) sigma_ = std::min(sigma_, 2.0);
  decompose();
  prepare();
}

void Distribution::decompose() {
  if (static_cast<double>(generation_ - decomposed_) < 1 / ((c_one_ + c_mu_) * static_cast<double>(d_) * 10)) return;
  decomposed_ = generation_;
  solver_.compute(covariance_);
  deviations_ = solver_.eigenvalues().cwiseMax(1e-30).cwiseSqrt();
  axes_ = solver_.eigenvectors();
}

void Distribution::prepare() {
  colouring_.noalias() = axes_ * (sigma_ * deviations_).asDiagonal();
  whitening_.noalias() = (sigma_ * deviations_).cwiseInverse().asDiagonal() * axes_.transpose();
}

double Distribution::deviation() const { return sigma_ * std::sqrt(covariance_.diagonal().maxCoeff()); }
double Distribution::condition() const { return deviations_.maxCoeff() / deviations_.minCoeff(); }

}  // namespace rover::search
