#include "core/registry.h"

#include <doctest/doctest.h>

using namespace rover;

namespace {

struct Walker {
  double stride = 0;
  std::string gait;
  bool asked = false;  // the user gave the stride
};

struct WalkerOptions {
  double stride = 1;
  std::string gait = "walk";
  template <class Visit>
  void fields(Visit&& visit) {
    visit("stride", stride, "length of a step", above(0, 10));
    visit("gait", gait, "how it goes", one_of("walk", "trot"));
  }
};

Registry<Walker> filled() {
  Registry<Walker> walkers("walker", "walkers", [](const Walker& made, const std::string& id) {
    if (made.stride > 9) throw UsageError("the walker '" + id + "' stumbles");
  });
  walkers.add<WalkerOptions>(
      "dog", "four legs",
      [](const WalkerOptions& options, const Settings& given) {
        return std::make_unique<Walker>(Walker{options.stride, options.gait, given.contains("stride")});
      },
      {.capabilities = {.gradients = true, .min_dimension = 2},
       .tuning = {{"stride", {"1", "2"}}},
       .former_settings = {{"pace", "the setting pace of 'dog' is now stride"},
                           {"legs.", "the walker 'dog' has four legs"}}});
  walkers.add<NoOptions>("snail", "no leg", [](const NoOptions&) { return std::make_unique<Walker>(); });
  walkers.moved("hound", "the walker 'hound' is now dog");
  return walkers;
}

}  // namespace

TEST_CASE("an entry knows its settings, what it can do and what is tuned") {
  const auto walkers = filled();
  CHECK(walkers.ids() == std::vector<std::string>{"dog", "snail"});
  const EntryInfo& dog = walkers.info("dog");
  CHECK(dog.summary == "four legs");
  CHECK(dog.built_for == interface_version);
  CHECK(dog.capabilities.gradients);
  CHECK(dog.capabilities.min_dimension == 2);
  CHECK(dog.tuning.at("stride").size() == 2);
  REQUIRE(dog.options.size() == 2);
  CHECK(dog.options[0].key == "stride");
  CHECK(dog.options[0].type == "number");
  CHECK(dog.options[0].value == "1");
  CHECK(dog.options[0].allowed.text() == "above 0, at most 10");
  CHECK(dog.options[1].allowed.text() == "walk or trot");
  CHECK(walkers.make("dog", {{"stride", "2"}})->asked);
  CHECK_FALSE(walkers.make("dog")->asked);
}

TEST_CASE("a wrong name or value is one sentence that says what would be right") {
  const auto walkers = filled();
  const auto make = [&](const char* id, const Settings& settings) { (void)walkers.make(id, settings); };
  CHECK_THROWS_WITH_AS(make("dgo", {}), "unknown walker 'dgo'; did you mean 'dog'? (rover list walkers)", UsageError);
  CHECK_THROWS_WITH_AS(make("hound", {}), "the walker 'hound' is now dog", UsageError);
  CHECK_THROWS_WITH_AS(make("dog", {{"lr", "3"}}), "the walker 'dog' has no setting 'lr'; it has: stride, gait",
                       UsageError);
  CHECK_THROWS_WITH_AS(make("dog", {{"strid", "3"}}), "the walker 'dog' has no setting 'strid'; did you mean 'stride'?",
                       UsageError);
  CHECK_THROWS_WITH_AS(make("snail", {{"lr", "3"}}), "the walker 'snail' has no setting 'lr', nor any other",
                       UsageError);
  CHECK_THROWS_WITH_AS(make("dog", {{"pace", "3"}}), "the setting pace of 'dog' is now stride", UsageError);
  CHECK_THROWS_WITH_AS(make("dog", {{"legs.left", "3"}}), "the walker 'dog' has four legs", UsageError);
  CHECK_THROWS_WITH_AS(make("dog", {{"stride", "-1"}}), "stride=-1 is out of range: above 0, at most 10", UsageError);
  CHECK_THROWS_WITH_AS(make("dog", {{"gait", "tort"}}), "unknown gait 'tort'; did you mean 'trot'? (walk or trot)",
                       UsageError);
  CHECK_THROWS_WITH_AS(make("dog", {{"stride", "10"}}), "the walker 'dog' stumbles", UsageError);
}

TEST_CASE("an entry that is not whole is refused when it is added") {
  auto walkers = filled();
  const auto make = [](const NoOptions&) { return std::make_unique<Walker>(); };
  CHECK_THROWS_AS(walkers.add<NoOptions>("dog", "again", make), std::logic_error);
  CHECK_THROWS_AS(walkers.add<NoOptions>("cat", "", make), std::logic_error);
  CHECK_THROWS_AS(walkers.add<NoOptions>("cat", "tunes nothing", make, {.tuning = {{"stride", {"1"}}}}),
                  std::logic_error);
  CHECK_THROWS_WITH_AS(walkers.add<NoOptions>("cat", "old", make, {}, {}, 1),
                       "the walker 'cat' was compiled for version 1 of the interface, and this program has version 3: "
                       "compile it again",
                       std::logic_error);
}
