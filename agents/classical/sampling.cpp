#include "agents/classical/sampling.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "agents/classical/bounds.h"

namespace rover {
namespace {

// The best point seen, which is the pose of both searches.
struct Best {
  std::vector<double> point;
  double value = std::numeric_limits<double>::infinity();

  void offer(Reals candidate, double candidate_value) {
    if (candidate_value <= value) point.assign(candidate.begin(), candidate.end()), value = candidate_value;
  }
};

std::size_t index_of_lowest(Reals values) {
  return static_cast<std::size_t>(std::min_element(values.begin(), values.end()) - values.begin());
}

class RandomSearch final : public Agent {
 public:
  explicit RandomSearch(const RandomSearchOptions& options) : options_(options) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    problem_ = problem;
    stream_ = make_stream(seed, 0, "random search");
    best_ = {};
    first = {};
    first.move.assign(problem.dimension, 0);
    draw(problem.budget, first.query);
  }

  void act(const Observation& seen, Action& next) override {
    const std::size_t d = problem_.dimension, k = index_of_lowest(seen.values);
    best_.offer(Reals(points_).subspan(k * d, d), seen.values[k]);
    next.query.kind = Query::Kind::values;
    move_to(best_.point, seen.pose, *problem_.domain, next.move);
    draw(seen.budget > seen.evaluations ? seen.budget - seen.evaluations : 0, next.query);
  }

 private:
  void draw(std::uint64_t left, Query& query) {
    const std::size_t d = problem_.dimension, n = std::clamp<std::uint64_t>(left, 1, options_.points * d);
    points_.resize(n * d);
    for (std::size_t k = 0; k < n * d; ++k)
      points_[k] = stream_.uniform(problem_.domain->low[k % d], problem_.domain->high[k % d]);
    query.points = points_;
  }

  RandomSearchOptions options_;
  Problem problem_;
  RandomStream stream_;
  std::vector<double> points_;
  Best best_;
};

class PatternSearch final : public Agent {
 public:
  explicit PatternSearch(const PatternSearchOptions& options) : options_(options) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    if (problem.dimension < 2)
      throw UsageError("the agent 'patsearch' looks at planes: the landscape must have at least 2 dimensions");
    problem_ = problem;
    stream_ = make_stream(seed, 0, "pattern search");
    window_ = options_.window;
    best_ = {};
    order_.resize(problem.dimension);
    std::iota(order_.begin(), order_.end(), std::size_t{0});
    points_.clear();
    first = {};  // at the pose, which is not known yet
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    const std::size_t d = problem_.dimension, n = options_.grid_size;
    if (points_.empty()) {
      best_.offer(seen.pose, seen.values[0]);
      project(best_.point, *problem_.domain);
    } else {
      const std::size_t k = index_of_lowest(seen.values), a = k / n % n, b = k % n;
      best_.offer(Reals(points_).subspan(k * d, d), seen.values[k]);
      const bool at_edge = a == 0 || b == 0 || a == n - 1 || b == n - 1;
      window_ = at_edge ? std::min(window_ * options_.gain, options_.window) : window_ / options_.gain;
    }
    look();
    next.query.kind = Query::Kind::values;
    next.query.points = points_;
    move_to(best_.point, seen.pose, *problem_.domain, next.move);
  }

 private:
  // Grids [pair, n, n] around the best point; in odd d the last coordinate is paired with the first, which has a pair
  // already.
  void look() {
    const std::size_t d = problem_.dimension, n = options_.grid_size;
    const Box& box = *problem_.domain;
    if (d > 2)
      for (std::size_t k = d - 1; k > 0; --k) std::swap(order_[k], order_[stream_.below(k + 1)]);
    points_.clear();
    for (std::size_t pair = 0; pair < (d + 1) / 2; ++pair) {
      const std::size_t i = order_[2 * pair], j = order_[2 * pair + 1 < d ? 2 * pair + 1 : 0];
      for (std::size_t k = 0; k < n * n; ++k) {
        points_.insert(points_.end(), best_.point.begin(), best_.point.end());
        double* point = points_.data() + points_.size() - d;
        point[i] += offset(k / n) * (box.high[i] - box.low[i]);
        point[j] += offset(k % n) * (box.high[j] - box.low[j]);
        project({point, d}, box);
      }
    }
  }
  // In widths of the domain, symmetric about the point.
  double offset(std::size_t a) const {
    const auto n = static_cast<double>(options_.grid_size);
    return (static_cast<double>(a) - (n - 1) / 2) * window_ / n;
  }

  PatternSearchOptions options_;
  Problem problem_;
  RandomStream stream_;
  double window_ = 0;
  std::vector<std::size_t> order_;
  std::vector<double> points_;
  Best best_;
};

}  // namespace

std::unique_ptr<Agent> make_random_search(const RandomSearchOptions& options) {
  check_options(options);
  return std::make_unique<RandomSearch>(options);
}

std::unique_ptr<Agent> make_pattern_search(const PatternSearchOptions& options) {
  check_options(options);
  return std::make_unique<PatternSearch>(options);
}

}  // namespace rover
