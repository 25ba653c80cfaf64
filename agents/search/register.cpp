// `rover-search` as the registry makes it: which controller steers it.

#include "agents/register.h"
#include "agents/models.h"
#include "agents/search/learned_controller.h"
#include "agents/search/search_agent.h"
#include "agents/search/space/learned_steering.h"
#include "agents/search/space/space_search.h"

namespace rover {
namespace {

struct RoverSearchOptions {
  std::string from;
  std::string control = "auto";
  SearchOptions search;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("from", from, "run folder, model file or shipped model of a learned controller, and of the search it steers");
    visit("control", control,
          "who decides: the tuned rule, the learned controller, or random numbers; auto: the controller of `from`, "
          "else the rule",
          one_of("auto", "rule", "learned", "random"));
    search.fields(visit);
  }
};

struct RoverSpaceOptions {
  std::string from;
  std::string control = "auto";
  SpaceSearchOptions search;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("from", from, "run folder or model file of a policy for Rover/Search-v0, and of the search it steers");
    visit("control", control,
          "who decides what comes next: the tuned rule, the learned policy, or random numbers; auto: the policy of "
          "`from`, else the rule",
          one_of("auto", "rule", "learned", "random"));
    search.fields(visit);
  }
};

std::unique_ptr<Agent> from_registry(const RoverSpaceOptions& options, const Settings& given) {
  SpaceSearchOptions search = options.search;
  std::shared_ptr<SpaceSteering> steering;
  if (options.from.empty()) {
    if (options.control == "learned")
      throw UsageError("control=learned needs a policy: add from=RUN, a run of `rover train es` on Rover/Search-v0");
  } else {
    const SteeringModel model = SteeringModel::read(model_path(options.from));
    Settings own = given;
    own.erase("from"), own.erase("control");
    search = model.search;
    apply_settings(search, own);
    if (options.control != "rule") steering = model.steering;
  }
  if (options.control == "random") steering = make_random_steering();
  return make_space_search(search, std::move(steering));
}

ControllerModel read_model(const std::filesystem::path& path) {
  const Checkpoint file = Checkpoint::read(path);
  if (file.contains("model") && file.text("model") == "rover")
    throw UsageError("'" + path.string() +
                     "' holds the paper's Rover: it is for the agent rover, rover:" + path.string());
  if (!ControllerModel::is_in(file))
    throw std::runtime_error("'" + path.string() + "' holds no controller of the search");
  return ControllerModel::load(file);
}

std::unique_ptr<Agent> from_registry(const RoverSearchOptions& options, const Settings& given) {
  SearchOptions search = options.search;
  std::shared_ptr<SearchController> controller;
  if (options.control == "random") controller = make_random_controller();
  if (options.from.empty()) {
    if (options.control == "learned")
      throw UsageError("control=learned needs a controller: add from=RUN, a run of `rover train controller`");
    return make_search_agent(search, controller);
  }
  const ControllerModel model = read_model(model_path(options.from));
  Settings own = given;
  own.erase("from"), own.erase("control");
  search = model.search;
  apply_settings(search, own);
  if (options.control == "auto" || options.control == "learned") controller = model.controller();
  return make_search_agent(search, controller);
}

}  // namespace

void register_search(Registry<Agent>& agents) {
  agents.add<RoverSearchOptions>(
      "rover-search", "the Rover that counts its evaluations: one sample at a time, by a tuned rule",
      [](const RoverSearchOptions& options, const Settings& given) { return from_registry(options, given); },
      {.capabilities = {.min_dimension = 2},
       .former_settings = {
           {"mode", "the agent 'rover-search' is what mode=per-evaluation was; mode=paper is the agent 'rover'"},
           {"search.", "settings of 'rover-search' are called KEY, no longer search.KEY: rover-search:tries=1"}}});
  agents.add<RoverSpaceOptions>(
      "rover-space",
      "the search that counts its evaluations, without axes: quadratics in a window that learns its shape",
      [](const RoverSpaceOptions& options, const Settings& given) { return from_registry(options, given); },
      {.capabilities = {.noise = true, .unbounded = true}});
}

}  // namespace rover
