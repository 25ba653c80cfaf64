#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace rover {

/// What a steering decides after each slice of evaluations, u ∈ [−1, 1] each. The first are scores of what comes next:
/// the largest wins among those that are possible, the rule's own choice half a point ahead, so that u = 0 is the rule.
struct SearchDecision {
  enum Index : std::size_t {
    go_on,       ///< with what is under way, if it has not ended
    descent,     ///< from the best of d + 1 random points
    hop,         ///< a descent from near the best point
    population,  ///< the one that was left, or a new one, twice as large as the last
    hand_over,   ///< a small population around the point reached, in the size of the last window
    sweep,       ///< line searches along the axes
    back,        ///< to the best descent that was left before its end
    kinds,
    prior = kinds,  ///< of the fits: FitOptions::prior × 10^u
    width,          ///< first windows and deviations × 10^(u/2)
    candidates,     ///< random points that a descent begins from the best of: (d + 1) × 4^u
    need,           ///< DescentOptions::need × 2^u
    limit,          ///< DescentOptions::step_limit × 2^u
    abandon,        ///< DescentOptions::abandon × 10^u
    fresh,          ///< DescentOptions::fresh × 2^u
    growth,         ///< DescentOptions::growth to the power of 2^u
    shrink,         ///< DescentOptions::shrink to the power of 2^u
    count
  };
};

/// What it sees, all within about ±3 and the same under shifts, scalings and rotations of space and values; S is the
/// gain since the start. Logarithms of gains are lg(gain/S + 1e-12)/6 + 1.
struct SearchFeature {
  enum Index : std::size_t {
    dimension,      ///< log₂(d)/4
    evaluations,    ///< ln(n/(d + 1))/4 − 1
    in_descent,     ///< 1 while a descent is under way
    in_population,  ///< 1 while a population is
    rule_descent,   ///< 1 where the rule would begin one now
    rule_population,
    rule_sweep,
    half_width,      ///< lg δ/5 + 1, of the last window
    missed,          ///< what its predictions missed lately, in ranges
    gain,            ///< logarithm of the last slice's gain in what is under way
    earlier_gain,    ///< … of the slice before
    behind,          ///< logarithm of its value over the best
    idle,            ///< rounds without gain over the patience
    clipped,         ///< 1 where the last step was cut by the limit
    ratio,           ///< actual over predicted gain of the last step, in [−1, 2]
    spread,          ///< lg of the largest over the smallest |eigenvalue| in the window, over 4
    negative,        ///< share of negative eigenvalues
    samples,         ///< in the fit, over the coefficients
    spent,           ///< ln(1 + evaluations of what is under way/(d + 1))/4
    deviation,       ///< lg σ/5 + 1 of the last population
    condition,       ///< lg of its longest over its shortest axis, over 4
    size,            ///< log₂ of λ over the smallest, over 4
    ended,           ///< ln(1 + processes that ended)/2
    agreed,          ///< share of the descents' ends within S/1000 of the best
    improved,        ///< share of later ends that were better than all before by S/1000
    half_gain,       ///< logarithm of the gain in the last half of all evaluations
    by_populations,  ///< their share of all evaluations
    by_sweeps,
    sweep_gain,     ///< logarithm of the last sweep's gain; 0: none yet
    left,           ///< 1 where a descent was left before its end
    scatter,        ///< mean distance of the descents' ends from the best point, over √d
    value_scatter,  ///< logarithm of their mean value over the best
    promise,        ///< logarithm of what the model's minimum promises
    near,           ///< samples near the window over those that make a look needless, at most 2, minus 1
    rounds,         ///< ln(1 + rounds of the descent)/4
    count
  };
};

/// Steers the search in space. May keep a state from decision to decision.
class SearchSteering {
 public:
  static constexpr std::size_t features = SearchFeature::count, decisions = SearchDecision::count;
  virtual ~SearchSteering() = default;
  /// Before each episode.
  virtual void reset(std::uint64_t seed) = 0;
  /// features [features] → u [decisions]; entries outside [−1, 1] are clipped.
  virtual void decide(std::span<const float> features, std::span<float> u) = 0;
};

/// The random baseline: u uniform in [−1, 1].
std::unique_ptr<SearchSteering> make_random_steering();

}  // namespace rover
