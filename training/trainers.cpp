#include "training/trainers.h"

#include <set>

namespace rover {
namespace {

std::set<std::string>& absent() {
  static std::set<std::string> ids;
  return ids;
}

}  // namespace

// Starts empty: each part that has trainers offers a function that adds them, and the program calls it.
Registry<Trainer>& trainers() {
  static Registry<Trainer> registry("trainer", "trainers");
  return registry;
}

std::vector<Option> trainer_settings(const std::string& id) {
  std::vector<Option> out = trainers().info(id).options;
  std::erase_if(out, [](const Option& option) { return option.key == "folder"; });
  return out;
}

bool trainer_is_absent(const std::string& id) { return absent().contains(id); }

void set_trainer_absent(const std::string& id) { absent().insert(id); }

}  // namespace rover
