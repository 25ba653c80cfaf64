#include <iostream>

#include "env/landscapes/registry.h"
#include "env/vector_env.h"
#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/config.h"
#include "experiments/suites.h"
#include "training/trainers.h"

namespace rover {
namespace po = boost::program_options;
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

template <class T>
Rows rows_of(const Registry<T>& registry) {
  Rows out;
  for (const auto& id : registry.ids()) out.emplace_back(id, registry.summary(id));
  return out;
}

Rows preset_rows() {
  Rows out;
  for (const auto& preset : presets()) out.emplace_back(preset.name, preset.trainer + ": " + preset.summary);
  return out;
}

Rows suite_rows() {
  Rows out;
  for (const auto& suite : suites()) out.emplace_back(suite.name, suite.summary);
  return out;
}

struct Kind {
  const char* name;
  Rows (*rows)();
};

const Kind kKinds[] = {
    {"agents", [] { return rows_of(agents()); }},
    {"landscapes", [] { return rows_of(landscapes()); }},
    {"envs", [] { return rows_of(environments()); }},
    {"suites", suite_rows},
    {"presets", preset_rows},
    {"trainers", [] { return rows_of(trainers()); }},
};

}  // namespace

int list_command(std::span<const std::string> arguments) {
  po::options_description options("options"), all;
  options.add_options()("help,h", po::bool_switch(), "this text");
  all.add(options).add_options()("arguments", po::value<std::vector<std::string>>());
  const po::variables_map given = parse_arguments(all, "arguments", arguments);
  std::string usage = "rover list ";
  std::vector<std::string> known;
  for (const auto& kind : kKinds)
    usage += std::string(known.empty() ? "" : "|") + kind.name, known.push_back(kind.name);
  if (given["help"].as<bool>()) {
    std::cout << "usage: " << usage << "\n\nShows every name of that kind, with what it is.\n";
    return 0;
  }
  if (!given.count("arguments")) throw UsageError("list what? " + usage);
  for (const auto& name : given["arguments"].as<std::vector<std::string>>()) {
    const Kind* found = nullptr;
    for (const auto& kind : kKinds)
      if (name == kind.name) found = &kind;
    if (!found) throw UsageError(unknown_name("kind of thing", name, known) + " (" + usage + ")");
    const Rows rows = found->rows();
    std::size_t width = 0;
    for (const auto& [id, summary] : rows) width = std::max(width, id.size());
    for (const auto& [id, summary] : rows)
      std::cout << id << std::string(width + 2 - id.size(), ' ') << summary << '\n';
  }
  return 0;
}

}  // namespace rover
