#include "env/landscapes/regularized.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/settings.h"
#include "env/landscapes/function.h"
#include "env/landscapes/registry.h"

using namespace rover;

TEST_CASE("a regularized surface adds a bowl about the centre of the box") {
  const std::shared_ptr<const Landscape> slope = make_function(
      [](Reals x) { return x[0]; }, {{0, 0}, {4, 2}}, {.gradient = [](Reals, MutReals g) { g[0] = 1, g[1] = 0; }});
  const auto f = make_regularized(slope, 3);
  CHECK(f->value(std::vector<double>{3, 2}) == 3 + 1.5 * (1 + 1));
  std::vector<double> g(2);
  f->gradients(std::vector<double>{3, 2}, g, nullptr);
  CHECK(g == std::vector<double>{1 + 3, 3});
  CHECK_FALSE(f->optimum());
  CHECK(landscapes().make("regularized", {{"of", "ackley"}})->optimum());
  CHECK_FALSE(landscapes().make("regularized", {{"of", "ackley"}, {"shifted", "true"}})->optimum());
  CHECK_THROWS_AS(landscapes().make("regularized", {{"of", "regularized"}}), UsageError);
  CHECK_THROWS_AS(landscapes().make("regularized", {{"of", "acley"}}), UsageError);
}
