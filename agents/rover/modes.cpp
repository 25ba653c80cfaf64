// `rover` and `rover-random` as the registry makes them: which of the two modes walks, and with what model.

#include <algorithm>
#include <filesystem>
#include <optional>

#include "agents/register.h"
#include "agents/rover/models.h"
#include "agents/rover/per_evaluation/per_evaluation_rover.h"
#include "agents/rover/rover_agent.h"
#include "env/analytic_heading.h"

namespace rover {
namespace {

constexpr const char* paper = "paper";
constexpr const char* per_evaluation = "per-evaluation";

bool belongs_to_search(const std::string& key) { return key.starts_with("search."); }

/// One sentence for a setting that the mode does not have.
void refuse_other_mode(const Settings& settings, const std::string& mode) {
  for (const auto& [key, value] : settings) {
    if (key == "mode" || key == "from" || belongs_to_search(key) == (mode == per_evaluation)) continue;
    if (mode == paper) throw UsageError("the setting " + key + " is for mode=per-evaluation, and this rover walks in mode=paper");
    throw UsageError("the setting " + key + " is for mode=paper, and this rover walks in mode=per-evaluation: add mode=paper, or from=RUN");
  }
}

/// A heading stands for a model of the paper's form, and so does every model that is there.
std::string resolve_mode(const RoverOptions& options) {
  if (options.mode == paper || options.mode == per_evaluation) return options.mode;
  if (options.mode != "auto")
    throw UsageError(unknown_name("mode", options.mode, {"auto", paper, per_evaluation}) + " (auto, paper or per-evaluation)");
  return options.from.empty() && options.heading.empty() ? per_evaluation : paper;
}

std::unique_ptr<Agent> make_paper_rover(const RoverOptions& options) {
  RoverModel model;
  if (!options.from.empty() || options.heading.empty())
    model = RoverModel::load(Checkpoint::read(options.from.empty() ? shipped_model("rover-paper") : model_path(options.from)));
  else model.grid_size = options.grid_size;
  if (!options.heading.empty()) model.heading = make_analytic_heading(options.heading);
  return make_rover(options, std::move(model));
}

std::unique_ptr<Agent> from_registry(const Settings& settings, bool null) {
  auto options = from_settings<RoverOptions>(settings);
  if (null) options.policy = options.search.control = "random";
  const std::string mode = resolve_mode(options);
  refuse_other_mode(settings, mode);
  if (mode == paper) return make_paper_rover(options);
  if (!options.from.empty()) throw UsageError("mode=per-evaluation walks without a model: leave out from=" + options.from);
  return make_per_evaluation_rover(options.search);
}

}  // namespace

void register_rover(Registry<Agent>& agents) {
  agents.add("rover", "the Rover; from=RUN or mode=paper: the paper's form, a full look each step and a learned policy",
             [](const Settings& settings) { return from_registry(settings, false); });
  agents.add("rover-random", "the null: the Rover with random decisions in place of the policy's or the rule's",
             [](const Settings& settings) { return from_registry(settings, true); });
}

}  // namespace rover
