#include "storage/row_file.h"

#include <doctest/doctest.h>

#include <fstream>
#include <stdexcept>
#include <vector>

#include "tests/storage/scratch.h"

namespace rover {

TEST_CASE("a row file gives back its rows and leaves nothing behind") {
  const Scratch scratch;
  const auto path = scratch / "rows.tmp";
  std::ofstream(path) << "left by a run that was killed";
  {
    RowFile rows(path, 5, 3);
    rows.write(4, std::vector<float>{7, 8, 9});
    rows.write(0, std::vector<float>{1, 2, 3});
    rows.write(4, std::vector<float>{-7, -8, 1e-30f});
    RowFile moved = std::move(rows);
    std::vector<float> row(3);
    moved.read(0, row);
    CHECK(row == std::vector<float>{1, 2, 3});
    moved.read(4, row);
    CHECK(row == std::vector<float>{-7, -8, 1e-30f});
    CHECK_THROWS_AS(moved.write(5, row), std::logic_error);
    CHECK_THROWS_AS(moved.write(0, std::vector<float>(2)), std::logic_error);
    CHECK(!std::filesystem::exists(path));  // open, without a name
  }
}

TEST_CASE("a row file that cannot be made says so in one sentence") {
  const Scratch scratch;
  const auto path = scratch / "no folder/rows.tmp";
  const std::string error = error_of([&] { RowFile(path, 5, 3); });
  CHECK(error.starts_with("cannot write '" + path.string() + "': "));
  CHECK(error.find('\n') == std::string::npos);
}

}  // namespace rover
