#include "experiments/config.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <iostream>
#include <sstream>

#include "core/data_folder.h"
#include "storage/atomic_file.h"

namespace rover {
namespace fs = std::filesystem;
namespace {

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string without_comment(const std::string& line) {
  for (std::size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) return line.substr(0, i);
  return line;
}

Settings read_config_file(const fs::path& path, std::vector<fs::path> readers) {
  std::string text;
  try {
    if (fs::is_directory(path)) throw std::runtime_error("cannot open '" + path.string() + "': it is a folder");
    text = read_file(path);
  } catch (const std::exception& error) { throw UsageError(error.what()); }
  const fs::path self = fs::weakly_canonical(path);
  if (std::find(readers.begin(), readers.end(), self) != readers.end())
    throw UsageError("'" + path.string() + "' includes itself");
  readers.push_back(self);
  Settings out, included;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::string content = trimmed(without_comment(line)),
                      place = path.string() + ":" + std::to_string(number) + ": ";
    if (content.empty()) continue;
    const auto equals = content.find('=');
    const std::string key = equals == std::string::npos ? "" : trimmed(content.substr(0, equals));
    if (key.empty()) throw UsageError(place + "'" + content + "' is not key = value");
    const std::string value = trimmed(content.substr(equals + 1));
    if (key == "include") {
      fs::path other = path.parent_path() / value;
      if (!fs::exists(other)) other += ".cfg";
      for (auto& [name, setting] : read_config_file(other, readers)) included[name] = setting;
    } else if (!out.emplace(key, value).second) {
      throw UsageError(place + "the setting '" + key + "' is given twice");
    }
  }
  out.merge(included);  // does not replace keys: those of the including file win
  return out;
}

void read_presets(const fs::path& folder, std::vector<Preset>& out) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    if (entry->path().extension() != ".cfg") continue;
    Preset preset{entry->path().stem().string(), "", "", entry->path()};
    if (std::any_of(out.begin(), out.end(), [&](const Preset& known) { return known.name == preset.name; })) continue;
    std::istringstream text(read_file(preset.path));
    std::string line;
    if (std::getline(text, line) && line.starts_with("#")) preset.summary = trimmed(line.substr(1));
    const Settings settings = read_config_file(preset.path, {});
    if (const auto found = settings.find("trainer"); found != settings.end()) preset.trainer = found->second;
    else
      throw UsageError("the preset '" + preset.path.string() + "' does not say for which trainer it is (trainer = ID)");
    out.push_back(std::move(preset));
  }
}

constexpr const char* environment_layer = "the environment";

/// ddpg.learning_rate → ROVER_DDPG__LEARNING_RATE
std::string environment_variable(const std::string& key) {
  std::string out = "ROVER_";
  for (const char c : key) {
    if (c == '.') out += "__";
    else out += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return out;
}

std::string no_presets() {
  std::string looked;
  for (const auto& folder : data_folders()) looked += (looked.empty() ? "" : ", ") + (folder / "presets").string();
  return ": there are no presets at all (looked into " + (looked.empty() ? "nothing" : looked) +
         "; ROVER_DATA can name a folder with presets/)";
}

}  // namespace

Settings read_config(const fs::path& path) { return read_config_file(path, {}); }

std::vector<Preset> presets() {
  std::vector<Preset> out;
  if (const char* own = std::getenv("ROVER_PRESETS")) {
    std::istringstream folders(own);
    for (std::string folder; std::getline(folders, folder, ':');)
      if (!folder.empty()) read_presets(folder, out);
  }
  for (const auto& folder : data_folders()) read_presets(folder / "presets", out);
  std::sort(out.begin(), out.end(), [](const Preset& a, const Preset& b) { return a.name < b.name; });
  return out;
}

