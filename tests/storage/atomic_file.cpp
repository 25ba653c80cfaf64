#include "storage/atomic_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "tests/storage/scratch.h"

namespace rover {
namespace {

TEST_CASE("a text file is replaced whole, through links, or not at all") {
  const Scratch scratch;
  const auto path = scratch / "a.csv";
  write_file(path, "old\n");
  CHECK(with_file_limit(1000, [&] { write_file(path, std::string(5000, 'x')); }) ==
        "cannot write '" + path.string() + "': file too large");
  CHECK(read_file(path) == "old\n");
  CHECK_FALSE(std::filesystem::exists(scratch / "a.csv.tmp"));
  std::filesystem::create_symlink(path, scratch / "link");
  write_file(scratch / "link", "new\n");
  CHECK(std::filesystem::is_symlink(scratch / "link"));
  CHECK(read_file(path) == "new\n");
}

TEST_CASE("a pipe is written to, not replaced") {
  const Scratch scratch;
  const auto path = scratch / "pipe";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  int ends[2];
  const pid_t child = detail::forked(ends, [&] { write_file(path, "through\n"); });
  CHECK(read_file(path) == "through\n");
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  CHECK(std::filesystem::is_fifo(path));
}

TEST_CASE("a file that cannot be says why") {
  const Scratch scratch;
  CHECK(error_of([&] { (void)read_file(scratch / "no"); }) ==
        "cannot open '" + (scratch / "no").string() + "': no such file");
  CHECK(error_of([&] { write_file(scratch / "no/a", "x"); }) ==
        "cannot write '" + (scratch / "no/a").string() + "': no such folder");
  CHECK(error_of([&] { write_file(scratch.folder(), "x"); }) ==
        "cannot write '" + scratch.folder().string() + "': is a directory");
  write_file(scratch / "a", "x");
  CHECK(error_of([&] { write_file(scratch / "a" / "b", "x"); }) ==
        "cannot write '" + (scratch / "a" / "b").string() + "': not a directory");
}

}  // namespace
}  // namespace rover
