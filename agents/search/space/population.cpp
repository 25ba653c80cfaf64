#include "agents/search/space/population.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <numeric>

namespace rover::space {

// ---- Distribution

Distribution::Distribution(std::size_t dimension, std::size_t population)
    : d_(static_cast<Eigen::Index>(dimension)), population_(population), solver_(d_) {
  const auto d = static_cast<double>(dimension), lambda = static_cast<double>(population);
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
  step_.resize(d_), white_.resize(d_);
}

void Distribution::begin(const Vector& mean, double sigma) {
  mean_ = mean, sigma_ = sigma;
  sigma_path_ = covariance_path_ = Vector::Zero(d_);
  covariance_ = axes_ = Matrix::Identity(d_, d_);
  deviations_ = Vector::Ones(d_);
  generation_ = decomposed_ = 0;
}

void Distribution::sample(RandomStream& stream, Vector& point) {
  for (int tries = 0; tries < 20; ++tries) {
    for (double& x : white_) x = stream.normal();
    colour(white_, point);
    if (point.minCoeff() >= 0 && point.maxCoeff() <= 1) return;
  }
  point = point.cwiseMax(0.0).cwiseMin(1.0);
}

void Distribution::whiten(const Vector& point, Vector& out) const {
  out.noalias() = axes_.transpose() * (point - mean_);
  out.array() /= sigma_ * deviations_.array();
}

void Distribution::colour(const Vector& white, Vector& out) const {
  out.noalias() = axes_ * deviations_.cwiseProduct(white);
  out = mean_ + sigma_ * out;
}

void Distribution::tell(const Matrix& points) {
  const auto all = static_cast<Eigen::Index>(population_), parents = all / 2;
  const Matrix steps = (points.colwise() - mean_) / sigma_;
  step_.noalias() = steps.leftCols(parents) * weights_.head(parents);
  mean_ += sigma_ * step_;
  ++generation_;
  white_.noalias() = axes_.transpose() * step_;
  white_.array() /= deviations_.array();
  sigma_path_ = (1 - c_sigma_) * sigma_path_ + std::sqrt(c_sigma_ * (2 - c_sigma_) * effective_) * (axes_ * white_);
  const double length = sigma_path_.norm(),
               settled = 1 - std::pow(1 - c_sigma_, 2.0 * static_cast<double>(generation_));
  const bool moving = length / std::sqrt(settled) < (1.4 + 2 / (static_cast<double>(d_) + 1)) * expected_;
  covariance_path_ *= 1 - c_path_;
  if (moving) covariance_path_ += std::sqrt(c_path_ * (2 - c_path_) * effective_) * step_;
  covariance_ *= 1 - c_one_ - c_mu_ * weights_.sum() + (moving ? 0 : c_one_ * c_path_ * (2 - c_path_));
  covariance_ += c_one_ * covariance_path_ * covariance_path_.transpose();
  for (Eigen::Index i = 0; i < all; ++i) {
    double weight = weights_[i];
    if (weight < 0) {
      white_.noalias() = axes_.transpose() * steps.col(i);
      weight *= static_cast<double>(d_) / ((white_.array() / deviations_.array()).matrix().squaredNorm() + 1e-30);
    }
    if (weight != 0) covariance_ += c_mu_ * weight * steps.col(i) * steps.col(i).transpose();
  }
  sigma_ *= std::exp(std::min(1.0, c_sigma_ / damping_ * (length / expected_ - 1)));
  sigma_ = std::min(sigma_, 2.0);
  decompose();
}

void Distribution::decompose() {
  if (static_cast<double>(generation_ - decomposed_) < 1 / ((c_one_ + c_mu_) * static_cast<double>(d_) * 10)) return;
  decomposed_ = generation_;
  solver_.compute(covariance_);
  deviations_ = solver_.eigenvalues().cwiseMax(1e-30).cwiseSqrt();
  axes_ = solver_.eigenvectors();
}

double Distribution::deviation() const { return sigma_ * std::sqrt(covariance_.diagonal().maxCoeff()); }
double Distribution::condition() const { return deviations_.maxCoeff() / deviations_.minCoeff(); }

// ---- Surrogate

Surrogate::Surrogate(std::size_t dimension) : d_(static_cast<Eigen::Index>(dimension)) { white_.resize(d_); }

Eigen::Index Surrogate::terms(Order order) const {
  return order == Order::linear ? d_ + 1 : order == Order::diagonal ? 2 * d_ + 1 : 1 + d_ + d_ * (d_ + 1) / 2;
}

void Surrogate::features(const Vector& white, Vector& out) const {
  out.resize(terms(order_));
  out[0] = 1;
  out.segment(1, d_) = white;
  Eigen::Index k = d_ + 1;
  if (order_ != Order::linear)
    for (Eigen::Index i = 0; i < d_; ++i) out[k++] = white[i] * white[i];
  if (order_ == Order::full)
    for (Eigen::Index i = 0; i < d_; ++i)
      for (Eigen::Index j = 0; j < i; ++j) out[k++] = white[i] * white[j];
}

void Surrogate::add(const Vector& point, double value, std::size_t population) {
  samples_.push_back({point, value});
  const auto most = std::max<std::size_t>(population, 2 * static_cast<std::size_t>(terms(Order::full)));
  while (samples_.size() > most) samples_.pop_front();
}

void Surrogate::fit(const Distribution& distribution) {
  valid_ = bowl_ = false;
  const auto n = static_cast<Eigen::Index>(samples_.size());
  if (n < d_ + 2) return;
  order_ = Order::linear;
  for (const Order order : {Order::diagonal, Order::full})
    if (static_cast<double>(n) >= 1.1 * static_cast<double>(terms(order))) order_ = order;
  const Eigen::Index count = terms(order_);
  std::vector<std::size_t> ranked(samples_.size());
  std::iota(ranked.begin(), ranked.end(), std::size_t{0});
  std::ranges::stable_sort(ranked, {}, [&](std::size_t k) { return samples_[k].value; });
  const double low = samples_[ranked.front()].value, middle = samples_[ranked[ranked.size() / 2]].value;
  offset_ = low, range_ = middle > low ? middle - low : 1;
  Matrix rows(count, n);
  Vector targets(n);
  for (Eigen::Index r = 0; r < n; ++r) {  // weights fall linearly over the ranks, 20 to 1
    const Sample& sample = samples_[ranked[static_cast<std::size_t>(r)]];
    const double weight = 20 - 19 * static_cast<double>(r) / std::max(1.0, static_cast<double>(n - 1));
    distribution.whiten(sample.point, white_);
    features(white_, row_);
    rows.col(r) = weight * row_;
    targets[r] = weight * (sample.value - low) / range_;
  }
  Matrix system = Matrix::Zero(count, count);
  system.selfadjointView<Eigen::Lower>().rankUpdate(rows);
  const double mean = system.diagonal().mean();
  system.diagonal().array() += 1e-10 * mean + 1e-9 * system.diagonal().array();
  const Eigen::LLT<Eigen::Ref<Matrix>> cholesky(system);
  if (cholesky.info() != Eigen::Success) return;
  coefficients_ = cholesky.solve(rows * targets);
  if (!coefficients_.allFinite()) return;
  valid_ = true;
  if (order_ == Order::linear) return;
  Matrix hessian = Matrix::Zero(d_, d_);
  Eigen::Index k = d_ + 1;
  for (Eigen::Index i = 0; i < d_; ++i) hessian(i, i) = 2 * coefficients_[k++];
  if (order_ == Order::full)
    for (Eigen::Index i = 0; i < d_; ++i)
      for (Eigen::Index j = 0; j < i; ++j) hessian(i, j) = hessian(j, i) = coefficients_[k++];
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(hessian);
  const auto& values = solver.eigenvalues();
  if (!(values[0] > 1e-9 * std::abs(values[d_ - 1]))) return;
  minimum_ = -(solver.eigenvectors() *
               (solver.eigenvectors().transpose() * coefficients_.segment(1, d_)).cwiseQuotient(values));
  bowl_ = minimum_.allFinite();
}

double Surrogate::operator()(const Vector& point, const Distribution& distribution) const {
  distribution.whiten(point, white_);
  features(white_, row_);
  return offset_ + range_ * coefficients_.dot(row_);
}

double Surrogate::agreement(std::size_t count, const Distribution& distribution) const {
  count = std::min(count, samples_.size());
  if (count < 2) return 1;
  std::vector<double> values, guesses;
  for (std::size_t k = 0; k < count; ++k) {
    const Sample& sample = samples_[samples_.size() - 1 - k];
    values.push_back(sample.value), guesses.push_back((*this)(sample.point, distribution));
  }
  const auto sign = [](double a, double b) { return (a > b) - (a < b); };
  int sum = 0;
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t j = 0; j < i; ++j) sum += sign(values[i], values[j]) * sign(guesses[i], guesses[j]);
  return sum / (static_cast<double>(count) * static_cast<double>(count - 1) / 2);
}

