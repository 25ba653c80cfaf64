#include "agents/search/population.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "agents/search/kernels.h"
#include "agents/search/surrogate.h"

namespace rover::search {
namespace {

constexpr double among_noise = 4;  // deviations of noise between the quartiles of a generation that tells nothing more

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

struct PopulationSearch::Run {
  Run(Probe& probe, std::size_t population_, double noise_)
      : d(probe.dimension()),
        population(population_),
        stride(population + kernels::padding),
        noise(noise_),
        distribution(probe.region(), population),
        surrogate(d, population),
        stagnation(d, population),
        points(d * stride),
        values(stride),
        guesses(stride),
        point(d),
        told(population),
        asked(static_cast<Eigen::Index>(d), static_cast<Eigen::Index>(population)),
        known(population),
        order(population) {}
  std::size_t d, population, stride;
  double noise, lowest = std::numeric_limits<double>::infinity();
  Distribution distribution;
  Surrogate surrogate;
  Stagnation stagnation;
  std::vector<double> points, values, guesses, point, told;
  Matrix asked;
  std::vector<char> known;
  std::vector<std::size_t> order;
  Vector lowest_point, white;
};

PopulationSearch::PopulationSearch(Probe& probe, RandomStream& stream, const PopulationOptions& options)
    : probe_(probe), stream_(stream), options_(options) {}
PopulationSearch::~PopulationSearch() = default;

double PopulationSearch::lowest() const { return run_->lowest; }
const Vector& PopulationSearch::mean() const { return run_->distribution.mean(); }
double PopulationSearch::deviation() const { return run_->distribution.deviation(); }
double PopulationSearch::condition() const { return run_->distribution.condition(); }

void PopulationSearch::begin(const Vector& mean, std::size_t population, double sigma, double noise) {
  run_ = std::make_unique<Run>(probe_, population, noise);
  run_->distribution.begin(mean, sigma);
}

double PopulationSearch::operator()(const Vector& mean, std::size_t population, double noise) {
  begin(mean, population, options_.sigma, noise);
  while (generation()) {}
  return run_->lowest;
}

bool PopulationSearch::generation() {
  const std::size_t d = run_->d, population = run_->population, stride = run_->stride;
  Distribution& distribution = run_->distribution;
  Surrogate& surrogate = run_->surrogate;
  auto &points = run_->points, &values = run_->values, &guesses = run_->guesses, &point = run_->point,
       &told = run_->told;
  auto& asked = run_->asked;
  auto& known = run_->known;
  auto& order = run_->order;
  Vector &lowest_point = run_->lowest_point, &white = run_->white;
  double& lowest = run_->lowest;
  const auto put = [&](std::size_t k) {
    for (std::size_t i = 0; i < d; ++i) points[i * stride + k] = point[i];
  };
  // The first `count` in `order`.
  const auto evaluate = [&](std::size_t count) {
    for (std::size_t q = 0; q < count; ++q)
      for (std::size_t i = 0; i < d; ++i)
        asked(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(q)) = points[i * stride + order[q]];
    probe_(asked, count, told.data());
    for (std::size_t q = 0; q < count; ++q) {
      const std::size_t k = order[q];
      lowest = std::min(lowest, values[k] = told[q]);
      surrogate.add(column_of(asked, q), values[k]);
      known[k] = 1;
    }
  };
  const auto by = [](const std::vector<double>& of) {
    return [&of](std::size_t a, std::size_t b) { return of[a] != of[b] ? of[a] < of[b] : a < b; };
  };
  for (std::size_t k = 0; k < population; ++k) distribution.sample(stream_, point), put(k);
  std::ranges::fill(known, 0);
  surrogate.fit(distribution);
  if (surrogate.minimum(lowest_point)) {  // the model's minimum takes part, no farther out than samples are
    const auto dimension = static_cast<double>(d);
    const double farthest = std::sqrt(dimension) + 2 * dimension / (dimension + 2);
    white.noalias() = distribution.whitening() * (lowest_point - distribution.mean());
    if (const double length = white.norm(); length > farthest)
      lowest_point = distribution.mean() + (farthest / length) * (lowest_point - distribution.mean());
    probe_.region().project(lowest_point);
    for (std::size_t i = 0; i < d; ++i) point[i] = lowest_point[static_cast<Eigen::Index>(i)];
    put(0);
  }
  std::size_t evaluated = 0;
  if (!surrogate.valid()) {
    order.resize(population);
    std::iota(order.begin(), order.end(), std::size_t{0});
    evaluate(evaluated = population);
  }
  double best_here = std::numeric_limits<double>::infinity();
  auto want = static_cast<std::size_t>(
      1 + std::max(0.02 * static_cast<double>(population), 4 - static_cast<double>(surrogate.size())));
  while (evaluated < population) {
    surrogate.predict(points.data(), stride, population, guesses.data());
    order.clear();
    for (std::size_t k = 0; k < population; ++k)
      if (!known[k]) order.push_back(k);
    const std::size_t batch = probe_.batch(), next = std::min((want + batch - 1) / batch * batch, order.size());
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(next), order.end(), by(guesses));
    evaluate(next);
    for (std::size_t q = 0; q < next; ++q) best_here = std::min(best_here, values[order[q]]);
    evaluated += next;
    surrogate.fit(distribution);
    if (!surrogate.valid()) {
      want = population;
      continue;
    }
    if (evaluated >= population) break;
    const auto count = static_cast<std::size_t>(
        std::max(15.0, std::min(1.2 * static_cast<double>(evaluated), 0.75 * static_cast<double>(population))));
    if (surrogate.agreement(count) >= options_.agreement) {
      surrogate.predict(points.data(), stride, population, values.data());
      const double least = *std::min_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(population));
      for (double& value : values) value += best_here - least;
      break;
    }
    want = std::max<std::size_t>(1, (evaluated + 1) / 2);
  }
  order.resize(population);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, by(values));
  distribution.tell(points.data(), stride, order);
  if (values[order[3 * population / 4]] - values[order[population / 4]] < among_noise * run_->noise) return false;
  if (run_->stagnation(values[order.front()], values[order.back()])) return false;
  return distribution.deviation() >= 1e-11 && distribution.condition() <= 1e7;
}

}  // namespace rover::search
