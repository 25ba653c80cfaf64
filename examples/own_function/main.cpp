// Minimises a function of one's own; by any agent, for example "cma-es".
#include <cstdio>

#include "agents/minimize.h"

int main() {
  const auto banana = [](std::span<const double> x) {
    return 100 * (x[1] - x[0] * x[0]) * (x[1] - x[0] * x[0]) + (1 - x[0]) * (1 - x[0]);
  };
  const auto found = rover::minimize(banana, {.low = {-5, -5}, .high = {5, 5}, .agent = "rover-search", .budget = 500});
  std::printf("%.3g at (%.6f, %.6f) after %d evaluations\n", found.value, found.point[0], found.point[1],
              static_cast<int>(found.evaluations));
}
