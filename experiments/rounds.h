#pragma once
#include <cstdint>

namespace rover {

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

}  // namespace rover
