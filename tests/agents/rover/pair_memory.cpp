#include "agents/rover/pair_memory.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/storage/scratch.h"

namespace rover {
namespace {

using Keeping = PairMemory::Keeping;
using Slots = std::vector<std::uint32_t>;

Slots visit(PairMemory& memory, const std::vector<Pair>& pairs) {
  Slots slots;
  memory.visit(pairs, slots);
  return slots;
}

}  // namespace

TEST_CASE("a pair keeps what it had until it is visited again") {
  PairMemory memory;
  memory.reset(100, 3, -1, -2, Keeping::pairs);
  const std::vector<Pair> pairs{{4, 90}};
  const Slots first = visit(memory, pairs);
  CHECK(memory[first[0]].log_step_size == -1);
  CHECK(memory[first[0]].log_resolution == -2);
  CHECK(memory[first[0]].context.first);
  memory[first[0]].log_step_size = 5, memory[first[0]].context.first = false;
  memory.hidden(first[0])[2] = 0.5f, memory.cell(first[0])[0] = 0.25f;
  memory.learn(pairs, first);
  const Slots other = visit(memory, {{4, 91}});
  CHECK(memory[other[0]].log_step_size == -1);
  CHECK(memory.hidden(other[0])[2] == 0);
  CHECK(memory.size() == 2);
  const Slots again = visit(memory, pairs);
  CHECK(memory[again[0]].log_step_size == 5);
  CHECK_FALSE(memory[again[0]].context.first);
  CHECK(memory.hidden(again[0])[2] == 0.5f);
  CHECK(memory.cell(again[0])[0] == 0.25f);
  memory.reset(100, 3, 0, 0, Keeping::pairs);
  CHECK(memory.size() == 0);
  CHECK(memory.hidden(visit(memory, pairs)[0])[2] == 0);
}

TEST_CASE("step size and resolution belong to the coordinates, the state to a pair that is visited step after step") {
  PairMemory memory;
  memory.reset(6, 1, 0, 0, Keeping::coordinates);
  const std::vector<Pair> first{{0, 1}, {2, 3}};
  Slots slots = visit(memory, first);
  memory[slots[0]] = {-2, 4, {}}, memory[slots[1]] = {-6, 8, {}};
  memory[slots[0]].context.first = false, memory.hidden(slots[0])[0] = 0.5f, memory.cell(slots[0])[0] = 0.25f;
  memory.learn(first, slots);

  const std::vector<Pair> second{{1, 2}, {0, 1}, {2, 4}};
  slots = visit(memory, second);
  CHECK(memory.size() == 3);
  CHECK(memory[slots[0]].log_step_size == -4);
  CHECK(memory[slots[0]].log_resolution == 6);
  CHECK(memory[slots[0]].context.first);
  CHECK(memory.hidden(slots[0])[0] == 0);
  CHECK(memory[slots[1]].log_step_size == -2);
  CHECK_FALSE(memory[slots[1]].context.first);
  CHECK(memory.hidden(slots[1])[0] == 0.5f);
  CHECK(memory.cell(slots[1])[0] == 0.25f);
  CHECK(memory[slots[2]].log_step_size == -3);  // coordinate 4 was nowhere yet: at the first values
  memory[slots[0]].log_step_size = -5;
  memory.learn(second, slots);

  const std::vector<Pair> third{{1, 5}, {0, 3}};
  slots = visit(memory, third);
  CHECK(memory[slots[0]].log_step_size == (-5. - 2.) / 2 / 2);  // 1 was in two pairs, 5 is new
  CHECK(memory[slots[1]].log_step_size == (-2. - 6.) / 2);      // 3 was away for a step
  slots = visit(memory, {{0, 1}});
  CHECK(memory[slots[0]].context.first);  // not visited in the step before
  CHECK(memory.hidden(slots[0])[0] == 0);
}

TEST_CASE("many pairs: the table finds each") {
  PairMemory memory;
  memory.reset(200, 0, 0, 0, Keeping::pairs);
  RandomStream stream = make_stream(1, 0, "pairs");
  std::map<Pair, double> kept;
  for (int step = 0; step < 3000; ++step) {
    const auto j = static_cast<std::uint32_t>(1 + stream.below(199));
    const Pair pair{static_cast<std::uint32_t>(stream.below(j)), j};
    const auto slot = visit(memory, {pair})[0];
    CHECK(memory[slot].log_step_size == kept[pair]);
    memory[slot].log_step_size = kept[pair] = step;
  }
  CHECK(memory.size() == kept.size());
}

TEST_CASE("unknown memories are refused") {
  CHECK(error_of([] { PairMemory::parse_keeping("pair"); }) ==
        "unknown memory 'pair'; did you mean 'pairs'? (coordinates or pairs)");
}

}  // namespace rover
