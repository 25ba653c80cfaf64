#include "env/landscapes/images.h"

#include <doctest/doctest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "env/landscapes/idx.h"

namespace rover {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("rover-idx-" + std::to_string(::getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& bytes, bool compressed = false) const {
    if (!compressed) {
      std::ofstream(path / name, std::ios::binary) << bytes;
      return;
    }
    const gzFile file = gzopen((path / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
  }
};

std::string big_endian(std::size_t value) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
  return out;
}

std::string idx(const std::vector<std::size_t>& shape, const std::string& data, char type = 8) {
  std::string out{0, 0, type, static_cast<char>(shape.size())};
  for (const std::size_t extent : shape) out += big_endian(extent);
  return out + data;
}

std::string error_of(const fs::path& path, std::size_t dimensions) {
  try {
    read_idx(path, dimensions);
  } catch (const std::runtime_error& error) { return error.what(); }
  return "";
}

}  // namespace

TEST_CASE("IDX files are read, plain and compressed, and anything else gets one sentence") {
  const Folder folder;
  folder.write("plain", idx({2, 3}, "abcdef"));
  folder.write("zipped.gz", idx({4}, "wxyz"), true);
  CHECK(read_idx(folder.path / "plain", 2).shape == std::vector<std::size_t>{2, 3});
  CHECK(read_idx(folder.path / "plain", 2).data == std::vector<std::uint8_t>{'a', 'b', 'c', 'd', 'e', 'f'});
  CHECK(read_idx(folder.path / "zipped", 1).data[3] == 'z');
  const auto says = [&](const std::string& name, std::size_t dimensions, const std::string& part) {
    const std::string error = error_of(folder.path / name, dimensions);
    CAPTURE(error);
    CHECK(error.find(part) != std::string::npos);
    CHECK(error.find(name) != std::string::npos);
  };
  says("missing", 1, "there is no file");
  says("plain", 3, "has 2 dimensions where 3 are needed");
  folder.write("foreign", "PNG and so on");
  says("foreign", 1, "is no IDX file");
  folder.write("empty", "");
  says("empty", 1, "is no IDX file");
  folder.write("floats", idx({1}, "abcd", 0x0D));
  says("floats", 1, "of another type than bytes");
  folder.write("short", idx({9}, "abcd"));
  says("short", 1, "is truncated: it holds fewer than the 9 bytes");
  folder.write("header", idx({9, 9}, "").substr(0, 9));
  says("header", 2, "ends in its header");
  folder.write("long", idx({2}, "abcd"));
  says("long", 1, "longer than its header says");
  folder.write("huge", idx({4294967295u, 4294967295u, 4294967295u}, "abcd"));
  says("huge", 3, "more than 1 GB");
  folder.write("claims", idx({1000000000}, "abcd"));
  says("claims", 1, "is truncated");
  folder.write("whole.gz", idx({4}, "wxyz"), true);
  std::string bytes;
  {
    std::ifstream file(folder.path / "whole.gz", std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  folder.write("cut.gz", bytes.substr(0, bytes.size() - 10));
  CHECK(!error_of(folder.path / "cut.gz", 1).empty());
}

TEST_CASE("images are reduced by the means of areas") {
  // 4 × 4 → 2 × 2 by blocks, → 1 by everything; 3 × 3 → 2 × 2 by parts of pixels.
  std::vector<std::uint8_t> four(16);
  for (std::size_t k = 0; k < 16; ++k) four[k] = static_cast<std::uint8_t>(k);
  CHECK(reduce_images(four, 4, 4, 2) == std::vector<float>{2.5f, 4.5f, 10.5f, 12.5f});
  CHECK(reduce_images(four, 4, 4, 1) == std::vector<float>{7.5f});
  const std::vector<std::uint8_t> three{0, 3, 6, 9, 12, 15, 18, 21, 24};
  const auto two = reduce_images(three, 3, 3, 2);
  CHECK(two[0] == doctest::Approx((0 + 3 * 0.5 + 9 * 0.5 + 12 * 0.25) / 2.25));
  CHECK(two[3] == doctest::Approx((24 + 15 * 0.5 + 21 * 0.5 + 12 * 0.25) / 2.25));
  CHECK(reduce_images(four, 4, 4, 4)[13] == 13);
}

TEST_CASE("a folder of images is a landscape; what does not fit is refused") {
  const Folder folder;
  std::string pixels;
  for (int k = 0; k < 6 * 16; ++k) pixels += static_cast<char>(k * 7);
  folder.write("train-images-idx3-ubyte", idx({6, 4, 4}, pixels));
  folder.write("train-labels-idx1-ubyte", idx({6}, std::string("\0\1\2\0\1\2", 6)));
  folder.write("t10k-images-idx3-ubyte.gz", idx({2, 4, 4}, pixels.substr(0, 32)), true);
  folder.write("t10k-labels-idx1-ubyte.gz", idx({2}, std::string("\0\1", 2)), true);
  ImagesOptions options;
  options.path = folder.path.string(), options.side = 2, options.hidden = "5", options.minibatch = 2;
  const auto f = make_images(options);
  CHECK(f->dimension() == 4 * 5 + 5 + 5 * 3 + 3);
  CHECK(f->has_validation());
  const std::vector<double> zero(f->dimension());
  CHECK(f->value(zero) == doctest::Approx(std::log(3.0)));
  CHECK(f->validation(zero) == doctest::Approx(std::log(3.0)));
  options.side = 5;
  CHECK_THROWS_AS(make_images(options), UsageError);
  options.side = 0, options.samples = 4;
  CHECK(make_images(options)->dimension() == 16 * 5 + 5 + 5 * 3 + 3);
  options.hidden = "5x";
  CHECK_THROWS_AS(make_images(options), UsageError);
  const Folder other;
  options.path = (other.path / "nowhere").string();
  CHECK_THROWS_AS(make_images(options), UsageError);
  CHECK(!has_images(options.path));
  folder.write("train-labels-idx1-ubyte", idx({5}, std::string("\0\1\2\0\1", 5)));
  options.path = folder.path.string(), options.hidden = "5", options.samples = 3;
  CHECK_THROWS_AS(make_images(options), std::runtime_error);
}

}  // namespace rover
