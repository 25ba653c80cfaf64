#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "agents/search/controller.h"
#include "agents/search/options.h"

namespace rover {

/// A Rover that counts its evaluations, on the unit square: descents by look and try, each from the samples it has, and
/// restarts. Driven from outside, by ask and tell:
///
///   search.reset(seed);
///   for (;;) {
///     while (search.needs_decision()) search.decide(u);  // u from search.features(); search.decide() for the rule
///     const auto points = search.ask();                  // evaluate them
///     search.tell(values);
///   }
///
/// It never ends by itself, and is a function of its seed, the values and the decisions. A round without a look has a
/// try, and one without a try has seen something new, so that decisions cost evaluations. Does not allocate within
/// `capacity` of them.
class PlaneSearch {
 public:
  /// Throws UsageError for options out of range.
  explicit PlaneSearch(const SearchOptions& options, std::size_t capacity = 6400);
  ~PlaneSearch();
  PlaneSearch(PlaneSearch&&) noexcept;
  PlaneSearch& operator=(PlaneSearch&&) noexcept;

  void reset(std::uint64_t seed);
  /// A sample that is known beforehand, the start for instance [2]; after reset, before the first tell.
  void know(std::span<const double> point, double value);

  bool needs_decision() const;
  std::span<const float> features() const;  ///< [SearchController::features], while a decision is needed
  /// u [SearchController::decisions], clipped to [−1, 1]. Throws std::logic_error when no decision is needed.
  void decide(std::span<const float> u);
  void decide();  ///< the tuned rule: u = 0

  /// The points to evaluate next [k, 2], k ≥ 1, inside the unit square. Throws std::logic_error while a decision is
  /// needed.
  std::span<const double> ask() const;
  /// Their values [k], finite. Fewer, the first of them, when the budget ends here.
  void tell(std::span<const double> values);

  std::uint64_t evaluations() const;           ///< told or known
  std::uint64_t restarts() const;              ///< descents ended
  std::uint64_t rounds() const;                ///< look-and-tries begun, looks over the whole box among them
  double best_value() const;                   ///< +infinity before the first
  std::span<const double> best_point() const;  ///< [2]

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rover
