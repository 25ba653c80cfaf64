#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "agents/rover/pairs.h"
#include "env/look.h"

namespace rover {

/// What each pair of coordinates remembers (section 3.3): α, δ, context and recurrent state. Sparse: of d(d−1)/2 pairs
/// few are visited.
class PairMemory {
 public:
  using Slot = StepControl;

  /// `pairs` (the paper's): a pair keeps all of it until it is visited again, and begins with the first α and δ. Values
  /// from long ago throw the walk back, as in section 4.3.2. Grows by 8H + 100 bytes a pair. `coordinates` (ours): α
  /// and δ belong to the coordinates. A pair starts from the mean of its two coordinates' logarithms, and each
  /// coordinate takes the mean over the pairs that it was in. Context and recurrent state live while the pair is
  /// visited step after step. O(d + pairs).
  enum class Keeping { pairs, coordinates };
  static Keeping parse_keeping(const std::string& text);  ///< throws UsageError

  /// Forgets everything. `hidden`: H.
  void reset(std::size_t dimension, std::size_t hidden, double log_step_size, double log_resolution, Keeping keeping);

  /// The slots of a step's pairs, which are distinct. Slots of earlier steps become invalid. Allocates only when there
  /// is more to store than ever before.
  void visit(std::span<const Pair> pairs, std::vector<std::uint32_t>& slots);
  /// Call after α and δ of these slots were changed: updates those of their coordinates.
  void learn(std::span<const Pair> pairs, std::span<const std::uint32_t> slots);

  Slot& operator[](std::uint32_t slot) { return now_.slots[slot]; }
  std::span<float> hidden(std::uint32_t slot) { return std::span(now_.states).subspan(2 * slot * width_, width_); }
  std::span<float> cell(std::uint32_t slot) { return std::span(now_.states).subspan((2 * slot + 1) * width_, width_); }
  std::size_t size() const { return now_.slots.size(); }

 private:
  static constexpr std::uint32_t none = ~0u;

  /// Pairs to slots: a hash table with open addressing, at most half full.
  struct Generation {
    std::vector<Pair> pairs;           // of each slot
    std::vector<std::uint32_t> table;  // slots, or none
    std::vector<Slot> slots;
    std::vector<float> states;  // [slots, 2, H]
    void clear();
    std::uint32_t find(Pair pair) const;
    std::uint32_t add(Pair pair, const Slot& slot, std::size_t width);

   private:
    std::size_t place(Pair pair) const;  // where it is, or would be
  };

  struct Coordinate {
    double log_step_size, log_resolution;
    std::uint32_t pairs;  // of the step
  };

  Keeping keeping_ = Keeping::coordinates;
  Slot first_;
  std::size_t width_ = 0;
  Generation now_, before_;
  std::vector<Coordinate> coordinates_;
};

}  // namespace rover
