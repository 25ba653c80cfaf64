#pragma once
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rover {

/// A block of imitation data: B grids with the direction that the teacher took from their middle.
struct DataSetRows {
  std::span<const float> grids_bnn;
  std::span<const float> directions_b2;      ///< unit vectors; what a row of label 0 holds is up to the collector
  std::span<const std::uint8_t> labels;      ///< B
  std::span<const std::int32_t> landscapes;  ///< B, index of the family
  std::span<const std::uint64_t> episodes;   ///< B, number of the run that the grid comes from
};

/// One flat HDF5 file: `grids` [N, n, n] f32, `directions` [N, 2] f32, `labels` [N] u8, `landscape` [N] i32, `episode`
/// [N] u64; chunked, shuffle + gzip 1. Written under SWMR: after a kill −9 every row that flush() had returned from is
/// there.
class DataSetWriter {
 public:
  using Attributes = std::map<std::string, std::string>;

  /// A new data set of n×n grids (one that is there is replaced); `attributes` say how it was made. Throws
  /// std::runtime_error when the file cannot be written.
  static DataSetWriter create(const std::filesystem::path& path, std::size_t n, const Attributes& attributes);
  /// Goes on behind the first `rows` rows and forgets the others. The old file stays until the new one is complete.
  /// Throws std::runtime_error also when it holds fewer.
  static DataSetWriter resume(const std::filesystem::path& path, std::uint64_t rows);

  DataSetWriter(DataSetWriter&&) noexcept;
  DataSetWriter& operator=(DataSetWriter&&) noexcept;
  ~DataSetWriter();  ///< flushes, without reporting failures

  /// Rows stay in memory until a chunk is full. Throws std::invalid_argument when the spans' sizes do not fit together.
  void append(const DataSetRows& rows);
  /// Throws std::runtime_error when the rows cannot be written; they are then kept. Chunks that are not full are
  /// compressed again later, so flush where a checkpoint counts the rows, not after every append.
  void flush();
  std::uint64_t rows() const;  ///< appended so far

 private:
  struct Impl;
  explicit DataSetWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct DataSet {
  std::size_t n = 0;
  std::uint64_t held = 0;  ///< rows of the file that these were read from
  std::vector<float> grids_bnn, directions_b2;
  std::vector<std::uint8_t> labels;
  std::vector<std::int32_t> landscapes;
  std::vector<std::uint64_t> episodes;
  DataSetWriter::Attributes attributes;
  std::size_t size() const { return labels.size(); }
};

/// Rows [first, first + count), as far as there are. Can be called while it is written, and after a kill. Throws
/// std::runtime_error for a file that is missing, not HDF5, no data set, or damaged.
DataSet read_data_set(const std::filesystem::path& path, std::uint64_t first = 0,
                      std::uint64_t count = std::numeric_limits<std::uint64_t>::max());

}  // namespace rover
