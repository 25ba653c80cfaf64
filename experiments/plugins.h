#pragma once
#include <string>
#include <vector>

namespace rover {

/// Loads a shared object that core/plugin.h describes and lets it add to the registries; it stays loaded. One that was
/// loaded before is not loaded again. Throws std::runtime_error, in one sentence, for a file that is missing or no
/// plug-in, needs what this program has not, was built for another version, or fails while it is loaded.
void load_plugin(const std::string& path);

/// Takes every `--plugin PATH` and `--plugin=PATH` out of a command line and loads them in order. Throws UsageError
/// for one without a path.
void load_plugins(std::vector<std::string>& arguments);

}  // namespace rover
