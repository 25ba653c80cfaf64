#include "agents/learned/safeguarded.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "agents/classical/bounds.h"

namespace rover {

Safeguarded::Safeguarded(std::unique_ptr<Agent> agent, const SafeguardOptions& options)
    : agent_(std::move(agent)), options_(options) {
  check_options(options_);
}

void Safeguarded::reset(const Problem& problem, std::uint64_t seed, Action& first) {
  box_ = problem.domain;
  best_.assign(problem.dimension, 0), best_gradient_.assign(problem.dimension, 0);
  best_value_ = std::numeric_limits<double>::infinity();
  radius_ = options_.radius, fallbacks_ = 0, bad_ = 0;
  begun_ = false;
  agent_->reset(problem, seed, first);
}

void Safeguarded::act(const Observation& seen, Action& next) {
  if (seen.values.size() != 1 || seen.gradients.size() != seen.pose.size())
    throw std::logic_error("a safeguard needs an agent that looks at one gradient");
  const double value = seen.values[0];
  if (!std::exchange(begun_, true)) first_value_ = value;
  if (value < best_value_) {
    best_value_ = value;
    best_.assign(seen.pose.begin(), seen.pose.end());
    best_gradient_.assign(seen.gradients.begin(), seen.gradients.end());
  }
  const auto above = [&](double level) { return !(value <= level + options_.margin); };
  bad_ = above(options_.factor * best_value_) ? bad_ + 1 : 0;
  if (bad_ < options_.patience && !above(options_.limit * first_value_)) return agent_->act(seen, next);
  ++fallbacks_, bad_ = 0;
  double square = 0;
  for (const double g : best_gradient_) square += g * g;
  const double factor = square > 0 ? radius_ / std::sqrt(square) : 0;
  radius_ *= options_.shrink;
  next.move.resize(best_.size());
  for (std::size_t i = 0; i < best_.size(); ++i) next.move[i] = best_[i] - factor * best_gradient_[i] - seen.pose[i];
  keep_inside(seen.pose, *box_, next.move);
  next.query.kind = Query::Kind::gradients;
  next.query.points.clear();
  next.ends_iteration = true, next.stop = false;
}

}  // namespace rover