Preset find_preset(const std::string& name, const std::string& trainer) {
  const std::vector<Preset> all = presets();
  for (const std::string& wanted : {trainer + "-" + name, name})
    if (const auto found = std::ranges::find(all, wanted, &Preset::name); found != all.end()) return *found;
  std::vector<std::string> names;
  for (const auto& preset : all) {
    names.push_back(preset.name);
    if (!trainer.empty() && preset.name.starts_with(trainer + "-"))
      names.push_back(preset.name.substr(trainer.size() + 1));
  }
  throw UsageError(unknown_name("preset", name, names) + (names.empty() ? no_presets() : " (rover list presets)"));
}

std::pair<std::string, std::string> parse_assignment(const std::string& text) {
  const auto equals = text.find('=');
  const std::string key = equals == std::string::npos ? "" : trimmed(text.substr(0, equals));
  if (key.empty()) throw UsageError("--set '" + text + "' is not key=value");
  return {key, trimmed(text.substr(equals + 1))};
}

Settings environment_settings(const char* const* environment) {
  Settings out;
  for (; environment && *environment; ++environment) {
    const std::string variable = *environment;
    const auto equals = variable.find('=');
    if (!variable.starts_with("ROVER_") || equals == std::string::npos) continue;
    const std::string name = variable.substr(6, equals - 6);
    if (name == "PRESETS" || name == "DATA" || name == "MODELS") continue;
    std::string key;
    for (std::size_t i = 0; i < name.size(); ++i) {
      if (name.compare(i, 2, "__") == 0) key += '.', ++i;
      else key += static_cast<char>(std::tolower(static_cast<unsigned char>(name[i])));
    }
    out[key] = variable.substr(equals + 1);
  }
  return out;
}

Settings gather_settings(const ConfigSources& sources, std::ostream& notes) {
  struct Layer {
    std::string where;
    Settings settings;
  };
  std::vector<Layer> layers;
  if (!sources.run.empty()) layers.push_back({"'" + sources.run.string() + "'", read_config(sources.run)});
  if (!sources.preset.empty())
    layers.push_back(
        {"the preset '" + sources.preset + "'", read_config(find_preset(sources.preset, sources.trainer).path)});
  if (!sources.config.empty()) layers.push_back({"'" + sources.config.string() + "'", read_config(sources.config)});
  layers.push_back({environment_layer, environment_settings(sources.environment)});
  layers.push_back({"--set", {}});
  for (const auto& text : sources.sets) {
    auto [key, value] = parse_assignment(text);
    layers.back().settings[key] = value;
  }

  std::string trainer = sources.trainer;
  for (auto& [where, settings] : layers) {
    auto named = settings.extract("trainer");
    if (named.empty()) continue;
    if (trainer.empty()) trainer = named.mapped();
    else if (named.mapped() != trainer)
      throw UsageError(where + " is for the trainer '" + named.mapped() + "', not '" + trainer + "'");
  }
  if (trainer.empty()) throw UsageError("which trainer? rover train TRAINER … (rover list trainers)");
  Settings out;
  std::vector<std::string> known;
  std::string passed_on;  // "env.": settings that the environment checks
  for (const auto& setting : trainer_settings(trainer)) {
    if (setting.key.ends_with(".*")) {
      passed_on = setting.key.substr(0, setting.key.size() - 1);
      continue;
    }
    out[setting.key] = setting.value;
    known.push_back(setting.key);
  }
  for (const auto& [where, settings] : layers)
    for (const auto& [key, value] : settings) {
      if (key == "folder") throw UsageError(where + " sets 'folder'; the run folder is given with --out");
      const bool ours = out.contains(key) || (!passed_on.empty() && key.starts_with(passed_on));
      if (!ours && where == environment_layer) {
        notes << "rover: " << environment_variable(key) << " is ignored: the trainer '" << trainer
              << "' has no setting '" << key << "'\n";
        continue;
      }
      if (!ours)
        throw UsageError(unknown_name("setting", key, known) + " (in " + where + "; rover train " + trainer +
                         " --help lists them)");
      out[key] = value;
    }
  out["trainer"] = trainer;
  return out;
}

}  // namespace rover
