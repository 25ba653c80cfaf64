// `rover`: the paper's Rover as the registry makes it, with the model that `from` names or the one that ships.

#include "agents/register.h"
#include "agents/env_policy.h"
#include "agents/models.h"
#include "agents/rover/rover_agent.h"
#include "env/analytic_heading.h"

namespace rover {
namespace {

RoverModel read_model(const std::filesystem::path& path) {
  const Checkpoint file = Checkpoint::read(path);
  if (EnvPolicy::is_in(file))
    throw UsageError("'" + path.string() + "' holds a policy for " + file.text("env") +
                     ", not the paper's Rover; one for Rover/Search-v0 steers rover-search:" + path.string());
  if (!RoverModel::is_in(file)) throw std::runtime_error("'" + path.string() + "' holds no Rover model");
  return RoverModel::load(file);
}

std::unique_ptr<Agent> from_registry(const RoverOptions& options) {
  RoverModel model;
  if (!options.from.empty()) model = read_model(model_path(options.from));
  else if (options.heading.empty()) model = read_model(shipped_model("rover-paper"));
  else model.grid_size = options.grid_size;
  if (!options.heading.empty()) model.heading = make_analytic_heading(options.heading);
  return make_rover(options, std::move(model));
}

}  // namespace

void register_rover(Registry<Agent>& agents) {
  agents.add<RoverOptions>(
      "rover", "the paper's Rover: a look of n×n each step, learned direction, step size and resolution", from_registry,
      {.capabilities = {.min_dimension = 2, .noise = true},
       .former_settings = {
           {"mode",
            "the agent 'rover' has no modes any more: 'rover' is the paper's, learned (mode=paper), and "
            "'rover-search' counts its evaluations (mode=per-evaluation)"},
           {"search.",
            "settings search.KEY belong to the agent 'rover-search' and are called KEY there: "
            "rover-search:batch=4"}}});
  agents.moved("rover-random",
               "the agent 'rover-random' is now a setting: rover:policy=random for the paper's Rover, "
               "rover-search:control=random for the search");
}

}  // namespace rover
