#include "storage/journal.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <optional>

#include "storage/atomic_file.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

Journal::Bytes bytes(std::size_t size, int value) { return Journal::Bytes(size, static_cast<std::byte>(value)); }

}  // namespace

TEST_CASE("parts come back, after any cut all that were whole before it") {
  const Scratch scratch;
  const auto path = scratch / "x.partial";
  {
    Journal journal(path, "a call");
    CHECK(journal.size() == 0);
    journal.put("run 0", bytes(10, 1));
    journal.put("run 1", {});
    journal.put("tuned 7", bytes(100, 2));
    CHECK(*journal.find("run 0") == bytes(10, 1));
  }
  const std::string whole = read_file(path);
  std::size_t last = 3;
  for (std::size_t size = whole.size() + 1; size-- > 0;) {
    write_file(path, whole.substr(0, size));
    {
      Journal journal(path, "a call");
      CHECK(journal.size() <= last);
      last = journal.size();
      if (last == 3) CHECK(*journal.find("tuned 7") == bytes(100, 2));
      if (last >= 1) CHECK(*journal.find("run 0") == bytes(10, 1));
      journal.put("later", bytes(3, 3));
    }
    CHECK(Journal(path, "a call").size() == last + 1);
  }
  CHECK(last == 0);
  std::string damaged = whole;
  damaged.back() ^= 1;
  write_file(path, damaged);
  CHECK(Journal(path, "a call").size() == 2);
}

TEST_CASE("a journal of another call, of another process or of no kind is refused") {
  const Scratch scratch;
  const auto path = scratch / "x.partial";
  std::optional<Journal> journal(std::in_place, path, "a call");
  const std::string name = "'" + path.string() + "' ";
  CHECK(error_of([&] { Journal again(path, "a call"); }) == name + "is being written by another process");
  journal.reset();
  CHECK(error_of([&] { Journal other(path, "another"); }) == name + "is of another call: a call");
  CHECK(Journal(path, "another", true).size() == 0);
  write_file(path, "what is this, and who put it here?");
  CHECK(error_of([&] { Journal other(path, "a call"); }) == name + "is no journal of unfinished runs");
  CHECK(error_of([&] { Journal nowhere(scratch / "no/x", "a call"); }).ends_with("no such file"));
  Journal(scratch / "y", "a call").remove();
  CHECK(!std::filesystem::exists(scratch / "y"));
}

}  // namespace rover
