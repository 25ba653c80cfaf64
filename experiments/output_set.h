#pragma once
#include <filesystem>
#include <utility>
#include <vector>

namespace rover {

/// Files that belong together: each is written beside its place, then all are renamed. What was there stays whole until
/// then, and nothing is left beside it when a writer throws.
class OutputSet {
 public:
  OutputSet() = default;
  OutputSet(const OutputSet&) = delete;
  OutputSet& operator=(const OutputSet&) = delete;
  ~OutputSet();
  /// Where to write what will stand at `path`; the extension is the same. A device or a pipe is written directly.
  std::filesystem::path place(const std::filesystem::path& path);
  /// Throws std::runtime_error when a file cannot be renamed.
  void publish();

 private:
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> files_;  // written, final
};

}  // namespace rover
