#pragma once
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace rover::test {

/// The bytes of an IDX file of that shape.
inline std::string idx_bytes(const std::vector<std::size_t>& shape, const std::string& data, char type = 8) {
  std::string out{0, 0, type, static_cast<char>(shape.size())};
  for (const std::size_t extent : shape)
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(extent >> shift);
  return out + data;
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}
inline void write_gzip(const std::filesystem::path& path, const std::string& bytes) {
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
}

}  // namespace rover::test
