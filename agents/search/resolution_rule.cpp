#include "agents/search/resolution_rule.h"

#include <algorithm>
#include <cmath>

#include "core/settings.h"

namespace rover {
namespace {

// Tuned together on training surfaces; what the rule as a whole is worth: docs/reproduce/per-evaluation.md.
constexpr double predicted_enough = 0.2;   // of the predicted gain: a clipped step that brought more was too short
constexpr double predicted_well = 0.7;     // of the predicted gain: the model holds at the step's length
constexpr double least_after_good = 0.1;   // smallest factor after a gain that was predicted well
constexpr double least_after_poor = 0.35;  // … and after another, whose model is not to be trusted closer by
constexpr double edge_of_look = 0.9;       // half-widths: the best of a look lies at its edge, the window is too small
constexpr double after_look = 0.7;         // factor where only the look found something, in its inside
constexpr double least_without_gain = 0.12;             // smallest factor without any gain
constexpr double random_low = -1.8, random_high = 1.2;  // exponents of 2 for resolution=random: the rule's own range

}  // namespace

ResolutionRule::ResolutionRule(const SearchOptions& options)
    : kind_(options.resolution == "rule"    ? Kind::rule
            : options.resolution == "halve" ? Kind::halve
                                            : Kind::random),
      growth_(options.growth),
      shrink_(options.shrink) {
  check_options(options);
}

double ResolutionRule::factor(const Attempt& attempt, RandomStream& random) const {
  if (kind_ == Kind::random) return std::exp2(random.uniform(random_low, random_high));
  if (kind_ == Kind::halve) return attempt.gained ? 1 : 0.5;
  const double length = attempt.step_length;
  if (attempt.improved && attempt.clipped && attempt.ratio > predicted_enough) return growth_;
  if (attempt.improved)
    return std::clamp(length, attempt.ratio > predicted_well ? least_after_good : least_after_poor, 1.0);
  if (attempt.look_improved) return attempt.best_distance > edge_of_look ? 1 : after_look;
  return std::clamp(length, least_without_gain, std::max(shrink_, least_without_gain));
}

}  // namespace rover
