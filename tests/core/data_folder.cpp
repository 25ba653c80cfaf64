#include "core/data_folder.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "core/settings.h"

namespace fs = std::filesystem;

TEST_CASE("data is looked for in ROVER_DATA, then above the executable, then where the program says") {
  ::unsetenv("ROVER_DATA");
  const auto found = rover::data_folders();
  REQUIRE(found.size() == 1);  // the build folder's
  CHECK(fs::exists(found[0] / "presets" / "quick.cfg"));
  CHECK(fs::exists(found[0] / "models" / "rover-paper.h5"));
  ::setenv("ROVER_DATA", "/", 1);
  rover::add_data_folder("/of/a/package");
  CHECK(rover::data_folders() == std::vector<fs::path>{"/", found[0], "/of/a/package"});
  ::setenv("ROVER_DATA", "/no/such", 1);
  CHECK_THROWS_WITH_AS(rover::data_folders(), "ROVER_DATA names '/no/such', which is no folder", rover::UsageError);
  ::setenv("ROVER_DATA", "", 1);  // as if it were not set
  CHECK(rover::data_folders() == std::vector<fs::path>{found[0], "/of/a/package"});
  ::unsetenv("ROVER_DATA");
}
