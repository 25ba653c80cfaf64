// `rover` and `rover-random` as the registry makes them: which of the two modes walks, and with what model.

#include <optional>

#include "agents/models.h"
#include "agents/register.h"
#include "agents/rover/rover_agent.h"
#include "agents/search/learned_controller.h"
#include "agents/search/search_agent.h"
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
    if (mode == paper)
      throw UsageError("the setting " + key + " is for mode=per-evaluation, and this rover walks in mode=paper");
    throw UsageError("the setting " + key +
                     " is for mode=paper, and this rover walks in mode=per-evaluation: add mode=paper, or from=RUN");
  }
}

/// The model that `from` names, or the one that ships for this mode; empty where the rover walks without.
std::optional<Checkpoint> find_model(const RoverOptions& options, bool null, const Settings& settings) {
  if (!options.from.empty()) return Checkpoint::read(model_path(options.from));
  if (options.mode == paper)
    return options.heading.empty() ? std::optional(Checkpoint::read(shipped_model("rover-paper"))) : std::nullopt;
  if (null || !options.heading.empty() || settings.contains("search.control")) return std::nullopt;
  const auto shipped = find_shipped_model("rover");
  return shipped ? std::optional(Checkpoint::read(*shipped)) : std::nullopt;
}

std::unique_ptr<Agent> make_paper_rover(const RoverOptions& options, const std::optional<Checkpoint>& file) {
  RoverModel model;
  if (options.grid_size < 2 || options.grid_size > 64)
    throw UsageError("a rover's grid has 2 to 64 cells a side (grid_size)");
  if (options.line_search > 1000) throw UsageError("a line search has at most 1000 points (line_search)");
  if (file) model = RoverModel::load(*file);
  else model.grid_size = options.grid_size;
  if (!options.heading.empty()) model.heading = make_analytic_heading(options.heading);
  return make_rover(options, std::move(model));
}

std::unique_ptr<Agent> from_registry(const Settings& settings, bool null) {
  auto options = from_settings<RoverOptions>(settings);
  if (options.mode != "auto" && options.mode != paper && options.mode != per_evaluation)
    throw UsageError(unknown_name("mode", options.mode, {"auto", paper, per_evaluation}) +
                     " (auto, paper or per-evaluation)");
  const auto file = find_model(options, null, settings);
  const bool controller = file && ControllerModel::is_in(*file);
  // A heading stands for a model of the paper's form.
  const std::string mode = controller || (!file && options.heading.empty()) ? per_evaluation : paper;
  if (options.mode != "auto" && options.mode != mode && file)
    throw UsageError("the model '" + options.from + "' walks in mode=" + mode + ", not in mode=" + options.mode);
  refuse_other_mode(settings, options.mode == "auto" ? mode : options.mode);
  if (mode == paper) {
    if (null) options.policy = "random";
    return make_paper_rover(options, file);
  }
  if (!controller) {
    if (null) options.search.control = "random";
    return make_per_evaluation_rover(options.search);
  }
  const ControllerModel model = ControllerModel::load(*file);
  options.search = model.search;
  apply_settings(options.search, sub_settings(settings, "search"));
  if (null) options.search.control = "random";
  return make_per_evaluation_rover(options.search, null ? nullptr : model.controller());
}

}  // namespace

void register_rover(Registry<Agent>& agents) {
  agents.add("rover", "the Rover; from=RUN or mode=paper: the paper's form, a full look each step and a learned policy",
             [](const Settings& settings) { return from_registry(settings, false); });
  agents.add("rover-random", "the null: the Rover with random decisions in place of the policy's or the rule's",
             [](const Settings& settings) { return from_registry(settings, true); });
}

}  // namespace rover