// ---- PopulationSearch

namespace {

/// When a run is over: bests and a generation that agree to rounding, or bests that have not fallen for long.
class Stagnation {
 public:
  Stagnation(std::size_t d, std::size_t population)
      : short_(10 + 30 * d / population), long_(120 + 30 * d / population) {}
  bool operator()(double best, double worst) {
    bests_.push_back(best);
    const std::size_t count = bests_.size();
    if (count > short_) {
      const auto [low, high] = std::minmax_element(bests_.end() - static_cast<std::ptrdiff_t>(short_), bests_.end());
      const double same = 1e-13 * std::max(1e-3, std::abs(*low));
      if (*high - *low <= same && worst - best <= same) return true;
    }
    if (count <= 2 * long_ || count % 10 != 0) return false;
    const auto span = static_cast<std::ptrdiff_t>(std::max<std::size_t>(20, 3 * count / 20));
    return median(bests_.end() - span, bests_.end()) >= median(bests_.end() - 2 * span, bests_.end() - span);
  }

 private:
  static double median(std::vector<double>::iterator first, std::vector<double>::iterator last) {
    std::vector<double> values(first, last);
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
  }
  std::size_t short_, long_;
  std::vector<double> bests_;
};

}  // namespace

PopulationSearch::PopulationSearch(Probe& probe, RandomStream& stream, const PopulationOptions& options)
    : probe_(probe), stream_(stream), options_(options) {}

