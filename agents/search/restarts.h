#pragma once
#include <algorithm>
#include <cmath>

#include "agents/search/options.h"
#include "agents/search/probe.h"
#include "agents/search/ridge_fit.h"

namespace rover::search {

inline std::size_t coefficients_of(std::size_t d) { return 1 + d + d * (d + 1) / 2; }

inline Probe::Options probe_options(const SearchOptions& options, std::size_t d, const FitOptions& fit) {
  return {.memory = std::max<std::size_t>(2000, 8 * coefficients_of(d)),
          .most = fit_samples(d, fit),
          .batch = options.batch,
          .scale = options.scale};
}

/// Evaluations by what they were spent on.
struct Accounts {
  explicit Accounts(const Probe& probe) : probe_(probe) {}
  double descents = 0, populations = 0, sweeps = 0, polish = 0;
  void charge(double& account) {
    account += static_cast<double>(probe_.evaluations() - spent_);
    spent_ = probe_.evaluations();
  }

 private:
  const Probe& probe_;
  std::uint64_t spent_ = 1;  // the start is nobody's
};

/// Where the next one begins.
class Restarts {
 public:
  Restarts(Probe& probe, RandomStream& stream)
      : probe_(probe),
        stream_(stream),
        mean_(probe.region().low.size()),
        usual_(static_cast<std::size_t>(std::min<Eigen::Index>(mean_.size(), 40)) + 1),
        points_(mean_.size(), static_cast<Eigen::Index>(4 * usual_)),
        values_(static_cast<std::size_t>(points_.cols())) {}

  struct Start {
    double shrink;  ///< of the first window
    double value;
    std::vector<double> point;
  };
  /// The best of d + 1 random points, 41 at most; `share` of them, up to 4.
  const Start& best_of_random(double share = 1) {
    start_.shrink = std::pow(10, -0.5 * stream_.uniform());
    const auto count = std::clamp<std::size_t>(
        static_cast<std::size_t>(std::lround(share * static_cast<double>(usual_))), 1, values_.size());
    for (std::size_t k = 0; k < count; ++k) {
      auto point = points_.col(static_cast<Eigen::Index>(k));
      probe_.draw(stream_, {point.data(), probe_.dimension()});
    }
    probe_(points_, count, values_.data());
    const auto best = static_cast<std::size_t>(
        std::min_element(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(count)) - values_.begin());
    const Reals point = column_of(points_, best);
    start_.value = values_[best], start_.point.assign(point.begin(), point.end());
    return start_;
  }
  /// A population's first mean: the best point half of the time, else a random one.
  const Vector& mean(const std::vector<double>& best) {
    if (stream_.uniform() < 0.5) mean_ = Eigen::Map<const Vector>(best.data(), mean_.size());
    else probe_.draw(stream_, {mean_.data(), probe_.dimension()});
    return mean_;
  }
  /// λ of CMA-ES, doubled so often.
  std::size_t population(std::size_t doublings) const {
    const auto smallest = 4 + static_cast<std::size_t>(3 * std::log(static_cast<double>(probe_.dimension())));
    return smallest << std::min<std::size_t>(doublings, 12);
  }

 private:
  Probe& probe_;
  RandomStream& stream_;
  Vector mean_;
  std::size_t usual_;
  Matrix points_;
  std::vector<double> values_;
  Start start_;
};

}  // namespace rover::search
