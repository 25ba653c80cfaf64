#include "agents/search/ridge_fit.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rover::search {
namespace {

// Ridges on the constant, the gradient and the ball's curvature.
constexpr double of_constant = 1e-2, of_gradient = 1e-2, of_ball = 1e-2;
constexpr std::size_t batch = 16;  // rows that are added to the normal equations at a time
constexpr double excess = 30;      // values so many ranges above the centre weigh less

}  // namespace

std::size_t fit_samples(std::size_t dimension, const FitOptions& options) {
  const std::size_t coefficients = 1 + dimension + dimension * (dimension + 1) / 2;
  return static_cast<std::size_t>(options.samples * static_cast<double>(coefficients)) + dimension + 3;
}

RidgeFit::RidgeFit(std::size_t dimension, const FitOptions& options) : options_(options), d_(dimension) {
  coefficients_ = 1 + dimension + dimension * (dimension + 1) / 2;
  set_prior(options.prior);
  most_ = fit_samples(dimension, options) + d_ + 1;
  dual_room_ = std::min(most_, 2 * (coefficients_ + 1) + d_ + 1), stride_ = dual_room_ + 1 + kernels::padding;
  z_.resize(d_ * stride_), cholesky_.resize((dual_room_ + 1) * stride_);
  if (dual_room_ < most_) {
    rows_ = coefficients_ + 1, system_stride_ = rows_ + 1 + kernels::padding;
    row_.resize(batch * system_stride_), solution_.resize(system_stride_);
    system_.resize((rows_ + 1) * system_stride_), factor_.resize(system_.size());
  }
  for (auto* part : {&squared_, &weights_, &forward_, &dual_}) part->resize(stride_);
}

// Σ φ(a) φ(b) / ridge over the features 1, z, |z|²/2, zᵢ²/2, zᵢzⱼ, with ridges 1/prior² on zᵢ²/2 and 2/prior² on zᵢzⱼ.
void RidgeFit::set_prior(double prior) {
  kernel_ = {1 / of_constant, 1 / of_gradient, 0.25 / of_ball, prior * prior / 4};
}

double RidgeFit::weight(double squared, double target) const {
  const double base = 0.3 + squared,
               decay = options_.decay == 3 ? base * std::sqrt(base) : std::pow(base, options_.decay / 2);
  const double bias = precision_ * decay * std::max(1.0, target / excess);
  return 1 / (deviation_ > 0 ? std::hypot(bias, deviation_) : bias);
}

void RidgeFit::operator()(const Neighbours& near, double value, double noise, Model& model, double deviation) {
  const std::size_t n = near.count();
  model.valid = false, model.samples = n, count_ = 0;
  if (n < 3) return;
  // The range: how far a typical sample differs from the centre, brought to |z| = 1.
  spread_.clear();
  double low = value, high = value;
  for (std::size_t k = 0; k < n; ++k) {
    const double f = near.value(k);
    low = std::min(low, f), high = std::max(high, f);
    spread_.push_back(std::abs(f - value) / (0.1 + near.squared_distance(k)));
  }
  std::ranges::nth_element(spread_, spread_.begin() + static_cast<std::ptrdiff_t>(n / 2));
  double range = spread_[n / 2];
  if (!(range > 1e-15 * std::abs(value))) range = high - low;
  if (!(range > 0) || !std::isfinite(range)) return;
  model.offset = value, model.range = range;
  deviation_ = deviation / range;

  // (I + W K W) β = W y by Cholesky's L, with (W y)ᵀ as the last row.
  precision_ = std::max(options_.precision, options_.adapt * noise);
  by_coefficients_ = n > 2 * (coefficients_ + 1);
  if (by_coefficients_) {
    std::ranges::fill(system_, 0);
    for (std::size_t k = 0; k < n; ++k)
      add_row(near.coordinates() + k, near.stride(), near.squared_distance(k), model.scaled(near.value(k)));
    count_ = n;
    solve_coefficients(model);
    return;
  }
  for (std::size_t i = 0; i < d_; ++i) std::copy_n(near.coordinates() + i * near.stride(), n, z_.data() + i * stride_);
  for (std::size_t k = 0; k < n; ++k) squared_[k] = near.squared_distance(k);
  constexpr double coarser = 30;  // where rounding leaves no factor, samples are taken to be less precise
  for (int attempt = 0; attempt < 5; ++attempt, precision_ *= coarser) {
    for (std::size_t k = 0; k < n; ++k) {
      const double target = model.scaled(near.value(k));
      weights_[k] = weight(squared_[k], target);
      forward_[k] = weights_[k] * target;
    }
    kernels::gram(z_.data(), stride_, n, d_, squared_.data(), weights_.data(), kernel_, cholesky_.data(), stride_);
    for (std::size_t k = 0; k < n; ++k) cholesky_[k * stride_ + n] = forward_[k];
    if (!kernels::cholesky(cholesky_.data(), stride_, n, n + 1)) continue;
    for (std::size_t k = 0; k < n; ++k) forward_[k] = cholesky_[k * stride_ + n];
    count_ = n;
    solve(model);
    return;
  }
}

