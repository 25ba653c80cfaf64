#include "agents/search/resolution_rule.h"

#include <algorithm>
#include <cmath>

#include "core/settings.h"

namespace rover {

ResolutionRule::ResolutionRule(const SearchOptions& options)
    : kind_(options.resolution == "rule"    ? Kind::rule
            : options.resolution == "halve" ? Kind::halve
                                            : Kind::random),
      growth_(options.growth),
      shrink_(options.shrink) {
  check_options(options);
}

double ResolutionRule::factor(const Attempt& attempt, RandomStream& random) const {
  if (kind_ == Kind::random) return std::exp2(random.uniform(-1.8, 1.2));
  if (kind_ == Kind::halve) return attempt.gained ? 1 : 0.5;
  const double length = attempt.step_length;
  if (attempt.improved && attempt.clipped && attempt.ratio > 0.2) return growth_;
  if (attempt.improved) return std::clamp(length, attempt.ratio > 0.7 ? 0.1 : 0.35, 1.0);
  if (attempt.look_improved) return attempt.best_distance > 0.9 ? 1 : 0.7;
  return std::clamp(length, 0.12, std::max(shrink_, 0.12));
}

}  // namespace rover
