#include "agents/classical/cma_es.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <pagmo/algorithms/cmaes.hpp>
#include <pagmo/population.hpp>
#include <pagmo/problem.hpp>

#include "agents/classical/fiber_agent.h"

namespace rover {
namespace {

// Thrown when the distribution has diverged: the run is over.
struct Diverged {};

double quantile_of(std::vector<double> values, double q) {
  const auto at = values.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

/// One generation as it was sampled.
struct Generation {
  std::vector<pagmo::vector_double> points;
  std::vector<double> values;   // at the nearest point of the domain
  std::vector<double> fitness;  // with the penalty
  void clear() { points.clear(), values.clear(), fitness.clear(); }
  double best() const { return std::ranges::min(values); }
  double median() const { return quantile_of(values, 0.5); }
  double spread() const { return std::ranges::max(values) - std::ranges::min(values); }
};

/// What points outside the domain pay: Σᵢ γᵢ eᵢ² / d, eᵢ the excess in widths. Nothing until the mean has left the
/// domain; then γ is twice the spread of the values (interquartile) over the variance of the points, and grows where
/// the mean stays outside.
class BoundPenalty {
 public:
  BoundPenalty(const Box& box, std::size_t population) : box_(box), weights_(box.low.size()) {
    double sum = 0, squares = 0;
    for (std::size_t k = 0; k < population / 2; ++k) {
      recombination_.push_back(std::log(static_cast<double>(population / 2) + 0.5) -
                               std::log(static_cast<double>(k + 1)));
      sum += recombination_.back(), squares += recombination_.back() * recombination_.back();
    }
    for (double& weight : recombination_) weight /= sum;
    effective_ = sum * sum / squares;
    memory_ = 20 + 3 * box.low.size() / population;
  }

  double operator()(const pagmo::vector_double& point) const {
    double sum = 0;
    for (std::size_t i = 0; i < point.size(); ++i) sum += weights_[i] * excess(i, point[i]) * excess(i, point[i]);
    return sum / static_cast<double>(point.size());
  }

  void learn(const Generation& generation) {
    const std::size_t d = weights_.size(), count = generation.points.size();
    const auto dimension = static_cast<double>(d);
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, {}, [&](std::size_t k) { return generation.fitness[k]; });
    std::vector<double> mean(d), variance(d);
    double variances = 0;
    for (std::size_t i = 0; i < d; ++i) {
      double sum = 0, squares = 0;
      for (const auto& point : generation.points) sum += point[i];
      const double middle = sum / static_cast<double>(count);
      for (const auto& point : generation.points) squares += (point[i] - middle) * (point[i] - middle);
      variance[i] = squares / static_cast<double>(count - 1) / (width(i) * width(i));
      variances += variance[i] / dimension;
      for (std::size_t k = 0; k < recombination_.size(); ++k)
        mean[i] += recombination_[k] * generation.points[order[k]][i];
    }
    if (!(variances > 0)) return;
    slopes_.push_back((quantile_of(generation.values, 0.75) - quantile_of(generation.values, 0.25)) / variances);
    if (slopes_.size() > memory_) slopes_.erase(slopes_.begin());
    const double slope = quantile_of(slopes_, 0.5);
    bool outside = false;
    for (std::size_t i = 0; i < d; ++i) outside = outside || excess(i, mean[i]) != 0;
    if (outside && !set_) weights_.assign(d, 2 * slope), set_ = true;
    if (!set_) return;
    const double far = 3 * std::max(1.0, std::sqrt(dimension) / effective_),
                 factor = std::pow(1.1, std::min(1.0, effective_ / (10 * dimension)));
    for (std::size_t i = 0; i < d; ++i)
      if (std::abs(excess(i, mean[i])) > far * std::sqrt(variance[i])) weights_[i] *= factor;
      else if (weights_[i] > 5 * slope) weights_[i] /= factor;
  }

 private:
  double width(std::size_t i) const { return box_.high[i] - box_.low[i]; }
  double excess(std::size_t i, double x) const { return (x - std::clamp(x, box_.low[i], box_.high[i])) / width(i); }

  const Box& box_;
  std::vector<double> weights_, recombination_, slopes_;
  double effective_;
  std::size_t memory_;
  bool set_ = false;
};

/// When a run ends (Hansen 2009, "Benchmarking a BI-population CMA-ES", section 2), but for the length of a step, which
/// pagmo watches. Values are compared on the run's own scale, which the paper leaves to the user.
class Ending {
 public:
  Ending(std::size_t d, std::size_t population)
      : short_(10 + static_cast<std::size_t>(std::ceil(30 * static_cast<double>(d) / static_cast<double>(population)))),
        long_(120 + 30 * d / population),
        most_(static_cast<std::size_t>(100 + 50 * std::pow(static_cast<double>(d + 3), 2) /
                                                 std::sqrt(static_cast<double>(population)))) {}

