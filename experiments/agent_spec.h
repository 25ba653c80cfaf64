#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/settings.h"

namespace rover {

/// An agent as a user names it: `rover:runs/r1;safeguard=true`.
struct AgentSpec {
  std::string id;  ///< in agents()
  /// The agent's own; a path without '=' is the setting `from`, `@FILE.cfg` are the settings of a file.
  Settings settings;
  std::string label;  ///< in tables: the key `label`, or the id with what differs from others of that id
};

/// Reads `rover:runs/r1,gd,adam:learning_rate=0.01;beta1=0.8`: ',' separates agents, ':' ends the id, ';' separates
/// settings. Throws UsageError for a malformed list or an id that agents() does not have.
std::vector<AgentSpec> parse_agent_specs(std::string_view text);

}  // namespace rover
