#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "agents/search/controller.h"
#include "agents/search/options.h"

namespace rover {

/// The search that counts its evaluations in more than two dimensions, on the unit cube: descents in 2-D slices through
/// the best point, driven from outside like PlaneSearch.
///
/// A sweep is a random matching: disjoint pairs of coordinates, in each a few look-and-tries. Half-widths belong to
/// coordinates. A sweep that gained is followed by one more slice, along its displacement and that of the sweep before,
/// which may continue its progress. When sweeps gain nothing any more, a new start: a hop near the best point, or
/// anywhere.
class SliceSearch {
 public:
  /// Throws UsageError for options out of range.
  explicit SliceSearch(const SearchOptions& options);
  ~SliceSearch();
  SliceSearch(SliceSearch&&) noexcept;
  SliceSearch& operator=(SliceSearch&&) noexcept;

  /// d ≥ 2. Allocates; what follows does not.
  void reset(std::uint64_t seed, std::size_t dimension);
  void know(std::span<const double> point,
            double value);  ///< the start [d] and its value; after reset, before the first tell

  bool needs_decision() const;
  std::span<const float> features() const;
  void decide(std::span<const float> u);
  void decide();
  std::span<const double> ask() const;  ///< [k, d]
  void tell(std::span<const double> values);

  std::uint64_t evaluations() const;
  std::uint64_t rounds() const;
  std::uint64_t restarts() const;
  double best_value() const;
  std::span<const double> best_point() const;  ///< [d]

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
