#include "experiments/suites.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "env/landscapes/extended.h"
#include "env/landscapes/varied.h"
#include "tests/storage/scratch.h"

using namespace rover;

TEST_CASE("every suite: starts where they belong, optima below them, trial k whatever the count") {
  for (const Suite& suite : suites()) {
    CAPTURE(suite.name);
    CHECK(!suite.summary.empty());
    for (const auto& function : suite.functions) {
      CAPTURE(function);
      const auto trials = suite.draw(function, 4, 7), fewer = suite.draw(function, 2, 7),
                 others = suite.draw(function, 4, 8);
      REQUIRE(trials.size() == 4);
      CHECK(trials[1].start == fewer[1].start);
      CHECK(trials[1].start_value == fewer[1].start_value);
      CHECK(trials[0].start != trials[1].start);
      CHECK(trials[0].start != others[0].start);
      for (const Trial& trial : trials) {
        CHECK(trial.start_value == trial.landscape->value(trial.start));
        if (trial.landscape->optimum()) {
          CHECK(trial.start_value > trial.optimum_value);
          CHECK(trial.optimum_value == trial.landscape->optimum()->value);
        } else {
          CHECK(suite.name == "tasks");
          CHECK(trial.landscape->has_validation());
          CHECK(trial.landscape->layout().size() > 1);
        }
        if (!suite.clamp) continue;
        const Box& box = trial.landscape->domain();
        for (std::size_t i = 0; i < trial.start.size(); ++i)
          CHECK((trial.start[i] >= box.low[i] && trial.start[i] <= box.high[i]));
      }
    }
  }
}

TEST_CASE("paper is the six functions of appendix 6.3 in the plane, general is in ten dimensions") {
  CHECK(find_suite("paper").functions ==
        std::vector<std::string>{"rosenbrock", "ackley", "rastrigin", "mccormick", "beale", "styblinski"});
  CHECK(find_suite("paper").draw("beale", 1, 0)[0].landscape->dimension() == 2);
  CHECK(find_suite("general").draw("griewank", 1, 0)[0].landscape->dimension() == 10);
}

TEST_CASE("training draws an instance a start, half of the fields noisy, none from a pool of the same seed") {
  const Suite suite = find_suite("training");
  const std::size_t count = 100;
  const auto trials = suite.draw("valley", count, 3);
  CHECK(trials[0].landscape != trials[1].landscape);
  CHECK(trials[0].optimum_value != trials[1].optimum_value);
  const auto noisy = std::ranges::count_if(trials, [](const Trial& trial) { return trial.landscape->is_noisy(); });
  CHECK(std::abs(static_cast<double>(noisy) - 50) < 5 * std::sqrt(count * 0.25));  // five standard deviations
  for (const auto& instance : make_pool({"valley"}, count, 3, {}).instances)
    CHECK(instance.optimum_value != trials[0].optimum_value);
}

TEST_CASE(
    "in a dimension that is asked for, extended draws from the families that have it; what it cannot take is named") {
  const Suite suite = find_suite("extended", {{"dimension", "5"}});
  CHECK(suite.functions == varied_families());
  CHECK(suite.details == "dimension=5");
  CHECK(suite.draw("rugged", 1, 3)[0].start.size() == 5);
  CHECK(find_suite("extended", {{"dimension", "2"}}).functions == extended_families());
  CHECK_THROWS_WITH_AS(find_suite("extended", {{"dimension", "5"}, {"shifted", "true"}}),
                       "the suite 'extended' draws its surfaces and takes no 'shifted'", UsageError);
  CHECK_THROWS_AS(find_suite("training", {{"dimension", "5"}}), UsageError);
}

TEST_CASE("extended draws a noise-free instance a start, none from a training pool of the same seed") {
  const Suite suite = find_suite("extended");
  CHECK(suite.functions ==
        std::vector<std::string>{"quadratic", "valley", "saddle", "plateau", "anchors", "ripple", "cosines"});
  const auto trials = suite.draw("cosines", 5, 3);
  CHECK(trials[0].landscape != trials[1].landscape);
  for (const auto& instance : make_extended_pool("cosines", 5, 3).instances) CHECK(instance.start != trials[0].start);
}

TEST_CASE("shifted moves the optimum of each start's surface and keeps its value") {
  const auto trials = find_suite("shifted").draw("rastrigin", 4, 3);
  for (const auto& trial : trials) {
    const auto optimum = trial.landscape->optimum();
    REQUIRE(optimum);
    CHECK((optimum->point[0] != 0 && optimum->point[1] != 0));
    CHECK(trial.landscape->value(optimum->point) == doctest::Approx(trial.optimum_value).epsilon(1e-12));
  }
  CHECK(trials[0].landscape->optimum()->point != trials[1].landscape->optimum()->point);
}

TEST_CASE("landscapes by name make a suite; unknown names are suggested") {
  CHECK(find_suite("sphere").functions == std::vector<std::string>{"sphere"});
  CHECK(find_suite("sphere,beale").functions == std::vector<std::string>{"sphere", "beale"});
  const auto error = [](const char* name) { return error_of([&] { find_suite(name); }); };
  CHECK(error("papr") == "unknown suite 'papr'; did you mean 'paper'? (rover list suites landscapes)");
  CHECK(error("sphere,bele") == "unknown landscape 'bele'; did you mean 'beale'? (rover list suites landscapes)");
  CHECK(error("sphere,sphere") == "the landscape 'sphere' is named twice");
  CHECK_THROWS_AS(find_suite("papr"), UsageError);
}

TEST_CASE("the suite bbob: start k on instance k + 1, any dimension, and nothing is tuned on it") {
  const Suite suite = find_suite("bbob", {{"dimension", "5"}});
  CHECK(suite.functions.size() == 24);
  CHECK(suite.reports_only);
  const auto trials = suite.draw("f24", 3, 7);
  CHECK(trials[2].landscape->dimension() == 5);
  CHECK(trials[2].optimum_value ==
        landscapes().make("bbob", {{"function", "24"}, {"dimension", "5"}, {"instance", "3"}})->optimum()->value);
  CHECK(trials[1].start != trials[2].start);
  CHECK(find_suite("bbob,sphere").reports_only);
  CHECK_FALSE(find_suite("paper").reports_only);
  CHECK_THROWS_AS(find_suite("bbob", {{"shifted", "true"}}), UsageError);
}
