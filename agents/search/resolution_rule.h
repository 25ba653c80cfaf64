#pragma once
#include <string>

#include "agents/search/options.h"
#include "core/random.h"

namespace rover {

/// The outcome of a look and try. Lengths in half-widths.
struct Attempt {
  bool improved = false;       ///< the try found a new best of the descent
  bool clipped = false;        ///< the heading's step was longer than the limit
  bool look_improved = false;  ///< the look did
  bool gained = false;         ///< any of them
  double ratio = 0;            ///< the try's actual over predicted gain
  double step_length = 0;      ///< of the heading, at most the limit
  double best_distance = 0;    ///< from the look's centre to the best it found
};

/// How the half-width δ follows from the outcome.
class ResolutionRule {
 public:
  /// Throws UsageError for options out of range.
  explicit ResolutionRule(const SearchOptions& options);
  /// The factor on δ. `random` is drawn from by resolution=random alone.
  double factor(const Attempt& attempt, RandomStream& random) const;

 private:
  enum class Kind { rule, halve, random };
  Kind kind_;
  double growth_, shrink_;
};

}  // namespace rover
