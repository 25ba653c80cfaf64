#include "experiments/output_set.h"

#include <stdexcept>

#include "storage/atomic_file.h"

namespace rover {
namespace fs = std::filesystem;

OutputSet::~OutputSet() {
  std::error_code ignored;
  for (const auto& [written, path] : files_) fs::remove(written, ignored);
}

fs::path OutputSet::place(const fs::path& path) {
  const fs::path target = resolved_path(path);
  if (fs::exists(target) && !fs::is_regular_file(target)) return path;
  const fs::path written = target.parent_path() / (target.stem().string() + ".tmp" + target.extension().string());
  files_.emplace_back(written, target);
  return written;
}

void OutputSet::publish() {
  for (const auto& [written, path] : files_) {
    std::error_code error;
    fs::rename(written, path, error);
    if (error) throw std::runtime_error("cannot write '" + path.string() + "': " + system_reason(error.value()));
  }
  files_.clear();
}

}  // namespace rover
