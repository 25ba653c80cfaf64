#include "agents/search/wide_model.h"

#include <algorithm>
#include <cmath>

namespace rover::search {
namespace {

constexpr double of_constant = 1e-2, of_gradient = 1e-2, of_ball = 1e-2;  // as in RidgeFit
constexpr double excess = 30;
constexpr double near_distance = 2;
constexpr double flat = 1e-3;     // least |λ|, × the largest
constexpr double far_away = 100;  // half-widths from the origin at which it is set anew, for rounding's sake
constexpr int passes = 6;         // over the region's faces

}  // namespace

WideModel::WideModel(Probe& probe, const WideOptions& options, const FitOptions& fit)
    : probe_(probe), options_(options), fit_(fit), d_(probe.dimension()) {
  most_ = static_cast<std::size_t>(std::ceil(options.samples * static_cast<double>(d_))) + 3;
  stride_ = most_ + 1 + kernels::padding;
  kernel_ = {1 / of_constant, 1 / of_gradient, 0.25 / of_ball, fit.prior * fit.prior / 4};
  const auto d = static_cast<Eigen::Index>(d_);
  for (Vector* v : {&centre_, &origin_, &relative_, &gradient_, &fit_centre_, &fit_relative_, &point_, &z_, &base_,
                    &free_, &steep_, &product_})
    v->setZero(d);
  points_.resize(d_ * stride_), products_.resize(most_ * stride_), cholesky_.resize((most_ + 1) * stride_);
  for (auto* part : {&values_, &along_, &squared_, &scaled_squared_, &weights_, &dual_, &work_}) part->resize(stride_);
  spread_.reserve(most_);
  const auto krylov = std::min<Eigen::Index>(static_cast<Eigen::Index>(options.krylov), d);
  basis_.resize(d, krylov);
  basis_gradient_.resize(krylov), eigen_step_.resize(krylov), diagonal_.resize(krylov), beside_.resize(krylov),
      overlaps_.resize(krylov);
}

void WideModel::begin(Reals centre, double half_width) {
  centre_ = Eigen::Map<const Vector>(centre.data(), centre_.size());
  origin_ = centre_, relative_.setZero();
  half_width_ = half_width, count_ = 0, valid_ = measured_ = false;
}

void WideModel::move_to(const Eigen::Ref<const Vector>& point) {
  centre_ = point, relative_ = centre_ - origin_, measured_ = false;
}

// Distances from the centre.
void WideModel::measure() {
  if (measured_) return;
  if (relative_.norm() > far_away * half_width_) set_origin();
  kernels::products(points_.data(), stride_, count_, d_, relative_.data(), along_.data());
  const double own = relative_.squaredNorm();
  for (std::size_t k = 0; k < count_; ++k)
    squared_[k] = std::max(0.0, products_[k * stride_ + k] - 2 * along_[k] + own);
  measured_ = true;
}

void WideModel::set_origin() {
  for (std::size_t i = 0; i < d_; ++i)
    for (std::size_t k = 0; k < count_; ++k) points_[i * stride_ + k] -= relative_[static_cast<Eigen::Index>(i)];
  origin_ = centre_, relative_.setZero();
  for (std::size_t k = 0; k < count_; ++k) {
    for (std::size_t i = 0; i < d_; ++i) z_[static_cast<Eigen::Index>(i)] = points_[i * stride_ + k];
    kernels::products(points_.data(), stride_, count_, d_, z_.data(), products_.data() + k * stride_);
  }
}

std::size_t WideModel::near() {
  measure();
  const double limit = near_distance * near_distance * half_width_ * half_width_;
  return static_cast<std::size_t>(std::count_if(
      squared_.begin(), squared_.begin() + static_cast<std::ptrdiff_t>(count_), [&](double s) { return s <= limit; }));
}

void WideModel::add(const Eigen::Ref<const Vector>& point, double value) {
  measure();
  valid_ = false;
  const double own = (point - centre_).squaredNorm();
  std::size_t slot = count_;
  if (count_ == most_) {
    slot = static_cast<std::size_t>(
        std::max_element(squared_.begin(), squared_.begin() + static_cast<std::ptrdiff_t>(count_)) - squared_.begin());
    if (squared_[slot] <= own) return;
  } else {
    ++count_;
  }
  z_ = point - origin_;
  for (std::size_t i = 0; i < d_; ++i) points_[i * stride_ + slot] = z_[static_cast<Eigen::Index>(i)];
  kernels::products(points_.data(), stride_, count_, d_, z_.data(), products_.data() + slot * stride_);
  for (std::size_t k = 0; k < count_; ++k) products_[k * stride_ + slot] = products_[slot * stride_ + k];
  along_[slot] = z_.dot(relative_), squared_[slot] = own, values_[slot] = value;
}

void WideModel::fit(double value, double noise, double deviation) {
  measure();
  valid_ = false;
  // Those out of reach are forgotten.
  const double limit = fit_.reach * fit_.reach * half_width_ * half_width_;
  for (std::size_t k = 0; k < count_;) {
    if (squared_[k] <= limit) {
      ++k;
      continue;
    }
    const std::size_t last = --count_;
    if (k == last) break;
    for (std::size_t i = 0; i < d_; ++i) points_[i * stride_ + k] = points_[i * stride_ + last];
    for (std::size_t j = 0; j <= last; ++j) products_[k * stride_ + j] = products_[last * stride_ + j];
    products_[k * stride_ + k] = products_[last * stride_ + last];
    for (std::size_t j = 0; j < last; ++j) products_[j * stride_ + k] = products_[k * stride_ + j];
    values_[k] = values_[last], squared_[k] = squared_[last], along_[k] = along_[last];
  }
  const std::size_t n = count_;
  if (n < 3) return;
  const double unit = 1 / (half_width_ * half_width_);
  spread_.clear();
  double low = value, high = value;
  for (std::size_t k = 0; k < n; ++k) {
    scaled_squared_[k] = squared_[k] * unit;
    low = std::min(low, values_[k]), high = std::max(high, values_[k]);
    spread_.push_back(std::abs(values_[k] - value) / (0.1 + scaled_squared_[k]));
  }
  std::ranges::nth_element(spread_, spread_.begin() + static_cast<std::ptrdiff_t>(n / 2));
  double range = spread_[n / 2];
  if (!(range > 1e-15 * std::abs(value))) range = high - low;
  if (!(range > 0) || !std::isfinite(range)) return;
  offset_ = value, range_ = range;
  double precision = std::max(fit_.precision, fit_.adapt * noise);
  for (int attempt = 0; attempt < 5; ++attempt, precision *= 30) {
    for (std::size_t k = 0; k < n; ++k) {
      const double target = scaled(values_[k]), base = 0.3 + scaled_squared_[k];
      const double decay = fit_.decay == 3 ? base * std::sqrt(base) : std::pow(base, fit_.decay / 2);
      const double bias = precision * decay * std::max(1.0, target / excess);
      weights_[k] = 1 / (deviation > 0 ? std::hypot(bias, deviation / range) : bias);
      dual_[k] = weights_[k] * target;
    }
    kernels::gram_of_products(products_.data(), stride_, n, along_.data(), relative_.squaredNorm(), unit,
                              scaled_squared_.data(), weights_.data(), kernel_, cholesky_.data(), stride_);
    for (std::size_t k = 0; k < n; ++k) cholesky_[k * stride_ + n] = dual_[k];
    if (!kernels::cholesky(cholesky_.data(), stride_, n, n + 1)) continue;
    for (std::size_t k = 0; k < n; ++k) dual_[k] = cholesky_[k * stride_ + n];
    kernels::solve_lower_transposed(cholesky_.data(), stride_, n, dual_.data());
    sum_ = ball_ = 0;
    for (std::size_t k = 0; k < n; ++k) {
      dual_[k] *= weights_[k];
      sum_ += dual_[k], ball_ += dual_[k] * scaled_squared_[k];
    }
    std::fill(dual_.begin() + static_cast<std::ptrdiff_t>(n), dual_.end(), 0);
    c_ = sum_ * kernel_.constant;
    fit_centre_ = centre_, fit_relative_ = relative_, fit_half_width_ = half_width_, fitted_ = n;
    kernels::combine(points_.data(), stride_, n, d_, dual_.data(), gradient_.data());
    gradient_ = (kernel_.linear / half_width_) * (gradient_ - sum_ * relative_);
    valid_ = std::isfinite(c_) && gradient_.allFinite();
    return;
  }
}

// out = H v
void WideModel::times(const Vector& v, Vector& out) {
  const double shift = fit_relative_.dot(v);
  kernels::products(points_.data(), stride_, fitted_, d_, v.data(), work_.data());
  double sum = 0;
  for (std::size_t k = 0; k < fitted_; ++k) sum += work_[k] = dual_[k] * (work_[k] - shift);
  std::fill(work_.begin() + static_cast<std::ptrdiff_t>(fitted_), work_.end(), 0);
  kernels::combine(points_.data(), stride_, fitted_, d_, work_.data(), out.data());
  out = (2 * kernel_.square / (fit_half_width_ * fit_half_width_)) * (out - sum * fit_relative_) +
        (2 * kernel_.ball * ball_) * v;
}

double WideModel::operator()(const Vector& point) {
  z_ = (point - fit_centre_) / fit_half_width_;
  times(z_, product_);
  return c_ + gradient_.dot(z_) + 0.5 * z_.dot(product_);
}

void WideModel::slope(const Vector& point, Vector& out) {
  z_ = (point - fit_centre_) / fit_half_width_;
  times(z_, product_);
  out = gradient_ + product_;
}

// As TrustStep does, in the coordinates of the Krylov space's eigenvectors.
void WideModel::shorten(Eigen::Index size, double limit) {
  const auto& values = solver_.eigenvalues();
  const double floor = flat * values.head(size).cwiseAbs().maxCoeff() + 1e-12;
  double shift = 0;
  for (int k = 0; k < 50; ++k) {
    double squared = 0, slope = 0;
    for (Eigen::Index i = 0; i < size; ++i) {
      const double divisor = std::max(std::abs(values[i]), floor) + shift, part = basis_gradient_[i] / divisor;
      eigen_step_[i] = -part;
      squared += part * part, slope += part * part / divisor;
    }
    const double length = std::sqrt(squared);
    if (length <= limit * (1 + 1e-9) || !(slope > 0)) return;
    clipped_ = true;
    shift += (length / limit - 1) * squared / slope;
  }
}

// z_ += the step of `steep_` in the free coordinates.
void WideModel::krylov(double limit) {
  const double norm = steep_.norm();
  if (!(norm > 0)) return;
  Eigen::Index size = 0;
  const Eigen::Index most = basis_.cols();
  basis_.col(0) = steep_ / norm;
  for (;; ++size) {
    point_ = basis_.col(size);
    times(point_, product_);
    product_.array() *= free_.array();
    diagonal_[size] = product_.dot(point_);
    const auto before = basis_.leftCols(size + 1);
    auto overlaps = overlaps_.head(size + 1);
    for (int again = 0; again < 2; ++again) {
      overlaps.noalias() = before.transpose() * product_;
      product_.noalias() -= before * overlaps;
    }
    const double rest = product_.norm();
    beside_[size] = rest;
    if (size + 1 == most || !(rest > 1e-9 * std::abs(diagonal_.head(size + 1).cwiseAbs().maxCoeff()))) break;
    basis_.col(size + 1) = product_ / rest;
  }
  ++size;
  solver_.computeFromTridiagonal(diagonal_.head(size), beside_.head(size - 1));
  basis_gradient_.head(size) = norm * solver_.eigenvectors().row(0).transpose();
  shorten(size, limit);
  auto along = overlaps_.head(size);
  along.noalias() = solver_.eigenvectors() * eigen_step_.head(size);
  z_.noalias() += basis_.leftCols(size) * along;
}

void WideModel::find_step(double limit) {
  const Region& region = probe_.region();
  clipped_ = false;
  base_.setZero(), free_.setOnes();
  for (int pass = 0; pass < passes; ++pass) {
    steep_ = gradient_;
    if (pass > 0) times(base_, product_), steep_ += product_;
    steep_.array() *= free_.array();
    z_ = base_;
    const double left = limit * limit - base_.squaredNorm();
    krylov(std::sqrt(std::max(0.01 * limit * limit, left)));
    point_ = fit_centre_ + fit_half_width_ * z_;
    bool crossed = false;
    for (Eigen::Index i = 0; i < point_.size(); ++i) {
      if (free_[i] == 0 || (point_[i] >= region.low[i] - 1e-12 && point_[i] <= region.high[i] + 1e-12)) continue;
      free_[i] = 0, crossed = true;
      base_[i] = ((point_[i] < region.low[i] ? region.low[i] : region.high[i]) - fit_centre_[i]) / fit_half_width_;
    }
    if (!crossed) break;
  }
  region.project(point_);
  const double there = (*this)(point_);
  length_ = z_.norm();
  predicted_ = c_ - there;
}

}  // namespace rover::search
