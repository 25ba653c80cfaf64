#include "agents/search/ridge_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace rover::search {
namespace {

// Ridges on the constant, the gradient and the ball's curvature.
constexpr double of_constant = 1e-2, of_gradient = 1e-2, of_ball = 1e-2;
constexpr std::size_t batch = 16;       // rows that are added to the normal equations at a time
constexpr double excess = 30;           // values so many ranges above the centre weigh less
constexpr double coarser = 30;          // where rounding leaves no factor, samples are taken to be less precise
constexpr double fineness = 10;         // of one step towards more precise samples
constexpr std::size_t most_asked = 12;  // dimensions; in 20 the likelihood gains nothing, and costs a factor a fit
constexpr double usual = 3;             // deviation of ln(precision) before the samples are seen

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
  z_.resize(d_ * stride_);
  for (System* system : {&system_, &finer_}) {
    system->cholesky.resize((dual_room_ + 1) * stride_);
    system->weights.resize(stride_), system->forward.resize(stride_);
  }
  if (dual_room_ < most_) {
    rows_ = coefficients_ + 1, system_stride_ = rows_ + 1 + kernels::padding;
    row_.resize(batch * system_stride_), solution_.resize(system_stride_);
    normal_.resize((rows_ + 1) * system_stride_), factor_.resize(normal_.size());
  }
  for (auto* part : {&squared_, &targets_, &dual_}) part->resize(stride_);
}

// Σ φ(a) φ(b) / ridge over the features 1, z, |z|²/2, zᵢ²/2, zᵢzⱼ, with ridges 1/prior² on zᵢ²/2 and 2/prior² on zᵢzⱼ.
void RidgeFit::set_prior(double prior) {
  kernel_ = {1 / of_constant, 1 / of_gradient, 0.25 / of_ball, prior * prior / 4};
}

double RidgeFit::weight(double squared, double target, double precision) const {
  const double base = 0.3 + squared,
               decay = options_.decay == 3 ? base * std::sqrt(base) : std::pow(base, options_.decay / 2);
  const double bias = precision * decay * std::max(1.0, target / excess);
  return 1 / (deviation_ > 0 ? std::hypot(bias, deviation_) : bias);
}

// By Cholesky's L, with (W y)ᵀ as the last row. False where rounding leaves no factor.
bool RidgeFit::factor(System& system, std::size_t n) const {
  for (std::size_t k = 0; k < n; ++k) {
    system.weights[k] = weight(squared_[k], targets_[k], system.precision);
    system.forward[k] = system.weights[k] * targets_[k];
  }
  double* matrix = system.cholesky.data();
  kernels::gram(z_.data(), stride_, n, d_, squared_.data(), system.weights.data(), kernel_, matrix, stride_);
  for (std::size_t k = 0; k < n; ++k) matrix[k * stride_ + n] = system.forward[k];
  if (!kernels::cholesky(matrix, stride_, n, n + 1)) return false;
  for (std::size_t k = 0; k < n; ++k) system.forward[k] = matrix[k * stride_ + n];
  return true;
}

