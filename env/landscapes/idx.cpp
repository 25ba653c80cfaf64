#include "env/landscapes/idx.h"

#include <zlib.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

namespace rover {
namespace {

constexpr std::size_t most_bytes = std::size_t{1} << 30;
constexpr std::size_t piece = std::size_t{1} << 20;  // memory grows with what was read, not with what a header says

}  // namespace

IdxArray read_idx(const std::filesystem::path& path, std::size_t dimensions) {
  namespace fs = std::filesystem;
  fs::path found = path;
  std::error_code ignored;
  if (!fs::is_regular_file(found, ignored)) found += ".gz";
  if (!fs::is_regular_file(found, ignored))
    throw std::runtime_error("there is no file '" + path.string() + "', nor '" + found.string() + "'");
  const auto fail = [&](const std::string& why) { return std::runtime_error("'" + found.string() + "' " + why); };
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(found.c_str(), "rb"), gzclose);
  if (!file) throw fail("cannot be opened");
  const auto read = [&](void* to, std::size_t count) {
    const int got = gzread(file.get(), to, static_cast<unsigned>(count));
    if (got < 0) throw fail("is damaged: it cannot be decompressed");
    return static_cast<std::size_t>(got);
  };

  std::uint8_t magic[4];
  if (read(magic, 4) != 4 || magic[0] != 0 || magic[1] != 0)
    throw fail("is no IDX file: it does not begin with two zeros");
  if (magic[2] != 8)
    throw fail("is an IDX file of another type than bytes (type " + std::to_string(magic[2]) + ", not 8)");
  if (magic[3] != dimensions)
    throw fail("has " + std::to_string(magic[3]) + " dimensions where " + std::to_string(dimensions) + " are needed");
  IdxArray out;
  std::size_t size = 1;
  for (std::size_t k = 0; k < dimensions; ++k) {
    std::uint8_t bytes[4];
    if (read(bytes, 4) != 4) throw fail("is truncated: it ends in its header");
    const std::size_t extent =
        std::size_t{bytes[0]} << 24 | std::size_t{bytes[1]} << 16 | std::size_t{bytes[2]} << 8 | bytes[3];
    if (extent > 0 && size > most_bytes / extent) throw fail("says that it holds more than 1 GB, which is too much");
    out.shape.push_back(extent), size *= extent;
  }
  while (out.data.size() < size) {
    const std::size_t old = out.data.size(), wanted = std::min(piece, size - old);
    out.data.resize(old + wanted);
    if (read(&out.data[old], wanted) != wanted)
      throw fail("is truncated: it holds fewer than the " + std::to_string(size) + " bytes that its header says");
  }
  if (std::uint8_t one = 0; read(&one, 1) != 0) throw fail("is longer than its header says");
  return out;
}

}  // namespace rover
