#include "experiments/output_set.h"

#include <doctest/doctest.h>

#include <fstream>

#include "storage/atomic_file.h"
#include "tests/storage/scratch.h"

namespace rover {

TEST_CASE("files that belong together appear together, or not at all") {
  const Scratch scratch;
  const auto count = [&] {
    return std::distance(std::filesystem::directory_iterator(scratch.folder()), std::filesystem::directory_iterator());
  };
  write_file(scratch / "a.csv", std::string_view("old"));
  {
    OutputSet files;
    write_file(files.place(scratch / "a.csv"), std::string_view("new"));
    write_file(files.place(scratch / "b"), std::string_view("b"));
    CHECK(files.place(scratch / "c.svg").extension() == ".svg");
    CHECK(read_file(scratch / "a.csv") == "old");
  }
  CHECK(count() == 1);
  {
    OutputSet files;
    write_file(files.place(scratch / "a.csv"), std::string_view("new"));
    write_file(files.place(scratch / "b"), std::string_view("b"));
    files.publish();
  }
  CHECK(read_file(scratch / "a.csv") == "new");
  CHECK(read_file(scratch / "b") == "b");
  CHECK(count() == 2);
  OutputSet files;
  CHECK(files.place("/dev/null") == "/dev/null");
}

}  // namespace rover
