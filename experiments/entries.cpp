#include "experiments/entries.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "env/landscapes/registry.h"
#include "env/vector_env.h"
#include "experiments/config.h"
#include "experiments/suites.h"
#include "experiments/text.h"
#include "training/trainers.h"

namespace rover {
namespace {

using Rows = std::vector<std::vector<std::string>>;
using Json = nlohmann::ordered_json;

std::string dimensions(const Capabilities& what) {
  const std::string low = std::to_string(what.min_dimension), high = std::to_string(what.max_dimension);
  if (what.max_dimension == 0) return low + "+";
  return what.min_dimension == what.max_dimension ? low : low + "-" + high;
}

std::string derivatives(const Capabilities& what) {
  return what.hessians ? "Hessians" : what.gradients ? "gradients" : "values";
}

std::string capabilities_text(const Kind& kind, const Capabilities& what) {
  const std::string d = dimensions(what);
  const bool any = what.max_dimension == 0;
  const std::string number = any ? std::to_string(what.min_dimension) + " or more" : d;
  if (kind.name == "agents")
    return "needs " + std::string(what.hessians ? "gradients and Hessians" : derivatives(what)) + "; walks in " +
           number + " dimensions" + (what.noise ? "; allows for noise" : "") +
           (what.unbounded ? "; works without bounds" : "");
  return "offers values" + std::string(what.gradients ? ", gradients" : "") + (what.hessians ? ", Hessians" : "") +
         "; has " + number + (d == "1" ? " dimension" : " dimensions") + (what.noise ? "; may be noisy" : "");
}

bool has_capabilities(const Kind& kind) { return kind.name == "agents" || kind.name == "landscapes"; }

Json option_json(const Option& option) {
  Json out{{"key", option.key}, {"type", option.type}, {"default", option.value}, {"help", option.help}};
  const Allowed& allowed = option.allowed;
  if (!allowed.choices.empty()) out["choices"] = allowed.choices;
  if (std::isfinite(allowed.low)) out["low"] = allowed.low, out["low_is_allowed"] = !allowed.above_low;
  if (std::isfinite(allowed.high)) out["high"] = allowed.high, out["high_is_allowed"] = !allowed.below_high;
  if (allowed.zero) out["zero_is_allowed"] = true;
  return out;
}

std::string entry_text(const Kind& kind, const EntryInfo& entry) {
  std::string out = folded({{kind.one + " " + entry.id + ": " + entry.summary}});
  if (has_capabilities(kind)) out += "  " + capabilities_text(kind, entry.capabilities) + "\n";
  out += entry.options.empty() ? "  no settings\n" : "  settings, with their defaults:\n";
  out += options_text(entry.options, "    ");
  if (!entry.tuning.empty()) {
    out += "  tuned over:\n";
    Rows rows;
    for (const auto& [key, values] : entry.tuning) rows.push_back({"    " + key, joined(values)});
    out += folded(rows);
  }
  return out;
}

Json entry_json(const Kind& kind, const EntryInfo& entry) {
  Json out{{"id", entry.id}, {"summary", entry.summary}, {"interface_version", entry.built_for}};
  if (has_capabilities(kind)) {
    const Capabilities& what = entry.capabilities;
    out["capabilities"] = {{"gradients", what.gradients},
                           {"hessians", what.hessians},
                           {"min_dimension", what.min_dimension},
                           {"max_dimension", what.max_dimension == 0 ? Json() : Json(what.max_dimension)},
                           {"noise", what.noise},
                           {"unbounded", what.unbounded}};
  }
  out["options"] = Json::array();
  for (const auto& option : entry.options) out["options"].push_back(option_json(option));
  if (!entry.tuning.empty()) out["tuning"] = entry.tuning;
  return out;
}

template <class T>
Kind registry_kind(Kind kind, Registry<T>& registry, std::function<EntryInfo(const std::string&)> info) {
  kind.one = registry.kind();
  kind.ids = [&registry] { return registry.ids(); };
  kind.table = [&registry, kind] {
    Rows rows;
    const bool capable = has_capabilities(kind);
    if (capable) rows.push_back({kind.one, kind.name == "agents" ? "needs" : "offers", "d", "what it is"});
    for (const auto& id : registry.ids()) {
      const EntryInfo& entry = registry.info(id);
      if (capable) rows.push_back({id, derivatives(entry.capabilities), dimensions(entry.capabilities), entry.summary});
      else rows.push_back({id, entry.summary});
    }
    return folded(rows);
  };
  kind.text = [kind, info](const std::string& id) { return entry_text(kind, info(id)); };
  kind.json = [kind, info](const std::string& id) { return entry_json(kind, info(id)).dump(2); };
  return kind;
}

template <class T>
Kind registry_kind(Kind kind, Registry<T>& registry) {
  return registry_kind(std::move(kind), registry, [&registry](const std::string& id) { return registry.info(id); });
}

Kind suites_kind() {
  Kind kind{.name = "suites", .alias = {"suite"}, .one = "suite"};
  kind.ids = [] {
    std::vector<std::string> out;
    for (const auto& suite : suites()) out.push_back(suite.name);
    return out;
  };
  kind.table = [] {
    Rows rows;
    for (const auto& suite : suites()) rows.push_back({suite.name, suite.summary});
    return folded(rows);
  };
  kind.text = [](const std::string& id) {
    const Suite suite = find_suite(id);
    return folded({{"suite " + id + ": " + suite.summary}}) + folded({{"  functions", joined(suite.functions)}}) +
           (suite.missing.empty() ? "" : folded({{"  missing", suite.missing}}));
  };
  kind.json = [](const std::string& id) {
    const Suite suite = find_suite(id);
    return Json{{"id", id}, {"summary", suite.summary}, {"functions", suite.functions}}.dump(2);
  };
  return kind;
}

Kind presets_kind() {
  Kind kind{.name = "presets", .alias = {"preset"}, .one = "preset"};
  kind.ids = [] {
    std::vector<std::string> out;
    for (const auto& preset : presets()) out.push_back(preset.name);
    return out;
  };
  kind.table = [] {
    Rows rows{{"preset", "trainer", "what it is"}};
    for (const auto& preset : presets()) rows.push_back({preset.name, preset.trainer, preset.summary});
    return folded(rows);
  };
  kind.text = [](const std::string& id) {
    const Preset preset = find_preset(id);
    std::string out = folded({{"preset " + id + ": " + preset.summary}}) + "  rover train " + preset.trainer +
                      " --preset " + id + " --out FOLDER\n  settings:\n";
    for (const auto& [key, value] : read_config(preset.path))
      if (key != "trainer") out += "    " + key + "=" + value + "\n";
    return out + "  from " + preset.path.string() + "\n";
  };
  kind.json = [](const std::string& id) {
    const Preset preset = find_preset(id);
    Settings settings = read_config(preset.path);
    settings.erase("trainer");
    return Json{{"id", id},
                {"trainer", preset.trainer},
                {"summary", preset.summary},
                {"file", preset.path.string()},
                {"settings", settings}}
        .dump(2);
  };
  return kind;
}

Kind named(const char* name, std::vector<std::string> alias) { return {.name = name, .alias = std::move(alias)}; }

}  // namespace

std::string options_text(const std::vector<Option>& options, const std::string& indent) {
  Rows rows;
  for (const auto& option : options) {
    const std::string allowed = option.allowed.text();
    const bool group = option.key.ends_with(".*");
    rows.push_back({indent + option.key + (group ? "" : "=" + option.value),
                    option.help + (allowed.empty() ? "" : " (" + allowed + ")")});
  }
  return folded(rows);
}

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      registry_kind(named("agents", {"agent"}), agents()),
      registry_kind(named("landscapes", {"landscape", "surfaces", "functions"}), landscapes()),
      registry_kind(named("envs", {"env", "environments", "environment"}), environments()),
      suites_kind(),
      presets_kind(),
      registry_kind(named("trainers", {"trainer"}), trainers(),
                    [](const std::string& id) {
                      EntryInfo info = trainers().info(id);
                      info.options = trainer_settings(id);
                      return info;
                    }),
  };
  return all;
}

const Kind* find_kind(const std::string& name) {
  for (const Kind& kind : kinds())
    if (kind.name == name || std::ranges::find(kind.alias, name) != kind.alias.end()) return &kind;
  return nullptr;
}

void require_id(const Kind& kind, const std::string& id) {
  const auto ids = kind.ids();
  if (std::ranges::find(ids, id) == ids.end())
    throw UsageError(unknown_name(kind.one, id, ids) + " (rover list " + kind.name + ")");
}

}  // namespace rover
