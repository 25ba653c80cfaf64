#include <doctest/doctest.h>

#include "agents/agent.h"
#include "tests/storage/scratch.h"

namespace rover {

TEST_CASE("settings that no walk could have are refused before it") {
  const auto error = [](const std::string& key, const std::string& value) {
    return error_of([&] {
      agents().make("rover", {{"mode", "paper"}, {"heading", "newton-fit"}, {"policy", "random"}, {key, value}});
    });
  };
  for (const char* size : {"0", "1", "65", "100000000000"})
    CHECK(error("grid_size", size) == "a rover's grid has 2 to 64 cells a side (grid_size)");
  CHECK(error("grid_size", "64") == "");
  CHECK(error("line_search", "9223372036854775807") == "a line search has at most 1000 points (line_search)");
}

}  // namespace rover
