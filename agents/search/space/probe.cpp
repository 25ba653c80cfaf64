#include "agents/search/space/probe.h"

#include <algorithm>
#include <cmath>

namespace rover::space {

Probe::Probe(Evaluator& evaluator, std::size_t memory, std::size_t most)
    : evaluator_(evaluator),
      samples_(evaluator.problem().dimension, memory, most),
      x_(evaluator.problem().dimension),
      start_(evaluator.problem().dimension),
      start_value_(evaluator.start_value()) {
  const Box& box = *evaluator.problem().domain;
  for (std::size_t i = 0; i < start_.size(); ++i)
    start_[i] = std::clamp((evaluator.start()[i] - box.low[i]) / (box.high[i] - box.low[i]), 0.0, 1.0);
  keep(start_, start_value_);
}

double Probe::operator()(MutReals point, bool ends_iteration) {
  const Box& box = *evaluator_.problem().domain;
  for (std::size_t i = 0; i < x_.size(); ++i) {
    point[i] = std::clamp(point[i], 0.0, 1.0);
    x_[i] = box.low[i] + point[i] * (box.high[i] - box.low[i]);
  }
  const double value = evaluator_.value(x_, ends_iteration);
  keep(point, value);
  return value;
}

void Probe::keep(Reals point, double value) {
  samples_.add(point, value);
  if (value < best_) best_ = value, best_point_.assign(point.begin(), point.end());
}

}  // namespace rover::space
