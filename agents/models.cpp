#include "agents/models.h"

#include <cstdlib>
#include <vector>

#include "core/data_folder.h"
#include "core/settings.h"

namespace rover {
namespace {

std::vector<std::filesystem::path> folders() {
  std::vector<std::filesystem::path> out;
  if (const char* own = std::getenv("ROVER_MODELS"); own != nullptr && *own != '\0') out.emplace_back(own);
  for (const auto& folder : data_folders()) out.push_back(folder / "models");
  return out;
}

}  // namespace

std::optional<std::filesystem::path> find_shipped_model(const std::string& name) {
  for (const auto& folder : folders())
    for (const std::string& file : {name + ".h5", "rover-" + name + ".h5"})
      if (std::error_code ignored; std::filesystem::exists(folder / file, ignored)) return folder / file;
  return std::nullopt;
}

std::filesystem::path shipped_model(const std::string& name) {
  if (const auto found = find_shipped_model(name)) return *found;
  std::string looked;
  for (const auto& folder : folders()) looked += (looked.empty() ? "" : ", ") + folder.string();
  throw UsageError("no model '" + name + "' ships with the program, and no folder or file has that name (looked into " +
                   (looked.empty() ? "nothing: ROVER_DATA can name a folder with models/" : looked) + ")");
}

std::filesystem::path model_path(const std::string& from) {
  std::error_code ignored;
  const std::filesystem::path path = from;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  if (is_folder && std::filesystem::exists(path / "model.h5", ignored)) return path / "model.h5";
  // A plain name means a shipped model first: a program or a folder named `rover` may lie here by chance.
  const bool plain = !path.has_parent_path() && !path.has_extension();
  if (const auto shipped = plain ? find_shipped_model(from) : std::nullopt) return *shipped;
  if (is_folder) return path / "model.h5";
  return !plain || std::filesystem::exists(path, ignored) ? path : shipped_model(from);
}

}  // namespace rover
