// Plays an agent of one's own (compass.h) beside two others.
#include <cstdio>
#include <exception>

#include "agents/runner.h"
#include "compass.h"
#include "env/landscapes/registry.h"
#include "env/surface_env.h"

int main() try {
  register_compass();
  for (const char* id : {"compass", "gd", "random"}) {
    const auto env = rover::make_surface_env(rover::landscapes().make("ackley"), {.budget = 1000, .clamp = true});
    const auto info = rover::play(*rover::agents().make(id), *env, /*seed=*/1);
    std::printf("%-8s best %.6f after %zu evaluations\n", id, info.best_value,
                static_cast<std::size_t>(info.evaluations));
  }
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
