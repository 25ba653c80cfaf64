#pragma once
#include <filesystem>
#include <optional>
#include <string>

namespace rover {

/// The file NAME.h5 or rover-NAME.h5 of the models that ship: in $ROVER_MODELS, else in models/ of the data folders
/// (core/data_folder.h). Throws UsageError, naming where it looked.
std::filesystem::path shipped_model(const std::string& name);
/// The same, empty where there is none.
std::optional<std::filesystem::path> find_shipped_model(const std::string& name);

/// What `from` names: a run folder with a model (its model.h5), else, if it is a plain name, a shipped model, else a
/// folder or file. Throws as shipped_model().
std::filesystem::path model_path(const std::string& from);

}  // namespace rover
