#pragma once
// Files that grow row by row and survive a kill, for storage/ only. A plain flush does not survive a kill; SWMR with a
// flush of each data set keeps every flushed row, but no object can be added later. HDF5 1.10 crashes, and loses the
// file, when a write fails, so disk space is reserved before each write: a full disk is noticed while the file is still
// intact.
#include "storage/hdf5.h"

namespace rover::h5 {

/// A file under a temporary name until publish(); removed if that is never reached. Throws std::runtime_error where it
/// cannot be written.
class GrowingFile {
 public:
  GrowingFile(const Kind& kind, const std::filesystem::path& path);
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;
  ~GrowingFile();
  hid_t id() const { return file_; }
  const std::filesystem::path& path() const { return path_; }

  /// Before start(): a data set [0 rows, row_shape…] in chunks of `chunk_rows`; `fill` is what rows hold that were
  /// never written.
  void add(const std::string& name, hid_t type, const Shape& row_shape, hsize_t chunk_rows, const void* fill,
           bool compress, const About& about);
  /// From here on the file is on disk, readers are safe, and data sets can be opened and appended to.
  void start();
  /// Makes sure that `bytes` more can be written. Throws std::runtime_error; nothing is written then, and it may be
  /// tried again.
  void reserve(std::size_t bytes);
  /// Gives the file its name.
  void publish();

 private:
  std::filesystem::path path_, temporary_;
  Handle file_;
  std::size_t reserved_ = 0;
  bool published_ = false;
};

/// Writes `rows` rows behind the first `written` and flushes them; reserve() comes first. Throws std::runtime_error
/// about `path`.
void append(const std::filesystem::path& path, hid_t data_set, hid_t type, hsize_t written, hsize_t rows,
            const void* data);
/// The most that `append` adds to the file.
std::size_t append_bytes(hid_t data_set, hsize_t rows);
/// The first `chunks` chunks of one data set to another of the same layout, as they are: compressed. reserve() comes
/// first. Throws std::runtime_error about `path`, the file written, or about the one read.
void copy_chunks(const std::filesystem::path& path, hid_t from, hid_t to, hsize_t chunks, std::string_view name);
}  // namespace rover::h5
