#include "agents/search/resolution_rule.h"

#include <doctest/doctest.h>

#include "core/settings.h"
#include "tests/storage/scratch.h"

namespace rover {

TEST_CASE("the half-width follows what the look-and-try led to") {
  RandomStream random = make_stream(1, 0, "test");
  const ResolutionRule rule{SearchOptions{}};
  const auto factor = [&](Attempt attempt) { return rule.factor(attempt, random); };
  CHECK(factor({.improved = true, .clipped = true, .ratio = 0.21, .step_length = 3}) == 2);
  CHECK(factor({.improved = true, .clipped = true, .ratio = 0.1, .step_length = 3}) == 1);
  CHECK(factor({.improved = true, .ratio = 0.9, .step_length = 0.5}) == 0.5);
  CHECK(factor({.improved = true, .ratio = 0.9, .step_length = 0.01}) == 0.1);
  CHECK(factor({.improved = true, .ratio = 0.5, .step_length = 0.01}) == 0.35);
  CHECK(factor({.look_improved = true, .step_length = 1, .best_distance = 0.95}) == 1);
  CHECK(factor({.look_improved = true, .step_length = 1, .best_distance = 0.5}) == 0.7);
  CHECK(factor({.step_length = 1}) == 0.25);
  CHECK(factor({.step_length = 0.2}) == 0.2);
  CHECK(factor({.step_length = 0.01}) == 0.12);
  CHECK(random.counter == 0);

  SearchOptions options;
  options.resolution = "halve";
  CHECK(ResolutionRule(options).factor({.gained = true}, random) == 1);
  CHECK(ResolutionRule(options).factor({}, random) == 0.5);
  options.resolution = "random";
  CHECK(ResolutionRule(options).factor({}, random) != ResolutionRule(options).factor({}, random));
}

TEST_CASE("bad settings of the resolution rule") {
  SearchOptions options;
  options.resolution = "rul";
  CHECK(error_of([&] { ResolutionRule{options}; }) ==
        "unknown resolution 'rul'; did you mean 'rule'? (rule, halve or random)");
  options = {};
  options.shrink = 1;
  CHECK(error_of([&] { ResolutionRule{options}; }) == "shrink=1 is out of range: above 0, below 1");
}

}  // namespace rover
