#include "agents/search/space/ridge_fit.h"

#include <algorithm>
#include <cmath>

namespace rover::space {

RidgeFit::RidgeFit(std::size_t dimension, const FitOptions& options)
    : options_(options), d_(static_cast<Eigen::Index>(dimension)) {
  full_ = 1 + d_ + d_ * (d_ + 1) / 2, terms_ = full_ + 1;
  most_ = static_cast<std::size_t>(options.samples * static_cast<double>(full_)) + dimension + 3;
  ridge_.resize(terms_);
  const double off_diagonal = 2 / (options.prior * options.prior), diagonal = off_diagonal / 2;
  ridge_[0] = 1e-6;
  ridge_.segment(1, d_ + 1).setConstant(1e-2);
  for (Eigen::Index i = 0, k = d_ + 2; i < d_; ++i) {
    ridge_[k++] = diagonal;
    for (Eigen::Index j = 0; j < i; ++j) ridge_[k++] = off_diagonal;
  }
  const auto most = static_cast<Eigen::Index>(most_);
  rows_.resize(terms_, most);
  system_.resize(std::max(terms_, most), std::max(terms_, most));
  targets_.resize(most), solution_.resize(terms_), dual_.resize(most);
}

// 1, z, |z|²/2, zᵢ²/2, zᵢzⱼ
void RidgeFit::features(const double* z, double squared, double* row) const {
  *row++ = 1;
  for (Eigen::Index i = 0; i < d_; ++i) *row++ = z[i];
  *row++ = squared / 2;
  for (Eigen::Index i = 0; i < d_; ++i) {
    *row++ = z[i] * z[i] / 2;
    for (Eigen::Index j = 0; j < i; ++j) *row++ = z[i] * z[j];
  }
}

void RidgeFit::operator()(const Neighbours& near, double value, double noise, Model& model) {
  const std::size_t count = near.count();
  model.valid = false, model.samples = count;
  if (count < 3) return;
  // The range: how far a typical sample differs from the centre, brought to |z| = 1.
  spread_.clear();
  double low = value, high = value;
  for (std::size_t k = 0; k < count; ++k) {
    const double f = near.near_value(k);
    low = std::min(low, f), high = std::max(high, f);
    spread_.push_back(std::abs(f - value) / (0.1 + near.squared_distance(k)));
  }
  std::ranges::nth_element(spread_, spread_.begin() + static_cast<std::ptrdiff_t>(count / 2));
  double range = spread_[count / 2];
  if (!(range > 1e-15 * std::abs(value))) range = high - low;
  if (!(range > 0) || !std::isfinite(range)) return;
  model.offset = value, model.range = range;

  constexpr double excess = 30;  // values so many ranges above the centre weigh less
  const double precision = std::max(options_.precision, options_.adapt * noise);
  for (std::size_t k = 0; k < count; ++k) {
    const auto column = static_cast<Eigen::Index>(k);
    const double squared = near.squared_distance(k), target = model.scaled(near.near_value(k)),
                 weight =
                     1 / (precision * std::pow(0.3 + squared, options_.decay / 2) * std::max(1.0, target / excess));
    features(near.coordinates().data() + column * d_, squared, rows_.data() + column * terms_);
    rows_.col(column) *= weight;
    targets_[column] = weight * target;
  }

  const auto n = static_cast<Eigen::Index>(count);
  const auto rows = rows_.leftCols(n);
  if (n < terms_) {  // the dual: c = P⁻¹A (I + AᵀP⁻¹A)⁻¹ y
    auto system = system_.topLeftCorner(n, n);
    for (Eigen::Index i = 0; i < terms_; ++i) rows_.row(i).head(n) /= std::sqrt(ridge_[i]);
    system.setIdentity();
    system.selfadjointView<Eigen::Lower>().rankUpdate(rows.transpose());
    Eigen::LLT<Eigen::Ref<Matrix>> cholesky(system);
    if (cholesky.info() != Eigen::Success) return;
    dual_.head(n) = targets_.head(n);
    cholesky.solveInPlace(dual_.head(n));
    solution_.noalias() = rows * dual_.head(n);
    solution_.array() /= ridge_.array().sqrt();
  } else {
    auto system = system_.topLeftCorner(terms_, terms_);
    system.setZero();
    system.diagonal() = ridge_;
    system.selfadjointView<Eigen::Lower>().rankUpdate(rows);
    Eigen::LLT<Eigen::Ref<Matrix>> cholesky(system);
    if (cholesky.info() != Eigen::Success) return;
    solution_.noalias() = rows * targets_.head(n);
    cholesky.solveInPlace(solution_);
  }
  if (!solution_.allFinite()) return;
  model.c = solution_[0];
  model.gradient = solution_.segment(1, d_);
  model.hessian.resize(d_, d_);
  for (Eigen::Index i = 0, k = d_ + 2; i < d_; ++i) {
    model.hessian(i, i) = solution_[d_ + 1] + solution_[k++];
    for (Eigen::Index j = 0; j < i; ++j) model.hessian(i, j) = model.hessian(j, i) = solution_[k++];
  }
  model.valid = true;
}

}  // namespace rover::space
