#pragma once
#include <cstdint>
#include <vector>

#include "agents/agent.h"
#include "env/trial.h"

namespace rover {

/// Which evaluations of an agent do not wait for each other: those of one look, or all of one iteration (a generation
/// that is asked for point by point).
enum class Together { look, iteration };

/// Round trips of a run where `processors` points are evaluated at once: a batch of m points takes ⌈m / processors⌉.
class RoundClock {
 public:
  explicit RoundClock(std::uint64_t processors) : processors_(processors) {}
  /// So many more points; `ends_batch`: what comes next depends on them.
  void ask(std::uint64_t points, bool ends_batch) {
    rounds_ += needed(batch_ + points) - needed(batch_);
    batch_ = ends_batch ? 0 : batch_ + points;
  }
  std::uint64_t rounds() const { return rounds_; }

 private:
  std::uint64_t needed(std::uint64_t points) const { return (points + processors_ - 1) / processors_; }
  std::uint64_t processors_, rounds_ = 0, batch_ = 0;
};

/// What an agent needed to reach a target: evaluations, and rounds of evaluations at a time.
struct Cost {
  double evaluations = 0, rounds = 0;
  bool reached = false;
};

/// The costs of these targets, in shares of the start's regret, falling, on a noise-free surface. A round holds up to
/// `at_once` evaluations that need not wait for each other; a look counts whole. A target that is not reached counts
/// 1.5 times the budget and the run's rounds.
std::vector<Cost> costs_to_targets(Agent& agent, const Trial& trial, const std::vector<double>& targets,
                                   std::uint64_t budget, Together together, std::size_t at_once, std::uint64_t seed);

}  // namespace rover
