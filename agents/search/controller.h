#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rover {

/// What a controller decides, u ∈ [−1, 1] each, twice a round: after the look, how to try; in the review after the try,
/// how to look again. Entries for the other moment are not read. u = 0 everywhere is the tuned rule.
struct SearchDecision {
  enum Index : std::size_t {
    resolution,  ///< review: the rule's factor on δ × 2^(1.5u)
    step_limit,  ///< × 2^(1.5u)
    downhill,    ///< mixes .7u |s| of −g/|g| into the step s
    momentum,    ///< mixes .7u |s| of the last step's direction into s
    step_size,   ///< s × 2^u
    tolerance,   ///< review: a descent is abandoned when its predicted gain × 2^(3u) does not reach the best value
    restart,     ///< review: > .8: leave this descent now, unless it holds the best value
    look,    ///< < −.8: no try this time (if the look saw anything new); review: > .8: try again without a look first
    top_up,  ///< review: the next look's τ × 4^u: how near an old sample replaces a new one
    second_try,  ///< > .8: try the doubled step even if the first try did not improve at the limit; < −.8: never
    count
  };
};

/// What it sees. Free of the values' scale and shift; lengths in half-widths δ of the window unless stated; all within
/// about ±3.
struct SearchFeature {
  enum Index : std::size_t {
    resolution,       ///< log10 δ of the box
    depth,            ///< ln δ / δ at the descent's start
    newton_length,    ///< ln |s|
    gradient,         ///< ln |g|, values rescaled to the samples' range
    curvature_high,   ///< λ₁ ≥ λ₂ of the fitted Hessian, likewise
    curvature_low,    ///< λ₂
    curvature_sign,   ///< −1 on a saddle or a hill, else 1
    curvature_ratio,  ///< ln |λ₂/λ₁|
    newton_angle,     ///< cosine between s and −g
    turn,             ///< cosine between s and the last step
    residual,         ///< log10 of the fit's, over the range
    neighbours,       ///< samples in the fit, 1 at 40
    fresh,            ///< part of the last look that was new
    look_improved,    ///< 1 if the look found a new best of the descent
    best_distance,    ///< from the window's centre to the descent's best
    look_gain,        ///< log10 of the look's gain over the range
    prediction,       ///< actual over predicted gain of the last try, in [−1, 2]; in the review of the one just made
    range_change,     ///< ln of the samples' range over the last look's
    bad_looks,        ///< looks in a row without gain, over 3
    looks,            ///< in this descent, 0 at 6
    gap,              ///< log10 of (descent's best − best of all) over the range; −1 if it holds the best
    promise,          ///< log10 of what the descent may still gain over that gap; 1 if it holds the best
    aspect,           ///< ln of the window's longer over its shorter axis
    evaluations,      ///< ln of evaluations so far / 100
    restarts,         ///< so far, 1 at 5 and more
    last_limit,       ///< log2 of the last step limit over the rule's
    review,           ///< 1 in the review after the try, else 0
    try_improved,     ///< 1 in the review of a try that found a new best of the descent
    try_clipped,      ///< 1 in the review of a try at the step limit
    count
  };
};

/// Steers the search that counts its evaluations. May keep a state from decision to decision.
class SearchController {
 public:
  static constexpr std::size_t features = SearchFeature::count, decisions = SearchDecision::count;
  virtual ~SearchController() = default;
  /// Before each episode.
  virtual void reset(std::uint64_t seed) = 0;
  /// features [features] → u [decisions]; entries outside [−1, 1] are clipped by the search.
  virtual void decide(std::span<const float> features, std::span<float> u) = 0;
};

/// The random baseline: u uniform in [−1, 1].
std::unique_ptr<SearchController> make_random_controller();

}  // namespace rover
