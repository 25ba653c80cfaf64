#include "core/registry.h"

#include <algorithm>

namespace rover::detail {

void check_entry(const std::string& what, const EntryInfo& entry) {
  const std::string name = "the " + what + " '" + entry.id + "' ";
  if (entry.id.empty()) throw std::logic_error("the id of a " + what + " is empty");
  if (entry.built_for != interface_version)
    throw std::logic_error(name + "was compiled for version " + std::to_string(entry.built_for) +
                           " of the interface, and this program has version " + std::to_string(interface_version) +
                           ": compile it again");
  if (entry.summary.empty()) throw std::logic_error(name + "has no summary");
  for (const auto& [key, values] : entry.tuning) {
    bool known = false;
    for (const auto& option : entry.options) known = known || option.key == key;
    if (!known) throw std::logic_error(name + "tunes '" + key + "', which is none of its settings");
  }
}

void check_setting_names(const std::string& what, const EntryInfo& entry, const Settings& settings) {
  std::vector<std::string> known;
  for (const auto& option : entry.options) known.push_back(option.key);
  for (const auto& [key, value] : settings) {
    const auto takes = [&](const std::string& name) {
      return name == key || (name.ends_with(".*") && key.starts_with(name.substr(0, name.size() - 1)));
    };
    if (std::ranges::any_of(known, takes)) continue;
    for (const auto& [former, sentence] : entry.former_settings)
      if (key == former || (former.ends_with('.') && key.starts_with(former))) throw UsageError(sentence);
    const std::string text = "the " + what + " '" + entry.id + "' has no setting '" + key + "'";
    if (known.empty()) throw UsageError(text + ", nor any other");
    if (const auto near = nearest_name(key, known); !near.empty())
      throw UsageError(text + "; did you mean '" + near + "'?");
    throw UsageError(text + "; it has: " + joined(known));
  }
}

}  // namespace rover::detail
