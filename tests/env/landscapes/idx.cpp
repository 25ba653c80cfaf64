#include "env/landscapes/idx.h"

#include <doctest/doctest.h>

#include "tests/env/landscapes/idx_files.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

using namespace test;

std::string reading(const std::filesystem::path& path, std::size_t dimensions) {
  return error_of([&] { read_idx(path, dimensions); });
}

}  // namespace

TEST_CASE("IDX files are read, plain and compressed, and anything else gets one sentence") {
  const Scratch folder;
  write_bytes(folder / "plain", idx_bytes({2, 3}, "abcdef"));
  write_gzip(folder / "zipped.gz", idx_bytes({4}, "wxyz"));
  CHECK(read_idx(folder / "plain", 2).shape == std::vector<std::size_t>{2, 3});
  CHECK(read_idx(folder / "plain", 2).data == std::vector<std::uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'});
  CHECK(read_idx(folder / "zipped", 1).data[3] == 'z');
  const auto says = [&](const std::string& name, std::size_t dimensions, const std::string& part) {
    const std::string error = reading(folder / name, dimensions);
    CAPTURE(error);
    CHECK(error.find(part) != std::string::npos);
    CHECK(error.find(name) != std::string::npos);
  };
  says("missing", 1, "there is no file");
  says("plain", 3, "has 2 dimensions where 3 are needed");
  write_bytes(folder / "foreign", "PNG and so on");
  says("foreign", 1, "is no IDX file");
  write_bytes(folder / "empty", "");
  says("empty", 1, "is no IDX file");
  write_bytes(folder / "floats", idx_bytes({1}, "abcd", 0x0D));
  says("floats", 1, "of another type than bytes");
  write_bytes(folder / "short", idx_bytes({9}, "abcd"));
  says("short", 1, "is truncated: it holds fewer than the 9 bytes");
  write_bytes(folder / "header", idx_bytes({9, 9}, "").substr(0, 9));
  says("header", 2, "ends in its header");
  write_bytes(folder / "long", idx_bytes({2}, "abcd"));
  says("long", 1, "longer than its header says");
  write_bytes(folder / "huge", idx_bytes({4294967295u, 4294967295u, 4294967295u}, "abcd"));
  says("huge", 3, "more than 1 GB");
  write_bytes(folder / "claims", idx_bytes({1000000000}, "abcd"));
  says("claims", 1, "is truncated");
  write_gzip(folder / "whole.gz", idx_bytes({4}, "wxyz"));
  std::string bytes;
  {
    std::ifstream file(folder / "whole.gz", std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  write_bytes(folder / "cut.gz", bytes.substr(0, bytes.size() - 10));
  CHECK(!reading(folder / "cut.gz", 1).empty());
}

}  // namespace rover
