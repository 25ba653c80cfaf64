#include "agents/search/probe.h"

#include <algorithm>
#include <cmath>

namespace rover::search {

Probe::Probe(Evaluator& evaluator, const Options& options)
    : evaluator_(evaluator),
      options_(options),
      region_(Region::cube(evaluator.problem().dimension)),
      samples_(evaluator.problem().dimension, options.memory, options.most),
      start_(evaluator.start().begin(), evaluator.start().end()),
      start_value_(evaluator.start_value()) {
  const Box& box = *evaluator.problem().domain;
  const std::size_t d = start_.size();
  origin_.resize(d), width_.resize(d), x_.resize(d * options.batch);
  for (std::size_t i = 0; i < d; ++i) {
    const double low = box.low[i], high = box.high[i], start = start_[i];
    const bool from_low = std::isfinite(low), from_high = std::isfinite(high);
    if (from_low && from_high) {
      origin_[i] = low, width_[i] = high - low;
    } else {
      constexpr double infinity = std::numeric_limits<double>::infinity();
      width_[i] = options.scale * std::max(1.0, std::abs(start));
      origin_[i] = start - 0.5 * width_[i];
      region_.bounded = false;
      if (from_low) origin_[i] = low;
      if (from_high) origin_[i] = high - width_[i];
      if (!from_low) region_.low[static_cast<Eigen::Index>(i)] = -infinity;
      if (!from_high) region_.high[static_cast<Eigen::Index>(i)] = infinity;
    }
    const auto at = static_cast<Eigen::Index>(i);
    start_[i] = std::clamp((start - origin_[i]) / width_[i], region_.low[at], region_.high[at]);
  }
  keep(start_, start_value_);
}

void Probe::to_domain(Reals point, MutReals x) const {
  for (std::size_t i = 0; i < point.size(); ++i) x[i] = origin_[i] + point[i] * width_[i];
}

double Probe::operator()(MutReals point, bool ends_iteration) {
  region_.project(Eigen::Map<Vector>(point.data(), region_.low.size()));
  const MutReals x(x_.data(), point.size());
  to_domain(point, x);
  const double value = evaluator_.value(x, ends_iteration);
  keep(point, value);
  return value;
}

void Probe::operator()(Matrix& points, std::size_t count, double* values, bool ends_iteration) {
  const std::size_t d = dimension();
  for (std::size_t first = 0; first < count; first += options_.batch) {
    const std::size_t some = std::min(options_.batch, count - first);
    for (std::size_t k = 0; k < some; ++k) {
      region_.project(points.col(static_cast<Eigen::Index>(first + k)));
      to_domain(column_of(points, first + k), {x_.data() + k * d, d});
    }
    evaluator_.values({x_.data(), some * d}, {values + first, some}, ends_iteration && first + some == count);
    for (std::size_t k = first; k < first + some; ++k) keep(column_of(points, k), values[k]);
  }
}

void Probe::draw(RandomStream& stream, MutReals point) const {
  for (std::size_t i = 0; i < point.size(); ++i) {
    const auto at = static_cast<Eigen::Index>(i);
    if (std::isfinite(region_.low[at]) && std::isfinite(region_.high[at])) {
      point[i] = stream.uniform();
    } else {
      const double spread = std::max(0.5, std::abs(best_point_[i] - start_[i]));
      point[i] = std::clamp(best_point_[i] + spread * stream.normal(), region_.low[at], region_.high[at]);
    }
  }
}

void Probe::answer(Reals point) {
  const MutReals x(x_.data(), point.size());
  to_domain(point, x);
  evaluator_.answer(x);
}

void Probe::keep(Reals point, double value) {
  samples_.add(point, value);
  if (value < best_) best_ = value, best_point_.assign(point.begin(), point.end());
}

}  // namespace rover::search
