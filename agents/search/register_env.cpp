// Adds Rover/Search-v0 to environments() before main begins. env/ may not know the agents,
// and a static library drops an object without a reference: what links rover::agents refers to the symbol below by a
// linker option (CMakeLists.txt, cmake/rover_descent.pc.in).
#include "agents/search/steering_env.h"
#include "env/registered_env.h"

extern "C" {
extern const bool rover_search_env_is_registered;
const bool rover_search_env_is_registered = [] {
  using namespace rover;
  using Options = RegisteredEnvOptions<SteeringEnvOptions>;
  environments().add<Options>("Rover/Search-v0", "steering rover-search in any dimension: what comes next",
                              [](const Options& options) -> std::unique_ptr<VectorEnv> {
                                return make_steering_env(options.size, options.own, parse_autoreset(options.autoreset),
                                                         options.seed);
                              });
  return true;
}();
}
