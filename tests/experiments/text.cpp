#include "experiments/text.h"

#include <doctest/doctest.h>

namespace rover {

TEST_CASE("a table that is too wide is folded between its groups of columns") {
  const std::vector<std::vector<std::string>> rows{{"agent", "a: x", "y", "b: x", "y"}, {"gd", "1", "2", "3", "4"}};
  CHECK(aligned_within(rows, 1, 40) == "agent  a: x  y  b: x  y\ngd        1  2     3  4\n");
  CHECK(aligned_within(rows, 1, 22) == "agent  a: x  y\ngd        1  2\nagent  b: x  y\ngd        3  4\n");
  CHECK(aligned_within(rows, 1, 12) ==
        "agent  a: x\ngd        1\nagent  y\ngd     2\nagent  b: x\ngd        3\nagent  y\ngd     4\n");
}

}  // namespace rover
