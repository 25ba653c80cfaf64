#include "experiments/agent_spec.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <utility>

#include "agents/agent.h"
#include "experiments/config.h"
#include "experiments/text.h"

namespace rover {
namespace {

AgentSpec parse_one(const std::string& text) {
  AgentSpec spec;
  const std::size_t colon = text.find(':');
  spec.id = text.substr(0, colon);
  (void)agents().info(spec.id);  // throws for an unknown one
  if (colon == std::string::npos) return spec;
  for (const std::string& part : split(text.substr(colon + 1), ';')) {
    if (part.starts_with("@")) {  // a file of settings, as rover tune writes
      for (const auto& [key, value] : read_config(part.substr(1)))
        if (!spec.settings.emplace(key, value).second)
          throw UsageError("the agent '" + text + "' sets " + key + " twice");
      continue;
    }
    const std::size_t equals = part.find('=');
    const std::string key = equals == std::string::npos ? "from" : part.substr(0, equals);
    const std::string value = equals == std::string::npos ? part : part.substr(equals + 1);
    if (key.empty() || value.empty())
      throw UsageError("in the agent '" + text + "', '" + part + "' is neither a path nor key=value");
    if (key == "label" ? !std::exchange(spec.label, value).empty() : !spec.settings.emplace(key, value).second)
      throw UsageError("the agent '" + text + "' sets " + key + " twice");
  }
  return spec;
}

/// The last part of a path, by which two runs usually differ.
std::string short_path(const std::string& path) {
  return (std::filesystem::path(path) / "").parent_path().filename().string();
}

/// The id and those settings in which the agents of this id differ: "adam:learning_rate=0.1", "rover:r1".
std::string distinct_label(const AgentSpec& spec, const std::vector<const AgentSpec*>& others) {
  const auto value = [](const AgentSpec& of, const std::string& key) {
    const auto found = of.settings.find(key);
    return found == of.settings.end() ? "" : found->second;
  };
  std::vector<std::string> parts;
  for (const auto& [key, own] : spec.settings) {
    if (std::ranges::all_of(others, [&](const AgentSpec* other) { return value(*other, key) == own; })) continue;
    const bool short_is_enough =
        key == "from" && std::ranges::all_of(others, [&](const AgentSpec* other) {
          return value(*other, key) == own || short_path(value(*other, key)) != short_path(own);
        });
    parts.push_back(key != "from" ? key + "=" + own : short_is_enough ? short_path(own) : own);
  }
  return parts.empty() ? spec.id : spec.id + ":" + joined(parts, ";");
}

}  // namespace

std::vector<AgentSpec> parse_agent_specs(std::string_view text) {
  if (text.empty()) throw UsageError("the list of agents is empty (rover list agents)");
  std::vector<AgentSpec> specs;
  for (const std::string& part : split(text, ',')) {
    if (part.empty()) throw UsageError("the list of agents '" + std::string(text) + "' has an empty entry");
    specs.push_back(parse_one(part));
  }
  std::map<std::string, std::vector<const AgentSpec*>> unnamed;
  for (const AgentSpec& spec : specs)
    if (spec.label.empty()) unnamed[spec.id].push_back(&spec);
  std::vector<std::string> labels;
  for (const AgentSpec& spec : specs)
    labels.push_back(spec.label.empty() ? distinct_label(spec, unnamed[spec.id]) : spec.label);
  std::map<std::string, int> mentions;
  for (std::size_t k = 0; k < specs.size(); ++k) {
    const int mention = ++mentions[labels[k]];
    specs[k].label = mention == 1 ? labels[k] : labels[k] + "(" + std::to_string(mention) + ")";
  }
  return specs;
}

}  // namespace rover
