// Adds Rover/PerEvaluation-v0 and Rover/Search-v0 to environments() before main begins. env/ may not know the agents,
// and a static library drops an object without a reference: what links rover::agents refers to the symbol below by a
// linker option (CMakeLists.txt, cmake/rover_descent.pc.in).
#include "agents/search/search_env.h"
#include "agents/search/space/steering_env.h"
#include "env/registered_env.h"

extern "C" {
extern const bool rover_search_env_is_registered;
const bool rover_search_env_is_registered = [] {
  using namespace rover;
  using Options = RegisteredEnvOptions<SearchEnvOptions>;
  environments().add<Options>("Rover/PerEvaluation-v0", "steering rover-search, with evaluations as the clock",
                              [](const Options& options) -> std::unique_ptr<VectorEnv> {
                                return make_search_env(options.size, options.own, parse_autoreset(options.autoreset),
                                                       nullptr, options.seed);
                              });
  using SpaceOptions = RegisteredEnvOptions<SteeringEnvOptions>;
  environments().add<SpaceOptions>("Rover/Search-v0", "steering the search in any dimension: what comes next",
                                   [](const SpaceOptions& options) -> std::unique_ptr<VectorEnv> {
                                     return make_steering_env(options.size, options.own,
                                                              parse_autoreset(options.autoreset), options.seed);
                                   });
  return true;
}();
}