void RidgeFit::add(const Eigen::Ref<const Vector>& z, double value, Model& model) {
  if (!model.valid) return;
  const std::size_t n = count_;
  const double target = model.scaled(value), squared = z.squaredNorm(), own = weight(squared, target);
  if (by_coefficients_) {
    add_row(z.data(), 1, squared, target);
    ++count_, ++model.samples;
    return solve_coefficients(model);
  }
  for (std::size_t i = 0; i < d_; ++i) z_[i * stride_ + n] = z[static_cast<Eigen::Index>(i)];
  squared_[n] = squared, weights_[n] = own;
  std::fill_n(dual_.begin(), n, 0);
  for (std::size_t i = 0; i < d_; ++i)
    for (std::size_t k = 0; k < n; ++k) dual_[k] += z_[i * stride_ + n] * z_[i * stride_ + k];
  for (std::size_t k = 0; k < n; ++k)
    dual_[k] = own * weights_[k] *
               (kernel_.constant + kernel_.ball * squared * squared_[k] +
                dual_[k] * (kernel_.linear + kernel_.square * dual_[k]));
  kernels::solve_lower(cholesky_.data(), stride_, n, dual_.data());
  double rest = 1 + own * own *
                        (kernel_.constant + kernel_.ball * squared * squared +
                         squared * (kernel_.linear + kernel_.square * squared)),
         last = own * target;
  for (std::size_t k = 0; k < n; ++k) {
    cholesky_[k * stride_ + n] = dual_[k];
    rest -= dual_[k] * dual_[k], last -= dual_[k] * forward_[k];
  }
  const double root = std::sqrt(std::max(rest, 1.0));  // what the other samples leave open, and its own error
  cholesky_[n * stride_ + n] = root;
  forward_[n] = last / root;
  ++count_, ++model.samples;
  solve(model);
}

// The features √constant, √linear z, √ball |z|², √square zᵢ², √(2 square) zᵢzⱼ and the target, weighted.
void RidgeFit::add_row(const double* z, std::size_t z_stride, double squared, double target) {
  const double own = weight(squared, target), linear = own * std::sqrt(kernel_.linear),
               square = own * std::sqrt(kernel_.square), pair = std::numbers::sqrt2 * square;
  double* row = row_.data() + pending_ * system_stride_;
  *row++ = own * std::sqrt(kernel_.constant);
  *row++ = own * std::sqrt(kernel_.ball) * squared;
  for (std::size_t i = 0; i < d_; ++i) *row++ = linear * z[i * z_stride];
  for (std::size_t i = 0; i < d_; ++i) *row++ = square * z[i * z_stride] * z[i * z_stride];
  for (std::size_t i = 0; i < d_; ++i)
    for (std::size_t j = 0; j < i; ++j) *row++ = pair * z[i * z_stride] * z[j * z_stride];
  *row = own * target;
  if (++pending_ == batch) add_pending();
}

void RidgeFit::add_pending() {
  kernels::add_squares(row_.data(), system_stride_, rows_ + 1, pending_, system_.data(), system_stride_);
  pending_ = 0;
}

void RidgeFit::solve_coefficients(Model& model) {
  add_pending();
  std::ranges::copy(system_, factor_.begin());
  for (std::size_t k = 0; k < rows_; ++k) factor_[k * system_stride_ + k] += 1;
  model.valid = kernels::cholesky(factor_.data(), system_stride_, rows_, rows_ + 1);
  if (!model.valid) return;
  for (std::size_t k = 0; k < rows_; ++k) solution_[k] = factor_[k * system_stride_ + rows_];
  kernels::solve_lower_transposed(factor_.data(), system_stride_, rows_, solution_.data());
  const double* next = solution_.data();
  const auto d = static_cast<Eigen::Index>(d_);
  model.gradient.resize(d), model.hessian.resize(d, d);
  model.c = std::sqrt(kernel_.constant) * *next++;
  const double ball = 2 * std::sqrt(kernel_.ball) * *next++, square = std::sqrt(kernel_.square);
  for (double& g : model.gradient) g = std::sqrt(kernel_.linear) * *next++;
  for (Eigen::Index i = 0; i < d; ++i) model.hessian(i, i) = 2 * square * *next++ + ball;
  for (Eigen::Index i = 0; i < d; ++i)
    for (Eigen::Index j = 0; j < i; ++j)
      model.hessian(i, j) = model.hessian(j, i) = std::numbers::sqrt2 * square * *next++;
  model.valid = std::isfinite(model.c) && model.gradient.allFinite() && model.hessian.allFinite();
}

void RidgeFit::solve(Model& model) {
  const std::size_t n = count_;
  std::copy_n(forward_.begin(), n, dual_.begin());
  kernels::solve_lower_transposed(cholesky_.data(), stride_, n, dual_.data());
  double sum = 0, ball = 0;
  for (std::size_t k = 0; k < n; ++k) {
    dual_[k] *= weights_[k];
    sum += dual_[k], ball += dual_[k] * squared_[k];
  }
  const auto d = static_cast<Eigen::Index>(d_);
  model.gradient.resize(d), model.hessian.resize(d, d);
  kernels::weighted_moments(z_.data(), stride_, n, d_, dual_.data(), model.gradient.data(), model.hessian.data());
  model.c = sum * kernel_.constant;
  model.gradient *= kernel_.linear;
  model.hessian *= 2 * kernel_.square;
  model.hessian.diagonal().array() += 2 * kernel_.ball * ball;
  model.valid = std::isfinite(model.c) && model.gradient.allFinite() && model.hessian.allFinite();
}

}  // namespace rover::search
