#include "agents/attention/attention.h"

#include <algorithm>
#include <cmath>

#include "agents/classical/bounds.h"

namespace rover {

void attend(double beta, MutReals values) {
  double lowest = std::numeric_limits<double>::infinity(), sum = 0;
  for (const double value : values)
    if (value < lowest) lowest = value;
  for (double& value : values) {
    value = value == lowest ? 1 : std::isnan(value) ? 0 : std::exp(-beta * (value - lowest));
    sum += value;
  }
  for (double& value : values) value = sum > 0 ? value / sum : 1 / static_cast<double>(values.size());
}

void Attention::reset(const Problem& problem, RandomStream stream) {
  box_ = problem.domain, stream_ = stream, shrunk_ = 1;
}

void Attention::sample(Reals x, std::vector<double>& points) {
  const std::size_t d = x.size(), n = options_.points,
                    explorers = static_cast<std::size_t>(options_.explore * static_cast<double>(n));
  points_.resize(n * d);
  stream_.normals(points_);
  for (std::size_t k = 0; k < n; ++k) {
    const double sigma = shrunk_ * (k < explorers ? options_.explore_sigma : options_.sigma);
    double* const point = points_.data() + k * d;
    for (std::size_t i = 0; i < d; ++i) {
      const double low = box_->low[i], high = box_->high[i];
      point[i] = std::clamp(x[i] + sigma * (high - low) * point[i], low, high);
    }
  }
  shrunk_ *= 1 - options_.decay;
  points = points_;
}

void Attention::move(Reals x, Reals values, std::vector<double>& to) {
  const std::size_t d = x.size();
  weights_.assign(values.begin(), values.end());
  attend(options_.beta, weights_);
  to.assign(x.begin(), x.end());
  for (std::size_t k = 0; k < weights_.size(); ++k) {
    const double share = options_.step * weights_[k];
    if (share == 0) continue;
    const double* const point = points_.data() + k * d;
    for (std::size_t i = 0; i < d; ++i) to[i] += share * (point[i] - x[i]);
  }
  project(to, *box_);
}

namespace {

class AttentionSearch final : public Agent {
 public:
  explicit AttentionSearch(const AttentionOptions& options) : attention_(options) {}

  void reset(const Problem& problem, std::uint64_t seed, Action& first) override {
    box_ = problem.domain;
    attention_.reset(problem, make_stream(seed, 0, "attention"));
    begun_ = false;
    first = {};  // at the pose, which is not known yet
    first.move.assign(problem.dimension, 0);
  }

  void act(const Observation& seen, Action& next) override {
    if (begun_) attention_.move(seen.pose, seen.values, to_);
    else to_.assign(seen.pose.begin(), seen.pose.end()), project(to_, *box_);
    begun_ = true;
    move_to(to_, seen.pose, *box_, next.move);
    next.query.kind = Query::Kind::values;
    attention_.sample(to_, next.query.points);
  }

 private:
  Attention attention_;
  const Box* box_ = nullptr;
  bool begun_ = false;
  std::vector<double> to_;
};

}  // namespace

std::unique_ptr<Agent> make_attention_search(const AttentionOptions& options) {
  check_options(options);
  return std::make_unique<AttentionSearch>(options);
}

}  // namespace rover
