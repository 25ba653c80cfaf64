// Plays gradient descent on Rosenbrock's function through the installed library. No LibTorch.
#include <cstdio>
#include <exception>

#include "agents/runner.h"
#include "env/landscapes/registry.h"
#include "env/surface_env.h"

int main() try {
  const auto agent = rover::agents().make("gd", {{"learning_rate", "2e-4"}});
  const auto env = rover::make_surface_env(rover::landscapes().make("rosenbrock"), {.budget = 6400, .clamp = true});
  double start = 0;
  bool first = true;
  const auto info =
      rover::play(*agent, *env, /*seed=*/1, /*max_iterations=*/1000, [&](const auto&, const auto&, const auto& now) {
        if (first) start = now.best_value, first = false;
      });
  std::printf("gd on rosenbrock: from %.6f to %.6f in %zu evaluations\n", start, info.best_value,
              static_cast<std::size_t>(info.evaluations));
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
