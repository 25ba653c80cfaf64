#include "agents/classical/replica_exchange.h"

#include <algorithm>
#include <cmath>

#include "agents/classical/bounds.h"

namespace rover {
namespace {

class ReplicaExchange final : public Agent {
 public:
  explicit ReplicaExchange(const ReplicaExchangeOptions& options) : options_(options) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    box_ = problem.domain, d_ = problem.dimension;
    stream_ = make_stream(seed, 0, "replica exchange");
    state_ = State::start;
    sigmas_.assign(options_.replicas, options_.sigma);
    values_.clear(), moves_ = 0;
    best_value_ = std::numeric_limits<double>::infinity();
    first = {};  // at the pose, which is not known yet: where the first walk begins
    first.move.assign(d_, 0);
  }

  void act(const Observation& seen, Action& next) override {
    if (state_ == State::start) {
      points_.assign(seen.pose.begin(), seen.pose.end());
      project(points_, *box_);
      take(points_, seen.values);
      asked_.resize((options_.replicas - 1) * d_);
      for (std::size_t k = 0; k < asked_.size(); ++k)
        asked_[k] = stream_.uniform(box_->low[k % d_], box_->high[k % d_]);
      points_.insert(points_.end(), asked_.begin(), asked_.end());
      state_ = State::others;
    } else {
      if (state_ == State::others) {
        take(asked_, seen.values);
        set_temperatures();
        state_ = State::walks;
      } else {
        accept(seen.values);
        if (++moves_ % options_.swap_every == 0) swap();
      }
      propose();
    }
    next.query.kind = Query::Kind::values;
    next.query.points = asked_;
    move_to(best_, seen.pose, *box_, next.move);
  }

 private:
  enum class State { start, others, walks };

  void take(Reals points, Reals values) {
    values_.insert(values_.end(), values.begin(), values.end());
    for (std::size_t k = 0; k < values.size(); ++k) offer(points.subspan(k * d_, d_), values[k]);
  }
  void offer(Reals point, double value) {
    if (best_.size() == d_ && !(value < best_value_)) return;
    best_.assign(point.begin(), point.end()), best_value_ = value;
  }

  void set_temperatures() {
    double mean = 0, square = 0;
    for (const double value : values_) mean += value / static_cast<double>(values_.size());
    for (const double value : values_) square += (value - mean) * (value - mean);
    const double spread = std::sqrt(square / static_cast<double>(values_.size() - 1)),
                 unit = spread > 0 && std::isfinite(spread) ? spread : 1;
    temperatures_.resize(options_.replicas);
    for (std::size_t k = 0; k < temperatures_.size(); ++k)
      temperatures_[k] = unit * options_.coldest *
                         std::pow(options_.hottest / options_.coldest,
                                  static_cast<double>(k) / static_cast<double>(temperatures_.size() - 1));
  }

  void propose() {
    asked_.resize(points_.size());
    stream_.normals(asked_);
    for (std::size_t k = 0; k < asked_.size(); ++k) {
      const double low = box_->low[k % d_], high = box_->high[k % d_];
      asked_[k] = std::clamp(points_[k] + sigmas_[k / d_] * (high - low) * asked_[k], low, high);
    }
  }

  void accept(Reals values) {
    constexpr double wider = 1.1, share = 0.3;  // wider^share · narrower^(1 − share) = 1
    for (std::size_t k = 0; k < values.size(); ++k) {
      const bool accepted = stream_.uniform() < std::exp((values_[k] - values[k]) / temperatures_[k]);
      sigmas_[k] = std::clamp(sigmas_[k] * (accepted ? wider : std::pow(wider, -share / (1 - share))), 1e-12, 1.0);
      if (!accepted) continue;
      values_[k] = values[k];
      std::copy_n(asked_.begin() + static_cast<std::ptrdiff_t>(k * d_), d_,
                  points_.begin() + static_cast<std::ptrdiff_t>(k * d_));
      offer(Reals(points_).subspan(k * d_, d_), values[k]);
    }
  }

  void swap() {
    for (std::size_t k = moves_ / options_.swap_every % 2; k + 1 < values_.size(); k += 2) {
      const double gain = (1 / temperatures_[k] - 1 / temperatures_[k + 1]) * (values_[k] - values_[k + 1]);
      if (!(stream_.uniform() < std::exp(gain))) continue;
      std::swap(values_[k], values_[k + 1]);
      const auto at = points_.begin() + static_cast<std::ptrdiff_t>(k * d_), end = at + static_cast<std::ptrdiff_t>(d_);
      std::swap_ranges(at, end, end);
    }
  }

  ReplicaExchangeOptions options_;
  const Box* box_ = nullptr;
  std::size_t d_ = 0;
  RandomStream stream_;
  State state_ = State::start;
  std::uint64_t moves_ = 0;
  std::vector<double> points_, values_;  // [replicas, d] and [replicas]: where the walks stand
  std::vector<double> asked_, temperatures_, sigmas_, best_;
  double best_value_ = 0;
};

}  // namespace

std::unique_ptr<Agent> make_replica_exchange(const ReplicaExchangeOptions& options) {
  check_options(options);
  if (!(options.coldest <= options.hottest))
    throw UsageError("coldest=" + detail::to_text(options.coldest) +
                     " is above hottest=" + detail::to_text(options.hottest));
  return std::make_unique<ReplicaExchange>(options);
}

}  // namespace rover
