#pragma once
#include "env/vector_env.h"

namespace rover {

/// The settings of an environment in environments(): those that all have, and its own. `make_vec` sets `size`.
template <class Own>
struct RegisteredEnvOptions {
  std::uint64_t size = 1;
  std::string autoreset = "next-step";
  std::uint64_t seed = 0;
  Own own;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("size", size, "environments stepped together, B", in(1, 65536));
    visit("autoreset", autoreset, "what follows an episode's end", one_of(autoreset_names()));
    visit("seed", seed, "draws the pool of surfaces");
    own.fields(visit);
  }
};

}  // namespace rover
