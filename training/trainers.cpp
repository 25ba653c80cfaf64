#include "training/trainers.h"

#include <set>

namespace rover {
namespace {

std::map<std::string, std::vector<SettingHelp>>& descriptions() {
  static std::map<std::string, std::vector<SettingHelp>> all;
  return all;
}

std::set<std::string>& absent() {
  static std::set<std::string> ids;
  return ids;
}

}  // namespace

// Starts empty: each part that has trainers offers a function that adds them, and the program calls it.
Registry<Trainer>& trainers() {
  static Registry<Trainer> registry("trainer");
  return registry;
}

std::vector<SettingHelp> trainer_settings(const std::string& id) {
  const auto found = descriptions().find(id);
  return found == descriptions().end() ? std::vector<SettingHelp>{} : found->second;
}

void describe_trainer(const std::string& id, std::vector<SettingHelp> settings) {
  descriptions()[id] = std::move(settings);
}

bool trainer_is_absent(const std::string& id) { return absent().contains(id); }

void set_trainer_absent(const std::string& id) { absent().insert(id); }

}  // namespace rover