  bool operator()(const Generation& generation) {
    bests_.push_back(generation.best()), medians_.push_back(generation.median());
    largest_spread_ = std::max(largest_spread_, generation.spread());
    return flat(generation.spread()) || stagnates() || bests_.size() >= most_;
  }

 private:
  /// TolHistFun: the best values of the last generations, and all of this one, agree to 12 digits.
  bool flat(double spread) const {
    if (bests_.size() < short_) return false;
    const auto [low, high] = std::minmax_element(bests_.end() - static_cast<std::ptrdiff_t>(short_), bests_.end());
    return std::max(*high - *low, spread) <= 1e-15 * largest_spread_ + 1e-12 * std::abs(*low);
  }
  /// Stagnation: over the last fifth, and so many generations at least, neither the bests nor the medians fell.
  bool stagnates() const {
    const std::size_t span = std::max(long_, bests_.size() / 5);
    if (bests_.size() < span) return false;
    const auto risen = [&](const std::vector<double>& values) {
      const auto third = static_cast<std::ptrdiff_t>(3 * span / 10);
      const auto first = values.end() - static_cast<std::ptrdiff_t>(span);
      return quantile_of({values.end() - third, values.end()}, 0.5) >= quantile_of({first, first + third}, 0.5);
    };
    return risen(bests_) && risen(medians_);
  }

  std::size_t short_, long_, most_;
  std::vector<double> bests_, medians_;
  double largest_spread_ = 0;
};

// One run's bookkeeping, shared by the copies that pagmo makes of its problem.
struct Run {
  Evaluator& evaluator;
  std::size_t population;
  BoundPenalty penalty;
  double rival = HUGE_VAL;  // lowest median of a generation in earlier runs
  Generation generation = {};
  std::uint64_t calls = 0;
};

struct PagmoObjective {
  Run* run = nullptr;

