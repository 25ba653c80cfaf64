#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rover {

/// Finished parts of a long computation, appended to one file as they come, so that a killed process loses at most the
/// part that it was writing. Each part has a key and a checksum; what lies behind the first damaged part is dropped
/// when the file is opened. For the program that wrote it: the parts are in this machine's layout.
class Journal {
 public:
  using Bytes = std::vector<std::byte>;
  /// Opens or begins the journal of a computation that `purpose` describes completely. Throws std::runtime_error when
  /// the file cannot be opened, is no journal, is of another purpose or belongs to a process that is still writing it.
  /// `anew`: what an earlier computation left is dropped.
  Journal(std::filesystem::path path, const std::string& purpose, bool anew = false);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  std::size_t size() const { return parts_.size(); }
  const Bytes* find(const std::string& key) const;  ///< nullptr: not finished yet
  /// Throws std::runtime_error ("cannot write 'x.h5.partial': no space left on device").
  void put(const std::string& key, const Bytes& part);
  /// Removes the file: the computation is done.
  void remove();

 private:
  std::filesystem::path path_;
  int file_ = -1;
  std::map<std::string, Bytes> parts_;
};

}  // namespace rover
