// Plug-ins that must be refused, one a macro; PLAIN adds an agent that is never made.
#include <stdexcept>

#include "agents/agent.h"
#include "core/plugin.h"

#if defined(NO_ENTRY)
extern "C" int something_else() { return 1; }
#elif defined(OTHER_VERSION)
extern "C" const rover::PluginInfo rover_plugin{1, 0, 0, nullptr};
#elif defined(OTHER_COMPILER)
extern "C" const rover::PluginInfo rover_plugin{rover::interface_version, 7, 7, nullptr};
#elif defined(UNDEFINED)
namespace rover {
void is_nowhere(int);
}
ROVER_PLUGIN([] { rover::is_nowhere(1); })
#elif defined(THROWS_AT_LOAD)
static const int loaded = (throw std::runtime_error("no licence server"), 1);
ROVER_PLUGIN([] {})
#elif defined(CRASHES_AT_LOAD)
static const int loaded = (__builtin_trap(), 1);
ROVER_PLUGIN([] {})
#elif defined(THROWS_IN_ADD)
ROVER_PLUGIN([] { throw std::runtime_error("the table of agents is full"); })
#elif defined(BAD_GRID)
struct Share {
  double share = 0.5;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("share", share, "a share", rover::above(0, 1));
  }
};
ROVER_PLUGIN([] {
  rover::agents().add<Share>("bad-grid", "refuses what it is tuned with",
                             [](const auto&) { return std::unique_ptr<rover::Agent>(); },
                             {.tuning = {{"share", {"0.5", "5"}}}});
})
#endif
