// `rover-search` as the registry makes it: who steers it.
#include "agents/register.h"
#include "agents/models.h"
#include "agents/search/learned_steering.h"
#include "agents/search/search_agent.h"

namespace rover {
namespace {

struct RoverSearchOptions {
  std::string from;
  std::string control = "auto";
  SearchOptions search;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("from", from,
          "run folder, model file or shipped model of a policy for Rover/Search-v0, and of the search it steers");
    visit("control", control,
          "who decides what comes next: the tuned rule, the learned policy, or random numbers; auto: the policy of "
          "`from`, else the rule",
          one_of("auto", "rule", "learned", "random"));
    search.fields(visit);
  }
};

std::unique_ptr<Agent> from_registry(const RoverSearchOptions& options, const Settings& given) {
  SearchOptions search = options.search;
  std::shared_ptr<SearchSteering> steering;
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
  return make_search_agent(search, std::move(steering));
}

}  // namespace

void register_search(Registry<Agent>& agents) {
  agents.add<RoverSearchOptions>(
      "rover-search", "the Rover that counts its evaluations: quadratics in a window that learns its shape, restarts",
      [](const RoverSearchOptions& options, const Settings& given) { return from_registry(options, given); },
      {.capabilities = {.noise = true, .unbounded = true},
       .former_settings = {
           {"mode", "the agent 'rover-search' is what mode=per-evaluation was; mode=paper is the agent 'rover'"},
           {"search.", "settings of 'rover-search' are called KEY, no longer search.KEY: rover-search:batch=4"}}});
}

}  // namespace rover
