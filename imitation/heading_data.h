#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "imitation/collection.h"
#include "storage/checkpoint.h"
#include "storage/data_set.h"

namespace rover {

/// The samples of a heading's training: in memory, and in FOLDER/dataset.h5 in the paper's form, a tuple (grid,
/// direction, label) a row, each sample followed by its negative. Shards can be collected again at any time to the same
/// bits, so the file is a record and a short cut, never the only copy.
class HeadingData {
 public:
  /// `folder` empty: in memory only.
  HeadingData(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed,
              const std::filesystem::path& folder);
  /// Collects the shard and appends it; shard 0 starts a new file. Throws std::runtime_error when the file cannot be
  /// written.
  void collect(std::uint64_t shard);
  /// Samples collected, including those that let_go() released.
  std::size_t size() const { return samples_; }
  const std::vector<float>& grids() const { return grids_; }            ///< [N, n, n]
  const std::vector<float>& directions() const { return directions_; }  ///< [N, 2]
  /// The number of samples and a checksum of them.
  void save(Checkpoint& out, const std::string& prefix) const;
  /// Restores the first `shards` shards: from the file, cut to what the checkpoint counts, or, when it does not hold
  /// exactly that, collected and written again. Throws std::runtime_error when these settings do not give the
  /// checkpoint's samples.
  void restore(const Checkpoint& in, const std::string& prefix, std::uint64_t shards);
  /// Call when nothing reads the samples any more: frees them, and removes the file unless it is kept. save() still
  /// writes their number and checksum.
  void let_go(bool keep_file);
  /// Restores the state after let_go(), without collecting the samples.
  void restore_let_go(const Checkpoint& in, const std::string& prefix);

 private:
  void forget();
  void keep(std::span<const float> grids, std::span<const float> directions);  ///< in memory
  void write(const Samples& samples);                                          ///< to the file, if there is one
  bool read(std::uint64_t samples, std::uint64_t checksum);                    ///< false: the file does not hold them
  DataSetWriter::Attributes attributes() const;
  CollectionOptions options_;
  std::size_t grid_size_;
  std::uint64_t seed_;
  std::filesystem::path file_;
  std::vector<float> grids_, directions_;
  std::uint64_t samples_ = 0, checksum_ = 0;
  std::optional<DataSetWriter> writer_;  ///< while shards come in
};

}  // namespace rover
