#pragma once
#include <memory>

#include "agents/agent.h"

namespace rover {

struct RandomSearchOptions {
  std::uint64_t points = 10;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("points", points, "points a look for each coordinate", in(1, 1e6));
  }
};

struct PatternSearchOptions {
  std::uint64_t grid_size = 6;
  double window = 1.2;
  double gain = 2;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("grid_size", grid_size, "n of the n×n grid", in(2, 64));
    visit("window", window, "width of the first grid as a fraction of the domain's", above(0, 100));
    visit("gain", gain, "factor by which the window grows and shrinks", above(1, 100));
  }
};

/// Uniform in the domain, points·d a look (the last look takes what the budget leaves); stands on the best point seen.
std::unique_ptr<Agent> make_random_search(const RandomSearchOptions& options);

/// Grid pattern search, a baseline with the Rover's looks and nothing learned: looks at n×n grids around the pose and
/// jumps to the best sample if it is no worse than any before. The window grows by `gain` (up to the first one) when
/// the look's best sample lies at a grid's edge, and shrinks by it otherwise. Beyond two dimensions a look is one grid
/// for each pair of a random matching of the coordinates. Samples are projected into the domain. Needs d ≥ 2
/// (UsageError).
std::unique_ptr<Agent> make_pattern_search(const PatternSearchOptions& options);

}  // namespace rover
