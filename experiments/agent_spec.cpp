#include "experiments/agent_spec.h"

#include <map>
#include <utility>

#include "agents/agent.h"
#include "experiments/text.h"

namespace rover {
namespace {

AgentSpec parse_one(const std::string& text) {
  AgentSpec spec;
  const std::size_t colon = text.find(':');
  spec.id = text.substr(0, colon);
  if (!agents().contains(spec.id))
    throw UsageError(unknown_name("agent", spec.id, agents().ids()) + " (rover list agents)");
  if (colon == std::string::npos) return spec;
  for (const std::string& part : split(text.substr(colon + 1), ';')) {
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

}  // namespace

std::vector<AgentSpec> parse_agent_specs(std::string_view text) {
  if (text.empty()) throw UsageError("the list of agents is empty (rover list agents)");
  std::vector<AgentSpec> specs;
  std::map<std::string, int> mentions;
  for (const std::string& part : split(text, ',')) {
    if (part.empty()) throw UsageError("the list of agents '" + std::string(text) + "' has an empty entry");
    AgentSpec& spec = specs.emplace_back(parse_one(part));
    const std::string name = spec.label.empty() ? spec.id : spec.label;
    const int mention = ++mentions[name];
    spec.label = mention == 1 ? name : name + "(" + std::to_string(mention) + ")";
  }
  return specs;
}

}  // namespace rover
