#pragma once
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

namespace rover {

/// "1e-1,1e-3": normalised regrets, falling, in (0, 1). Throws UsageError for anything else.
std::vector<double> parse_targets(const std::string& text);

/// Which targets an episode has reached, and when by some clock (looks, evaluations). With Q targets the reward of what
/// happens between n and n' on the clock is
///   −1/Q Σ_q [ln n'_q − ln n] over the targets that were open at n, n'_q = the moment it was reached, or n',
/// so that the return is −mean ln(clock to target), except for the time before the first reward.
class TargetClock {
 public:
  /// Begins an episode: targets are optimum + q · gap for each q.
  void begin(const std::vector<double>& targets, double optimum, double gap);
  /// A value that was seen at `now`, which never falls.
  void see(double value, double now) {
    while (open_ < thresholds_.size() && value <= thresholds_[open_]) reached_[open_++] = now;
  }
  bool all() const { return open_ == thresholds_.size(); }
  /// How many targets are reached.
  std::size_t reached_count() const { return open_; }
  /// Counts open targets as reached at `now`; call once, at the end of an episode.
  void close(double now);
  /// The reward of the time from `before` to `now` for the targets from the first_open-th on.
  double reward(std::size_t first_open, double before, double now) const;
  /// When each target was reached, NaN while it is open, [Q].
  const std::vector<double>& reached() const { return reached_; }

 private:
  std::vector<double> thresholds_, reached_;
  std::size_t open_ = 0;
};

}  // namespace rover
