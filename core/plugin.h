#pragma once
#include <cstddef>

#include "core/registry.h"

namespace rover {

/// What a plug-in tells the program that loads it. The first member never moves.
struct PluginInfo {
  int built_for = interface_version;
  std::size_t settings_size = sizeof(Settings), entry_size = sizeof(EntryInfo);  ///< another standard library, say
  void (*add)() = nullptr;                                                       ///< adds to the registries
};

}  // namespace rover

/// Makes a shared object a plug-in of the `rover` program (`--plugin ./libmine.so`): the function or lambda,
/// without arguments, is called once and adds to agents(), landscapes(), environments() and trainers(). Once a plug-in,
/// at global scope. A plug-in links nothing of Rover Descent: it finds all of it in the program.
#define ROVER_PLUGIN(...)                                                         \
  extern "C" [[gnu::visibility("default")]] const rover::PluginInfo rover_plugin{ \
      rover::interface_version, sizeof(rover::Settings), sizeof(rover::EntryInfo), __VA_ARGS__};
