#include "agents/rover/pair_memory.h"

#include <doctest/doctest.h>

#include "tests/storage/scratch.h"

namespace rover {
namespace {

using Source = PairMemory::Source;

}  // namespace

TEST_CASE("each pair keeps its own state, made on its first visit") {
  PairMemory memory;
  memory.reset(100, 3, -1, -2, Source::pairs);
  CHECK(memory.size() == 0);
  const auto slot = memory.visit({4, 90});
  CHECK(memory[slot].log_step_size == -1);
  CHECK(memory[slot].log_resolution == -2);
  CHECK(memory[slot].context.first);
  CHECK(memory.hidden(slot)[2] == 0);
  memory[slot].log_step_size = 5, memory[slot].context.first = false;
  memory.hidden(slot)[2] = 0.5f, memory.cell(slot)[0] = 0.25f;
  const auto other = memory.visit({4, 91});
  CHECK(memory[other].log_step_size == -1);
  memory[other].log_step_size = 9;
  CHECK(memory.visit({4, 90}) == slot);
  CHECK(memory[slot].log_step_size == 5);
  CHECK(memory.hidden(slot)[2] == 0.5f);
  CHECK(memory.cell(slot)[0] == 0.25f);
  CHECK(memory.hidden(other)[2] == 0);
  CHECK(memory.size() == 2);
  memory.reset(100, 3, 0, 0, Source::pairs);
  CHECK(memory.size() == 0);
  CHECK(memory.hidden(memory.visit({4, 90}))[2] == 0);
}

TEST_CASE("step size and resolution follow the coordinates, state and context the pair") {
  PairMemory memory;
  memory.reset(6, 1, 0, 0, Source::coordinates);
  const auto a = memory.visit({0, 1}), b = memory.visit({2, 3});
  memory[a] = {-2, 4, {}}, memory[b] = {-6, 8, {}};
  memory[a].context.first = false, memory.hidden(a)[0] = 0.5f;
  const auto c = memory.visit({1, 2});
  CHECK(memory[c].log_step_size == -4);
  CHECK(memory[c].log_resolution == 6);
  CHECK(memory[c].context.first);
  CHECK(memory.hidden(c)[0] == 0);
  memory[c].log_step_size = -5;
  const auto d = memory.visit({2, 4});  // 4 was nowhere: all from 2, whose last pair is c
  CHECK(memory[d].log_step_size == -5);
  CHECK(memory.visit({0, 1}) == a);
  CHECK(memory[a].log_step_size == -3.5);  // 0 is at −2 still, 1 at −5
  CHECK_FALSE(memory[a].context.first);
  CHECK(memory.hidden(a)[0] == 0.5f);
  CHECK(memory[memory.visit({0, 1})].log_step_size == -3.5);  // the same bits when nothing else was visited
}

TEST_CASE("unknown memories are refused") {
  CHECK(error_of([] { PairMemory::parse_source("pair"); }) == "unknown memory 'pair'; did you mean 'pairs'? (coordinates or pairs)");
}

}  // namespace rover
