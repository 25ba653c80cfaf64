#include "experiments/rounds.h"

#include <doctest/doctest.h>

using rover::RoundClock;

TEST_CASE("rounds: one processor counts evaluations, many count batches") {
  const auto rounds = [](std::uint64_t processors) {
    RoundClock clock(processors);
    clock.ask(9, true);  // a look
    clock.ask(1, true);  // a try
    clock.ask(4, true);
    return clock.rounds();
  };
  CHECK(rounds(1) == 14);
  CHECK(rounds(4) == 3 + 1 + 1);
  CHECK(rounds(100) == 3);
}

TEST_CASE("rounds: a generation that is asked for point by point is one batch") {
  RoundClock clock(4);
  for (int k = 0; k < 6; ++k) clock.ask(1, k == 5);
  CHECK(clock.rounds() == 2);
  clock.ask(1, true);
  CHECK(clock.rounds() == 3);
}
