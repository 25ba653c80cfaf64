#include "agents/classical/tuning.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

namespace {

Tuned tune_on(const std::string& id, const std::shared_ptr<const Landscape>& surface,
              const std::vector<std::vector<double>>& starts, std::uint64_t budget, const Settings& base = {}) {
  std::vector<Trial> trials;
  for (const auto& start : starts) trials.push_back(make_trial(surface, start));
  return tune(id, trials, {.evaluations = budget}, base);
}

}  // namespace

TEST_CASE("tuning finds the step size that contracts a quadratic most") {
  // |1 − 2η| is least at η = 0.3 on the grid 0.1, 0.3, 1: 0.4 a step, 0.16 in regret
  const auto tuned = tune_on("gd", bowl(2), {{3, -2}, {1, 1}}, 44);
  CHECK(tuned.settings == Settings{{"learning_rate", "0.3"}});
  CHECK(tuned.candidates == 13);
  CHECK(tuned.score == doctest::Approx(10 * std::log10(0.16)));  // 44 evaluations: the first gradient and ten more
}

TEST_CASE("regrets are floored and equals go to the first") {
  const auto tuned = tune_on("newton", bowl(2), {{3, -2}}, 1000);
  CHECK(tuned.score == -12);
  CHECK(tuned.settings.at("damping") == "0");
}

TEST_CASE("what diverges is worst, and what the caller set stays") {
  // nan beyond 3.5: the large steps from −1 fall into it
  const auto cliff = surface_of(
      cube(1, -4, 4), [](Reals x) { return x[0] > 3.5 ? std::nan("") : x[0] * x[0]; },
      [](Reals x, MutReals g) { g[0] = 2 * x[0]; });
  const auto tuned = tune_on("gd", cliff, {{-1}}, 60);
  CHECK(std::isfinite(tuned.score));
  CHECK(tuned.settings.at("learning_rate") == "0.3");
  const auto fallen = tune_on("gd", cliff, {{-1}}, 60, {{"learning_rate", "10"}});
  CHECK(fallen.settings == Settings{{"learning_rate", "10"}});
  const auto momentum = tune_on("momentum", bowl(2), {{3, -2}}, 200, {{"momentum", "0.5"}});
  CHECK(momentum.settings.at("momentum") == "0.5");
  CHECK(momentum.candidates == 13);
}

TEST_CASE("a surface without a known optimum is measured against the best candidate") {
  const auto tuned = tune_on("nelder-mead", two_wells(), {{1, 1}, {1.5, -1}}, 150);
  CHECK(tuned.score < 0);
  CHECK(tuned.score >= -12);
  CHECK(tune_on("nelder-mead", two_wells(), {{1, 1}, {1.5, -1}}, 150).settings == tuned.settings);
}

TEST_CASE("tuning says what it cannot do") {
  CHECK(tune_on("random", bowl(2), {{3, -2}}, 100).candidates == 1);
  CHECK_THROWS_AS(tune_on("gd", bowl(2), {}, 100), std::invalid_argument);
  CHECK_THROWS_WITH_AS(tune_on("gdd", bowl(2), {{3, -2}}, 100),
                       "unknown agent 'gdd'; did you mean 'gd'? (rover list agents)", UsageError);
  CHECK_THROWS_AS(tune_on("gd", two_wells(), {{3, -2}}, 100), UsageError);  // no gradient
}

TEST_CASE("finals decide among the best eighth of the candidates, two at least") {
  RunLimits limits;
  limits.evaluations = 80;
  const std::vector<Trial> trials{make_trial(bowl(2), {3, -2})}, finals{make_trial(bowl(2, 4), {3, -2})},
      steep{make_trial(bowl(2, 10), {3, -2})};
  CHECK(tune("gd", trials, limits).settings.at("learning_rate") == "0.3");  // 1 − 2η = .4 a step; 0.1 is next
  CHECK(tune("gd", trials, limits, {}, finals).settings.at("learning_rate") == "0.1");  // 1 − 8η = .2, not −1.4
  CHECK(tune("gd", trials, limits, {}, steep).settings.at("learning_rate") != "3e-2");  // the best there: no finalist
}

TEST_CASE("every grid holds values that its agent takes") {
  std::size_t tuned = 0;
  for (const auto& id : agents().ids()) {
    const TuningGrid grid = tuning_grid(id);
    tuned += !grid.empty();
    for (const auto& [key, values] : grid)
      for (const auto& value : values) CHECK_NOTHROW(agents().make(id, {{key, value}}));
  }
  CHECK(tuned == 24);
}

TEST_CASE(
    "a search over settings: defaults first, no settings twice, the same for any threads, and it finds what pays") {
  const std::vector<Trial> trials{make_trial(bowl(2), {3, -2}), make_trial(bowl(2), {-1, 3})};
  RunLimits limits;
  limits.evaluations = 80;  // twenty gradient steps
  for (const TuneSearch search : {TuneSearch::grid, TuneSearch::random, TuneSearch::attention}) {
    TuneOptions how;
    how.search = search, how.candidates = 14;  // more than the thirteen rates of gd, its default among them
    std::vector<std::size_t> done;
    how.progress = [&](std::size_t count) { done.push_back(count); };
    const auto found = tune_search("gd", trials, limits, {}, how);
    REQUIRE(found.size() == (search == TuneSearch::attention ? found.size() : 13));
    CHECK(done.back() == found.size());
    std::set<Settings> seen;
    for (const auto& candidate : found) CHECK(seen.insert(candidate.settings).second);
    CHECK(seen.contains(Settings{}));
    CHECK(std::ranges::is_sorted(found, {}, &TuneCandidate::score));
    CHECK(found[0].settings.at("learning_rate") == "0.3");  // 1 − 2η = 0.4 a step
    how.threads = 3;
    const auto again = tune_search("gd", trials, limits, {}, how);
    REQUIRE(again.size() == found.size());
    for (std::size_t k = 0; k < found.size(); ++k) CHECK(again[k].settings == found[k].settings);
  }
  TuneOptions fixed;
  fixed.candidates = 8;
  for (const auto& candidate : tune_search("momentum", trials, limits, {{"momentum", "0.5"}}, fixed))
    CHECK(candidate.settings.at("momentum") == "0.5");
  CHECK_THROWS_AS(tune_search("random", trials, limits, {}, {}), UsageError);
}
