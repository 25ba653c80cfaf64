#include "core/data_folder.h"

#include <cstdlib>
#include <string>
#include <utility>

#include "core/settings.h"

namespace rover {
namespace fs = std::filesystem;
namespace {

std::vector<fs::path>& added() {  // a function: add_data_folder may run before this file's statics are set up
  static std::vector<fs::path> folders;
  return folders;
}

}  // namespace

std::vector<fs::path> data_folders() {
  std::vector<fs::path> out;
  std::error_code error;
  if (const char* own = std::getenv("ROVER_DATA"); own != nullptr && *own != '\0') {
    if (!fs::is_directory(own, error))
      throw UsageError(std::string("ROVER_DATA names '") + own + "', which is no folder");
    out.emplace_back(own);
  }
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  for (fs::path folder = program.parent_path(); !folder.empty(); folder = folder.parent_path()) {
    if (const fs::path data = folder / ROVER_DATADIR "/rover_descent"; fs::is_directory(data, error)) {
      out.push_back(data);
      break;
    }
    if (folder == folder.root_path()) break;
  }
  out.insert(out.end(), added().begin(), added().end());
  return out;
}

void add_data_folder(fs::path folder) { added().push_back(std::move(folder)); }

}  // namespace rover
