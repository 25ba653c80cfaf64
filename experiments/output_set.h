#pragma once
#include <filesystem>
#include <utility>
#include <vector>

namespace rover {

/// Files that belong together: each is written under a temporary name, then all are renamed. Old files stay complete
/// until then, and no temporary file is left when a writer throws.
class OutputSet {
 public:
  OutputSet() = default;
  OutputSet(const OutputSet&) = delete;
  OutputSet& operator=(const OutputSet&) = delete;
  ~OutputSet();
  /// Where to write the file that will become `path`; the extension is the same. A device or a pipe is written
  /// directly.
  std::filesystem::path place(const std::filesystem::path& path);
  /// Throws std::runtime_error when a file cannot be renamed.
  void publish();

 private:
  std::vector<std::pair<std::filesystem::path, std::filesystem::path>> files_;  // written, final
};

}  // namespace rover
