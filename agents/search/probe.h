#pragma once
#include <limits>
#include <vector>

#include "agents/classical/fiber_agent.h"
#include "agents/search/neighbours.h"
#include "core/random.h"

namespace rover::search {

/// Evaluations of a search in coordinates of its own, in which the domain is a unit cube; each is charged by the
/// environment and kept for the rest of the search. A coordinate without two bounds is measured in `scale` ×
/// max(1, |start|), from its bound or half of that before the start.
class Probe {
 public:
  struct Options {
    std::size_t memory;  ///< the newest samples that are known
    std::size_t most;    ///< … of which a model takes so many
    std::size_t batch = 1;
    double scale = 2;
  };
  Probe(Evaluator& evaluator, const Options& options);

  /// f at the point projected into the region, which `point` becomes. `ends_iteration` as in Evaluator.
  double operator()(MutReals point_d, bool ends_iteration = true);
  /// f at the first `count` columns, which are projected, too; asked for `batch()` at a time.
  void operator()(Matrix& points, std::size_t count, double* values, bool ends_iteration = true);
  /// A random point to begin from: uniform in the cube; along coordinates without two bounds about the best point, as
  /// far as it is from the start.
  void draw(RandomStream& stream, MutReals point_d) const;
  /// Where the search stands, on a noisy surface.
  void answer(Reals point_d);

  std::size_t dimension() const { return start_.size(); }
  std::size_t batch() const { return options_.batch; }
  const Region& region() const { return region_; }
  std::uint64_t evaluations() const { return samples_.size(); }
  Neighbours& samples() { return samples_; }
  const std::vector<double>& best_point() const { return best_point_; }
  double best() const { return best_; }
  /// The start, which was evaluated before.
  const std::vector<double>& start() const { return start_; }
  double start_value() const { return start_value_; }

 private:
  void keep(Reals point, double value);
  void to_domain(Reals point, MutReals x) const;

  Evaluator& evaluator_;
  Options options_;
  Region region_;
  Neighbours samples_;
  std::vector<double> origin_, width_, x_, start_, best_point_;
  double start_value_, best_ = std::numeric_limits<double>::infinity();
};

}  // namespace rover::search
