#pragma once
#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace rover {

/// A scratch table of float rows in an HDF5 file, for what does not fit in memory. Not durable: what must last is kept
/// elsewhere (a replay buffer puts it into the checkpoint). The file is open and has no name, so it is gone when the
/// object or the process ends.
class RowFile {
 public:
  /// Throws std::runtime_error when the file cannot be made.
  RowFile(std::filesystem::path path, std::size_t rows, std::size_t width);
  RowFile(RowFile&&) noexcept;
  RowFile& operator=(RowFile&&) noexcept;
  ~RowFile();
  void write(std::size_t row,
             std::span<const float> values);  ///< values: [width]; throws std::runtime_error (a full disk)
  void read(std::size_t row, std::span<float> values) const;  ///< throws std::runtime_error

 private:
  struct File;
  std::unique_ptr<File> file_;
};

}  // namespace rover