double PopulationSearch::operator()(const Vector& mean, std::size_t population) {
  const std::size_t d = probe_.dimension();
  Distribution distribution(d, population);
  distribution.begin(mean, options_.sigma);
  Surrogate surrogate(d);
  Stagnation stagnation(d, population);
  std::vector<Vector> points(population, Vector(static_cast<Eigen::Index>(d)));
  std::vector<double> values(population);
  std::vector<char> known(population);
  std::vector<std::size_t> order(population);
  Matrix sorted(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(population));
  Vector white;
  double lowest = std::numeric_limits<double>::infinity();
  const auto evaluate = [&](std::size_t k, bool last) {
    values[k] = probe_({points[k].data(), d}, last);
    lowest = std::min(lowest, values[k]);
    surrogate.add(points[k], values[k], population);
    known[k] = 1;
  };
  while (true) {
    for (Vector& point : points) distribution.sample(stream_, point);
    std::ranges::fill(known, 0);
    surrogate.fit(distribution);
    if (surrogate.valid() && surrogate.minimum()) {  // the model's minimum takes part, no farther out than samples are
      const auto dimension = static_cast<double>(d);
      const double farthest = std::sqrt(dimension) + 2 * dimension / (dimension + 2);
      white = *surrogate.minimum() * std::min(1.0, farthest / surrogate.minimum()->norm());
      distribution.colour(white, points[0]);
      points[0] = points[0].cwiseMax(0.0).cwiseMin(1.0);
    }
    std::size_t evaluated = 0;
    if (!surrogate.valid())
      for (; evaluated < population; ++evaluated) evaluate(evaluated, evaluated + 1 == population);
    double best_here = std::numeric_limits<double>::infinity();
    auto want = static_cast<std::size_t>(
        1 + std::max(0.02 * static_cast<double>(population), 4 - static_cast<double>(surrogate.size())));
    while (evaluated < population) {
      order.clear();
      for (std::size_t k = 0; k < population; ++k)
        if (!known[k]) values[k] = surrogate(points[k], distribution), order.push_back(k);
      std::ranges::stable_sort(order, {}, [&](std::size_t k) { return values[k]; });
      for (std::size_t q = 0; q < std::min(want, order.size()); ++q) {
        evaluate(order[q], q + 1 == std::min(want, order.size()));
        best_here = std::min(best_here, values[order[q]]);
        ++evaluated;
      }
      surrogate.fit(distribution);
      if (!surrogate.valid()) {
        want = population;
        continue;
      }
      if (evaluated >= population) break;
      const auto count = static_cast<std::size_t>(
          std::max(15.0, std::min(1.2 * static_cast<double>(evaluated), 0.75 * static_cast<double>(population))));
      if (surrogate.agreement(count, distribution) >= options_.agreement) {
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < population; ++k)
          least = std::min(least, values[k] = surrogate(points[k], distribution));
        for (double& value : values) value += best_here - least;
        break;
      }
      want = std::max<std::size_t>(1, (evaluated + 1) / 2);
    }
    order.resize(population);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t k) { return values[k]; });
    for (std::size_t k = 0; k < population; ++k) sorted.col(static_cast<Eigen::Index>(k)) = points[order[k]];
    distribution.tell(sorted);
    if (stagnation(values[order.front()], values[order.back()])) return lowest;
    if (!(distribution.deviation() >= 1e-11) || !(distribution.condition() <= 1e7)) return lowest;
  }
}

}  // namespace rover::space
