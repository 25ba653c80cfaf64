#pragma once
#include <limits>
#include <vector>

#include "agents/classical/fiber_agent.h"
#include "agents/search/space/neighbours.h"

namespace rover::space {

/// Evaluations of a search in the unit cube: each is charged by the environment and kept for the rest of the search.
class Probe {
 public:
  /// Knows the newest `memory` samples, of which a model takes `most`.
  Probe(Evaluator& evaluator, std::size_t memory, std::size_t most);

  /// f at the point projected into the cube, which `point` becomes. `ends_iteration` as in Evaluator.
  double operator()(MutReals point_d, bool ends_iteration = true);

  std::size_t dimension() const { return x_.size(); }
  std::uint64_t evaluations() const { return samples_.size(); }
  Neighbours& samples() { return samples_; }
  const std::vector<double>& best_point() const { return best_point_; }
  double best() const { return best_; }
  /// The start, which was evaluated before.
  const std::vector<double>& start() const { return start_; }
  double start_value() const { return start_value_; }

 private:
  void keep(Reals point, double value);

  Evaluator& evaluator_;
  Neighbours samples_;
  std::vector<double> x_, start_, best_point_;
  double start_value_, best_ = std::numeric_limits<double>::infinity();
};

}  // namespace rover::space
