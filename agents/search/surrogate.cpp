#include "agents/search/surrogate.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "agents/search/kernels.h"

namespace rover::search {
namespace {

constexpr std::size_t batch = 64;           // samples whose features are held at a time
constexpr std::size_t lag = 16;             // a fit from scratch after a share of 1/16 new samples
constexpr double first_weight = 20;         // of the best sample; the worst weighs 1
constexpr std::size_t most_compared = 300;  // rank correlation

}  // namespace

Surrogate::Surrogate(std::size_t dimension, std::size_t population)
    : d_(dimension), room_(std::max(population, 2 * terms(Order::full))), stride_(room_ + kernels::padding) {
  points_.resize(d_ * stride_), values_.resize(room_), rank_.resize(room_);
  ranked_.reserve(room_ + 1);
  const std::size_t rows = terms(Order::full) + 1;
  system_stride_ = rows + kernels::padding;
  white_.resize(d_ * (batch + kernels::padding));
  rows_.resize(batch * system_stride_);
  system_.resize(rows * system_stride_), factor_.resize(rows * system_stride_), solution_.resize(system_stride_);
  guesses_.resize(most_compared + kernels::padding), known_.resize(most_compared);
  const auto d = static_cast<Eigen::Index>(d_);
  gradient_.resize(d), hessian_.resize(d, d);
}

std::size_t Surrogate::terms(Order order) const {
  return order == Order::linear ? d_ + 1 : order == Order::diagonal ? 2 * d_ + 1 : 1 + d_ + d_ * (d_ + 1) / 2;
}

void Surrogate::add(Reals point, double value) {
  const auto place = static_cast<std::uint32_t>(added_++ % room_);
  if (ranked_.size() == room_)
    ranked_.erase(std::ranges::find(ranked_, place, &std::pair<double, std::uint32_t>::second));
  for (std::size_t i = 0; i < d_; ++i) points_[i * stride_ + place] = point[i];
  values_[place] = value;
  const auto at = std::ranges::upper_bound(ranked_, value, {}, &std::pair<double, std::uint32_t>::first);
  rank_[place] = static_cast<std::uint32_t>(at - ranked_.begin());
  ranked_.insert(at, {value, place});
}

// Adds the weighted features of samples in consecutive places of the ring to the normal equations, whose last row is
// the targets'.
void Surrogate::add_rows(std::size_t first, std::size_t count) {
  const std::size_t all = terms(order_), white_stride = batch + kernels::padding;
  const double steps = std::max(1.0, static_cast<double>(ranked_.size()) - 1);
  kernels::transform(points_.data() + first, stride_, count, d_, mean_.data(), whitening_.data(), white_.data(),
                     white_stride);
  for (std::size_t k = 0; k < count; ++k) {
    const double weight = first_weight - (first_weight - 1) * rank_[first + k] / steps;
    const double* const w = white_.data() + k;
    double* row = rows_.data() + k * system_stride_;
    *row++ = weight;
    for (std::size_t i = 0; i < d_; ++i) *row++ = weight * w[i * white_stride];
    if (order_ != Order::linear)
      for (std::size_t i = 0; i < d_; ++i) *row++ = weight * w[i * white_stride] * w[i * white_stride];
    if (order_ == Order::full)
      for (std::size_t i = 0; i < d_; ++i) {
        const double left = weight * w[i * white_stride];
        for (std::size_t j = 0; j < i; ++j) *row++ = left * w[j * white_stride];
      }
    *row = weight * (values_[first + k] - offset_) / range_;
  }
  kernels::add_squares(rows_.data(), system_stride_, all + 1, count, system_.data(), system_stride_);
}

void Surrogate::fit_anew(const Distribution& distribution) {
  const std::size_t n = ranked_.size();
  order_ = Order::linear;
  for (const Order order : {Order::diagonal, Order::full})
    if (static_cast<double>(n) >= 1.1 * static_cast<double>(terms(order))) order_ = order;
  mean_ = distribution.mean(), whitening_ = distribution.whitening(), colouring_ = distribution.colouring();
  deviation_ = distribution.deviation();
  const double low = ranked_.front().first, middle = ranked_[n / 2].first;
  offset_ = low, range_ = middle > low ? middle - low : 1;
  for (std::size_t r = 0; r < n; ++r) rank_[ranked_[r].second] = static_cast<std::uint32_t>(r);
  std::ranges::fill(system_, 0);
  for (std::size_t first = 0; first < n; first += batch) add_rows(first, std::min(batch, n - first));
  fitted_anew_ = added_;
}

void Surrogate::fit(const Distribution& distribution) {
  const std::size_t n = ranked_.size();
  if (n < d_ + 2) {
    valid_ = false;
    return;
  }
  const bool moved = distribution.deviation() < 0.25 * deviation_ || distribution.deviation() > 4 * deviation_;
  if (valid_ && !moved && fitted_ == added_) return;
  const bool few = added_ - fitted_anew_ < std::max<std::uint64_t>(1, n / lag);
  if (valid_ && !moved && few && order_ == Order::full)
    for (; fitted_ < added_; ++fitted_) add_rows(fitted_ % room_, 1);
  else fit_anew(distribution);
  fitted_ = added_;
  solve();
}

void Surrogate::solve() {
  const std::size_t all = terms(order_), stride = system_stride_;
  std::copy_n(system_.begin(), all * stride, factor_.begin());
  double mean = 0;
  for (std::size_t k = 0; k < all; ++k) mean += system_[k * stride + k] / static_cast<double>(all);
  for (std::size_t k = 0; k < all; ++k) factor_[k * stride + k] += 1e-10 * mean + 1e-9 * system_[k * stride + k];
  valid_ = kernels::cholesky(factor_.data(), stride, all, all + 1);
  if (!valid_) return;
  for (std::size_t k = 0; k < all; ++k) solution_[k] = factor_[k * stride + all];
  kernels::solve_lower_transposed(factor_.data(), stride, all, solution_.data());
  const double* next = solution_.data();
  const auto d = static_cast<Eigen::Index>(d_);
  constant_ = *next++;
  for (double& g : gradient_) g = *next++;
  hessian_.setZero();
  if (order_ != Order::linear)
    for (Eigen::Index i = 0; i < d; ++i) hessian_(i, i) = 2 * *next++;
  if (order_ == Order::full)
    for (Eigen::Index i = 0; i < d; ++i)
      for (Eigen::Index j = 0; j < i; ++j) hessian_(i, j) = hessian_(j, i) = *next++;
  valid_ = std::isfinite(constant_) && gradient_.allFinite() && hessian_.allFinite();
}

void Surrogate::predict(const double* points, std::size_t stride, std::size_t count, double* values) const {
  kernels::quadratic_values(points, stride, count, d_, mean_.data(), whitening_.data(), constant_, gradient_.data(),
                            hessian_.data(), values);
  for (std::size_t k = 0; k < count; ++k) values[k] = offset_ + range_ * values[k];
}

bool Surrogate::minimum(Vector& point) const {
  if (!valid_ || order_ == Order::linear) return false;
  const Eigen::LDLT<Matrix> factor(hessian_);
  const auto pivots = factor.vectorD();
  if (factor.info() != Eigen::Success || !(pivots.minCoeff() > 1e-9 * pivots.maxCoeff())) return false;
  const Vector white = -factor.solve(gradient_);
  if (!white.allFinite()) return false;
  point = mean_ + colouring_ * white;
  return true;
}

double Surrogate::agreement(std::size_t count) {
  count = std::min({count, ranked_.size(), most_compared});
  if (count < 2) return 1;
  const std::size_t end = added_ % room_ == 0 ? room_ : added_ % room_, newest = std::min(count, end);
  std::size_t at = 0;
  const auto compare = [&](std::size_t first, std::size_t some) {
    predict(points_.data() + first, stride_, some, guesses_.data() + at);
    std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(first), some,
                known_.begin() + static_cast<std::ptrdiff_t>(at));
    at += some;
  };
  if (count > newest) compare(room_ - (count - newest), count - newest);
  compare(end - newest, newest);
  const auto sign = [](double a, double b) { return (a > b) - (a < b); };
  int sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < i; ++j) sum += sign(known_[i], known_[j]) * sign(guesses_[i], guesses_[j]);
  return sum / (static_cast<double>(count) * static_cast<double>(count - 1) / 2);
}

}  // namespace rover::search
