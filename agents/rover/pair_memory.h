#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agents/rover/pairs.h"
#include "env/step_control_env.h"

namespace rover {

/// α, δ, context and recurrent state of each pair that was ever looked at (section 3.3), sparse: d(d−1)/2 pairs exist, few are visited.
/// 8(H + 8) bytes a pair, about.
class PairMemory {
 public:
  struct Slot {
    double log_step_size = 0, log_resolution = 0;
    ContextTracker context;
  };

  /// Where α and δ of a visited pair come from. `pairs`: its own last visit, the first values before (the paper's; a pair that comes
  /// late or seldom throws the walk back with what held long ago, which section 4.3.2 saw). `coordinates`: the last pairs of its two
  /// coordinates, the mean of log α and log δ. Recurrent state and context are always the pair's own.
  enum class Source { pairs, coordinates };
  static Source parse_source(const std::string& text);  ///< throws UsageError

  /// All pairs forgotten; `hidden` H. O(d).
  void reset(std::size_t dimension, std::size_t hidden, double log_step_size, double log_resolution, Source source);

  /// The pair's slot, made on its first visit; it becomes its coordinates' last. Allocates when there are more pairs than ever before.
  std::uint32_t visit(Pair pair);

  Slot& operator[](std::uint32_t slot) { return slots_[slot]; }
  std::span<float> hidden(std::uint32_t slot) { return std::span(states_).subspan(2 * slot * width_, width_); }
  std::span<float> cell(std::uint32_t slot) { return std::span(states_).subspan((2 * slot + 1) * width_, width_); }
  std::size_t size() const { return slots_.size(); }

 private:
  static constexpr std::uint32_t none = ~0u;
  Slot first_;
  Source source_ = Source::coordinates;
  std::size_t width_ = 0;
  std::vector<Slot> slots_;
  std::vector<float> states_;          // [slots, 2, H]
  std::vector<std::uint32_t> latest_;  // [d], a coordinate's last slot
  std::unordered_map<std::uint64_t, std::uint32_t> index_;
};

}  // namespace rover
