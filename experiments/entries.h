#pragma once
#include <functional>
#include <string>
#include <vector>

#include "core/registry.h"

namespace rover {

/// A kind of entry that `rover list` shows.
struct Kind {
  std::string name;                     ///< "agents"
  std::vector<std::string> alias = {};  ///< what else may be typed: "agent"
  std::string one = {};                 ///< in sentences: "agent"
  std::function<std::vector<std::string>()> ids = {};
  std::function<std::string()> table = {};                      ///< every id with what it is, within 100 columns
  std::function<std::string(const std::string& id)> text = {};  ///< one of them whole
  std::function<std::string(const std::string& id)> json = {};  ///< the same for tools: a JSON object
};

/// Agents, landscapes, environments, suites, presets, trainers.
const std::vector<Kind>& kinds();
/// Null when there is no such kind.
const Kind* find_kind(const std::string& name);
/// Throws UsageError, with a suggestion, for an id that the kind does not have.
void require_id(const Kind& kind, const std::string& id);

/// Settings, one a line: key=default, help, allowed values.
std::string options_text(const std::vector<Option>& options, const std::string& indent);

}  // namespace rover
