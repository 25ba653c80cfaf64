#pragma once
#include <filesystem>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "training/trainers.h"

namespace rover {

/// Reads a config file: lines `key = value`; `#` at a line's start or after a blank begins a comment; `include = FILE`
/// (from the file's own folder, `.cfg` may be left out) puts another file under this one, whose keys win. Throws
/// UsageError with file and line.
Settings read_config(const std::filesystem::path& path);

/// A preset is a config file `NAME.cfg` that names its trainer (`trainer = ID`) and says in its first line, a comment,
/// what it is for.
struct Preset {
  std::string name, summary, trainer;
  std::filesystem::path path;
};
/// Every preset in the folders of $ROVER_PRESETS (separated by ':') and in presets/ of the data folders
/// (core/data_folder.h); of two with one name the first is taken. Sorted by name.
std::vector<Preset> presets();
/// The preset TRAINER-NAME, or else NAME: `rover train lopt --preset quick` means lopt-quick. Throws UsageError, with a
/// suggestion, when there is none.
Preset find_preset(const std::string& name, const std::string& trainer = "");

/// "key=value" in two. Throws UsageError: "--set 'foo' is not key=value".
std::pair<std::string, std::string> parse_assignment(const std::string& text);

/// Settings from variables ROVER_KEY, dots as two underscores: ROVER_DDPG__LEARNING_RATE is ddpg.learning_rate.
/// ROVER_PRESETS, ROVER_DATA and ROVER_MODELS name folders and are no settings. `environment`: as environ(7), ended by
/// a null pointer.
Settings environment_settings(const char* const* environment);

/// The sources of a training's settings, in rising precedence.
struct ConfigSources {
  std::string trainer;           ///< from the command line; "": the first source that has `trainer` names it
  std::filesystem::path run;     ///< config.cfg of the run to resume, or ""
  std::string preset;            ///< name, or ""
  std::filesystem::path config;  ///< file, or ""
  const char* const* environment = nullptr;
  std::vector<std::string> sets;  ///< key=value
};
/// Defaults < run < preset < config < environment < sets: every setting of the trainer, and `trainer` itself. A
/// variable that names no setting of it is ignored, with one line in `notes`. Throws
/// UsageError for an unknown trainer, preset or setting (naming the source), or a source that is for another trainer.
Settings gather_settings(const ConfigSources& sources, std::ostream& notes = std::cerr);

}  // namespace rover
