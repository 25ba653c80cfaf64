#pragma once
#include <cstdint>
#include <vector>

#include "agents/search/descent.h"
#include "agents/search/options.h"
#include "agents/search/window.h"

namespace rover {

/// Where the next descent starts: at the best of the points that were spread over the box, away from explored places;
/// some are hops near the best point of all.
class Restarts {
 public:
  /// Throws UsageError for options out of range.
  explicit Restarts(const SearchOptions& options);
  void reserve(std::size_t size);
  void reset(RandomStream& random);

  /// A sample that may start a descent.
  void add_candidate(double x, double y, double value);
  /// A descent started or ended here.
  void add_explored(double x, double y);

  struct Start {
    SearchWindow window;
    double value;  ///< NaN: not known
  };
  bool hops(SearchMemory& memory) const;  ///< whether the next start is a hop, drawn
  Start hop(SearchMemory& memory) const;  ///< near the best point
  void spread(const SearchMemory& memory,
              std::vector<double>& points);  ///< new points over the box to evaluate and add first [k, 2], may be none
  Start next(SearchMemory& memory) const;
  double first_resolution() const { return first_resolution_; }

 private:
  bool settled(const SearchMemory& memory) const { return memory.descents >= halton_after_; }

  double hop_share_, restart_resolution_, first_resolution_;
  std::uint64_t halton_count_, halton_after_, halton_index_ = 1;
  std::vector<double> x_, y_, value_, clearance2_;  // candidates; squared distance to the nearest explored place
  std::vector<double> explored_x_, explored_y_;
};

}  // namespace rover