  pagmo::vector_double fitness(const pagmo::vector_double& point) const {
    for (const double x : point)
      if (!std::isfinite(x)) throw Diverged{};
    ++run->calls;
    const double value = run->evaluator.value(point, run->calls % run->population == 0);
    Generation& generation = run->generation;
    generation.points.push_back(point), generation.values.push_back(value);
    generation.fitness.push_back(value + run->penalty(point));
    return {generation.fitness.back()};
  }
  std::pair<pagmo::vector_double, pagmo::vector_double> get_bounds() const {
    const Box& box = *run->evaluator.problem().domain;
    return {box.low, box.high};
  }
};

// On a noisy surface a run's answer is its mean, as weighed by ranks, if its generation is the best so far.
void answer_by_mean(Run& run) {
  const auto& points = run.generation.points;
  std::vector<std::size_t> order(points.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t k) { return run.generation.fitness[k]; });
  if (run.generation.median() > run.rival) return;
  const double half = static_cast<double>(points.size()) / 2;
  std::vector<double> mean(points[0].size());
  double sum = 0;
  for (std::size_t k = 0; static_cast<double>(k) < std::floor(half); ++k) {
    const double weight = std::log(half + 0.5) - std::log(static_cast<double>(k + 1));
    sum += weight;
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += weight * points[order[k]][i];
  }
  for (double& x : mean) x /= sum;
  run.evaluator.answer(mean);
}

// Generation by generation: pagmo keeps its state between calls with `memory`.
void descend(Run& run, const pagmo::vector_double& mean, double mean_value, double sigma0, std::uint64_t most,
             unsigned seed) {
  const Box& box = *run.evaluator.problem().domain;
  double width = 0;
  for (std::size_t i = 0; i < mean.size(); ++i) width = std::max(width, box.high[i] - box.low[i]);
  // A population of copies of the mean costs no evaluations; ftol 0, because their values are equal.
  pagmo::population population(pagmo::problem(PagmoObjective{&run}), 0, seed);
  for (std::size_t k = 0; k < run.population; ++k) population.push_back(mean, {mean_value});
  const double xtol = 1e-12 * width;
  const pagmo::cmaes algorithm(1, -1, -1, -1, -1, sigma0, 0, xtol, true, false, seed);
  Ending ending(mean.size(), run.population);
  do {
    run.generation.clear();
    population = algorithm.evolve(std::move(population));
    if (run.generation.points.empty()) return;  // steps below xtol
    run.penalty.learn(run.generation);
    if (run.evaluator.problem().noisy.value_or(false)) answer_by_mean(run);
  } while (!ending(run.generation) && run.calls < most);
}

void restart_for_ever(const CmaEsOptions& options, Evaluator& evaluator) {
  const Box& box = *evaluator.problem().domain;
  const std::size_t d = evaluator.problem().dimension;
  RandomStream stream = make_stream(evaluator.seed(), 0, "restart");
  const std::size_t smallest =
      options.population > 0
          ? options.population
          : std::max<std::size_t>(5, 4 + static_cast<std::size_t>(3 * std::log(static_cast<double>(d))));
  std::size_t largest = smallest;
  pagmo::vector_double mean(evaluator.start().begin(), evaluator.start().end());
  double mean_value = evaluator.start_value();
  double rival = HUGE_VAL;
  std::uint64_t spent_small = 0, spent_large = 0, last_large = 0;
  for (std::uint64_t restart = 0;; ++restart) {
    // The first run counts as a small one, so that the second is large.
    const bool small = restart == 0 || (options.regime == "bipop" && spent_small < spent_large);
    std::size_t population = smallest;
    double sigma0 = options.sigma0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    if (!small) population = largest *= 2;
    else if (restart > 0) {
      const double ratio = 0.5 * static_cast<double>(largest) / static_cast<double>(smallest), u = stream.uniform();
      population = static_cast<std::size_t>(static_cast<double>(smallest) * std::pow(ratio, u * u));
      sigma0 = std::max(1e-6, sigma0 * std::pow(10, -2 * stream.uniform()));
      most = last_large / 2;
    }
    Run run{evaluator, population, BoundPenalty(box, population), rival};
    try {
      descend(run, mean, mean_value, sigma0, most,
              static_cast<unsigned>(derive_seed(evaluator.seed(), restart, "cma-es")));
    } catch (const Diverged&) {}
    if (!run.generation.values.empty()) rival = std::min(rival, run.generation.median());
    if (!options.restarts) return;
    if (small) spent_small += run.calls;
    else spent_large += run.calls, last_large = run.calls;
    for (std::size_t i = 0; i < d; ++i) mean[i] = stream.uniform(box.low[i], box.high[i]);
    mean_value = 0;  // not used: pagmo compares the copies of the mean with no other point
  }
}

}  // namespace

std::unique_ptr<Agent> make_cma_es(const CmaEsOptions& options) {
  check_options(options);
  return make_fiber_agent([=](Evaluator& evaluator) { restart_for_ever(options, evaluator); });
}

}  // namespace rover
