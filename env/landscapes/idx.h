#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

namespace rover {

/// An array of bytes as IDX files hold it (LeCun's format for MNIST): magic 0 0 8 n, n extents, then the entries.
struct IdxArray {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> data;
};

/// Reads an IDX file of bytes with `dimensions` extents, plain or compressed by gzip; `path` without an ending stands
/// for path.gz, too. Throws std::runtime_error, in one sentence that names the file, where it is missing, not IDX, of
/// another type or number of extents, shorter or longer than it says, or above 1 GB.
IdxArray read_idx(const std::filesystem::path& path, std::size_t dimensions);

}  // namespace rover