// ln p(y) for y ~ N(0, σ²(K + W⁻²)), σ the likeliest, up to a constant.
double RidgeFit::log_likelihood(const System& system, std::size_t n) const {
  double squares = std::numeric_limits<double>::min(), half_determinant = 0;
  for (std::size_t k = 0; k < n; ++k) {
    squares += system.forward[k] * system.forward[k];
    half_determinant += std::log(system.cholesky[k * stride_ + k] / system.weights[k]);
  }
  return -0.5 * static_cast<double>(n) * std::log(squares) - half_determinant;
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

  system_.precision = std::max(options_.precision, options_.adapt * noise);
  by_coefficients_ = n > 2 * (coefficients_ + 1);
  if (by_coefficients_) {
    std::ranges::fill(normal_, 0);
    for (std::size_t k = 0; k < n; ++k)
      add_row(near.coordinates() + k, near.stride(), near.squared_distance(k), model.scaled(near.value(k)));
    count_ = n;
    solve_coefficients(model);
    return;
  }
  for (std::size_t i = 0; i < d_; ++i) std::copy_n(near.coordinates() + i * near.stride(), n, z_.data() + i * stride_);
  for (std::size_t k = 0; k < n; ++k) squared_[k] = near.squared_distance(k), targets_[k] = model.scaled(near.value(k));
  // With fewer samples than coefficients their likelihood speaks of the prior.
  const bool ask = deviation_ == 0 && d_ <= most_asked && n >= coefficients_;
  if (!ask) finer_by_ = 1;
  const double usual_precision = system_.precision;
  system_.precision /= finer_by_;
  bool found = factor(system_, n);
  for (int k = 0; k < 4 && !found; ++k) {
    system_.precision *= coarser;
    found = factor(system_, n);
  }
  if (!found) return;
  // One step finer or coarser, by turns, if that makes the samples likelier.
  up_ = !up_;
  const double other = up_ ? finer_by_ * fineness : finer_by_ / fineness;
  if (ask && other >= 1 && other <= options_.finest) {
    finer_.precision = usual_precision / other;
    const auto likely = [&](const System& system, double finer) {
      const double unlikely = std::log(finer) / usual;
      return log_likelihood(system, n) - 0.5 * unlikely * unlikely;
    };
    if (factor(finer_, n) && likely(finer_, other) > likely(system_, finer_by_)) {
      std::swap(system_, finer_);
      finer_by_ = other;
    }
  }
  count_ = n;
  solve(model);
}

void RidgeFit::add(const Eigen::Ref<const Vector>& z, double value, Model& model) {
  if (!model.valid) return;
  const std::size_t n = count_;
  const double target = model.scaled(value), squared = z.squaredNorm(),
               own = weight(squared, target, system_.precision);
  if (by_coefficients_) {
    add_row(z.data(), 1, squared, target);
    ++count_, ++model.samples;
    return solve_coefficients(model);
  }
  for (std::size_t i = 0; i < d_; ++i) z_[i * stride_ + n] = z[static_cast<Eigen::Index>(i)];
  squared_[n] = squared, system_.weights[n] = own;
  std::fill_n(dual_.begin(), n, 0);
  for (std::size_t i = 0; i < d_; ++i)
    for (std::size_t k = 0; k < n; ++k) dual_[k] += z_[i * stride_ + n] * z_[i * stride_ + k];
  for (std::size_t k = 0; k < n; ++k)
    dual_[k] = own * system_.weights[k] *
               (kernel_.constant + kernel_.ball * squared * squared_[k] +
                dual_[k] * (kernel_.linear + kernel_.square * dual_[k]));
  kernels::solve_lower(system_.cholesky.data(), stride_, n, dual_.data());
  double rest = 1 + own * own *
                        (kernel_.constant + kernel_.ball * squared * squared +
                         squared * (kernel_.linear + kernel_.square * squared)),
         last = own * target;
  for (std::size_t k = 0; k < n; ++k) {
    system_.cholesky[k * stride_ + n] = dual_[k];
    rest -= dual_[k] * dual_[k], last -= dual_[k] * system_.forward[k];
  }
  const double root = std::sqrt(std::max(rest, 1.0));  // what the other samples leave open, and its own error
  system_.cholesky[n * stride_ + n] = root;
  system_.forward[n] = last / root;
  ++count_, ++model.samples;
  solve(model);
}

// The features √constant, √linear z, √ball |z|², √square zᵢ², √(2 square) zᵢzⱼ and the target, weighted.
void RidgeFit::add_row(const double* z, std::size_t z_stride, double squared, double target) {
  const double own = weight(squared, target, system_.precision), linear = own * std::sqrt(kernel_.linear),
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
  kernels::add_squares(row_.data(), system_stride_, rows_ + 1, pending_, normal_.data(), system_stride_);
  pending_ = 0;
}

void RidgeFit::solve_coefficients(Model& model) {
  add_pending();
  std::ranges::copy(normal_, factor_.begin());
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
  std::copy_n(system_.forward.begin(), n, dual_.begin());
  kernels::solve_lower_transposed(system_.cholesky.data(), stride_, n, dual_.data());
  double sum = 0, ball = 0;
  for (std::size_t k = 0; k < n; ++k) {
    dual_[k] *= system_.weights[k];
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
