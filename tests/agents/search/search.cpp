#include "agents/search/search.h"

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "agents/search/descent.h"
#include "core/random.h"
#include "core/settings.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

using Function = std::function<double(double, double)>;
using Decide = std::function<void(PlaneSearch&)>;

double bowl(double x, double y) {
  return (x - 0.31) * (x - 0.31) + 3 * (y - 0.62) * (y - 0.62) + (x - 0.31) * (y - 0.62);
}
// Eight by eight basins, the lowest at (.37, .64).
double egg_box(double x, double y) {
  const double p = x - 0.37, q = y - 0.64;
  return 4 * (p * p + q * q) + 0.5 * (2 - std::cos(50 * p) - std::cos(50 * q));
}

// All places asked for, in order.
std::vector<double> run(
    PlaneSearch& search, const Function& f, std::uint64_t budget, const Decide& decide = [](auto& s) { s.decide(); }) {
  std::vector<double> places, values;
  while (search.evaluations() < budget) {
    while (search.needs_decision()) decide(search);
    const auto points = search.ask();
    REQUIRE(points.size() >= 2);
    values.clear();
    for (std::size_t k = 0; k < points.size() && search.evaluations() + values.size() < budget; k += 2)
      values.push_back(f(points[k], points[k + 1])), places.insert(places.end(), {points[k], points[k + 1]});
    search.tell(values);
  }
  return places;
}

}  // namespace

TEST_CASE("a bowl is found to rounding within 60 evaluations, and one of 64 basins within 1000") {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    PlaneSearch search({});
    search.reset(seed);
    run(search, bowl, 60);
    CHECK(search.best_value() < 1e-10);
    search.reset(seed);
    run(search, egg_box, 1000);
    CHECK(search.best_value() < 1e-6);  // the next basin is at .06
    CHECK(search.best_point()[0] == doctest::Approx(0.37).epsilon(1e-3));
    CHECK(search.restarts() > 3);
  }
}

TEST_CASE("a function of the seed, the values and the decisions, whatever ran before") {
  PlaneSearch used({}), fresh({});
  used.reset(7);
  run(used, bowl, 333);
  used.reset(8), fresh.reset(8);
  const auto places = run(used, egg_box, 500);
  CHECK(places == run(fresh, egg_box, 500));
  fresh.reset(9);
  CHECK(places != run(fresh, egg_box, 500));
}

TEST_CASE("values count by their order and differences alone: shift and scale change nothing") {
  PlaneSearch search({});
  search.reset(3);
  const auto places = run(search, egg_box, 300);
  search.reset(3);
  CHECK(run(
            search, [](double x, double y) { return 1024 * egg_box(x, y); }, 300) ==
        places);  // a power of two: no rounding
}

TEST_CASE("every place lies in the square, and budgets may end within a batch") {
  for (const char* stencil : {"grid", "ring"}) {
    SearchOptions options;
    options.stencil = stencil;
    PlaneSearch search(options);
    search.reset(1);
    const auto edge = [](double x, double y) { return 30 * x - y; };  // lowest in a corner
    for (const double u : run(search, edge, 401)) CHECK((u >= 0 && u <= 1));
    CHECK(search.evaluations() == 401);
    CHECK(search.best_value() == -1);
  }
}

TEST_CASE("the tuned rule is u = 0; what is out of range is clipped") {
  constexpr std::size_t size = SearchController::decisions;
  PlaneSearch search({});
  const auto with = [&](float u) {
    search.reset(5);
    return run(search, egg_box, 300, [&](PlaneSearch& s) { s.decide(std::vector<float>(size, u)); });
  };
  search.reset(5);
  const auto rule = run(search, egg_box, 300);
  CHECK(rule == with(0));
  CHECK(with(1) == with(4));
  CHECK(with(1) != with(0));
}

TEST_CASE("each decision changes what is asked for next") {
  // The first decision follows the first look and the ring around its best.
  const auto after = [](SearchDecision::Index index, float u) {
    PlaneSearch search({});
    search.reset(2);
    return run(search, egg_box, 400, [&](PlaneSearch& s) {
      std::vector<float> decision(SearchController::decisions);
      decision[index] = u;
      s.decide(decision);
    });
  };
  const auto rule = after(SearchDecision::resolution, 0);
  for (std::size_t k = 0; k < SearchDecision::count; ++k) {
    CAPTURE(k);
    const auto index = static_cast<SearchDecision::Index>(k);
    CHECK((after(index, 0.9f) != rule || after(index, -0.9f) != rule));
  }
}

TEST_CASE("a look is left out, or the try, when the decision says so") {
  PlaneSearch search({});
  std::vector<float> decision(SearchController::decisions);
  const auto tell = [&] {
    std::vector<double> values;
    const auto points = search.ask();
    for (std::size_t k = 0; k < points.size(); k += 2) values.push_back(egg_box(points[k], points[k + 1]));
    search.tell(values);
  };
  // The decision after a look that saw something new.
  const auto start = [&] {
    search.reset(4);
    tell();
    for (std::size_t size = 0; size <= 2;) {
      while (search.needs_decision()) search.decide();
      size = search.ask().size();
      tell();
    }
    REQUIRE(search.needs_decision());
  };
  start();
  decision[SearchDecision::look] = -1;
  search.decide(decision);
  REQUIRE(search.needs_decision());  // the review of a round without a try
  CHECK(search.features()[SearchFeature::review] == 1);
  search.decide();
  REQUIRE_FALSE(search.needs_decision());
  CHECK(search.ask().size() > 2);  // the next look

  start();
  decision[SearchDecision::look] = decision[SearchDecision::resolution] = 1;  // a window that keeps its samples
  decision[SearchDecision::second_try] = -1;
  CHECK(search.features()[SearchFeature::review] == 0);
  search.decide(decision);
  REQUIRE(search.ask().size() == 2);  // the try
  tell();
  REQUIRE(search.needs_decision());
  const auto seen = search.features();
  CHECK(seen[SearchFeature::review] == 1);
  CHECK((seen[SearchFeature::try_improved] == 1) == (seen[SearchFeature::prediction] > 0));
  search.decide(decision);
  REQUIRE(search.needs_decision());  // again, without a look
  CHECK(search.features()[SearchFeature::review] == 0);
}

TEST_CASE("features are finite, bounded, and free of the values' scale") {
  PlaneSearch search({});
  std::vector<std::vector<float>> seen[2];
  for (int scaled = 0; scaled < 2; ++scaled) {
    search.reset(6);
    run(
        search, [&](double x, double y) { return (scaled ? 4096 : 1) * egg_box(x, y); }, 400,
        [&](PlaneSearch& s) {
          const auto features = s.features();
          REQUIRE(features.size() == SearchController::features);
          for (const float value : features) CHECK(std::fabs(value) <= 3);
          seen[scaled].emplace_back(features.begin(), features.end());
          s.decide();
        });
  }
  CHECK(seen[0].size() > 40);
  CHECK(seen[0] == seen[1]);
}

TEST_CASE("a random controller drives the search, and it is its seed's") {
  const auto controller = make_random_controller();
  PlaneSearch search({});
  const auto with = [&](std::uint64_t seed) {
    controller->reset(seed);
    search.reset(1);
    std::vector<float> u(SearchController::decisions);
    return run(search, egg_box, 1000, [&](PlaneSearch& s) {
      controller->decide(s.features(), u);
      s.decide(u);
    });
  };
  const auto places = with(1);
  CHECK(places == with(1));
  CHECK(places != with(2));
}

TEST_CASE("features stay finite where a descent begins among samples that stand in for its whole look") {
  Descent descent({.top_up = 3});
  SearchMemory memory;
  memory.random = make_stream(1, 0, "descent");
  for (double x = 0.3; x < 0.75; x += 0.1)
    for (double y = 0.3; y < 0.75; y += 0.1) memory.add(x, y, egg_box(x, y));
  SearchWindow window;
  window.x = window.y = 0.5, window.resolution = 0.1;
  descent.begin(memory, window, std::numeric_limits<double>::quiet_NaN());
  REQUIRE(descent.needs_decision());  // nothing to look at
  std::vector<float> features(SearchController::features);
  const std::vector<float> rule(SearchController::decisions);
  for (int stage = 0; stage < 2; ++stage) {
    descent.features(memory, features);
    for (const float value : features) REQUIRE(std::fabs(value) <= 3);
    descent.decide(memory, rule);
    if (stage == 0) memory.add(descent.points()[0], descent.points()[1], 1e6), descent.advance(memory);
  }
}

TEST_CASE("what is known beforehand is where the first descent starts") {
  PlaneSearch search({});
  search.reset(1);
  const double start[] = {0.31, 0.62};
  search.know(start, bowl(start[0], start[1]));
  CHECK(search.best_value() == 0);
  CHECK(search.evaluations() == 1);
  run(search, bowl, 17);  // the first look
  while (search.needs_decision()) search.decide();
  for (const double u : search.ask().subspan(0, 1)) CHECK(u == doctest::Approx(0.31).epsilon(1e-3));
}

TEST_CASE("parts can be switched off and still search") {
  const Settings variants[] = {{{"first_look", "0"}},
                               {{"stencil", "grid"}, {"stencil_size", "4"}},
                               {{"top_up", "0"}},
                               {{"heading", "gradient"}},
                               {{"heading", "random"}},
                               {{"recentre", "false"}},
                               {{"tries", "0"}},
                               {{"tries", "1"}},
                               {{"aspect", "1"}},
                               {{"resolution", "halve"}},
                               {{"resolution", "random"}},
                               {{"abandon", "0"}},
                               {{"halton", "0"}},
                               {{"hops", "0"}},
                               {{"hops", "1"}},
                               {{"jitter", "1"}},
                               {{"memory", "0"}}};
  for (const Settings& settings : variants) {
    CAPTURE(settings.begin()->first);
    PlaneSearch search(from_settings<SearchOptions>(settings)), rule({});
    search.reset(3), rule.reset(3);
    const auto places = run(search, egg_box, 800);
    CHECK(search.best_value() < 0.2);
    if (settings.begin()->first != "memory") CHECK(places != run(rule, egg_box, 800));
  }
}

TEST_CASE("bad options and calls out of turn") {
  const auto error = [](const Settings& settings) {
    return error_of([&] { PlaneSearch(from_settings<SearchOptions>(settings)); });
  };
  CHECK(error({{"heading", "newtn"}}) ==
        "unknown heading 'newtn'; did you mean 'newton'? (newton, gradient or random)");
  CHECK(error({{"top_up", "-1"}}) == "top_up=-1 is out of range: at least 0, at most 100");
  CHECK(error({{"reach", "0"}}) == "reach=0 is out of range: above 0, at most 1e6");
  CHECK(error({{"aspect", "0.5"}}) == "aspect=0.5 is out of range: at least 1, at most 1e6");
  CHECK(error({{"aspect", "inf"}}) == "the setting aspect=inf is not a number");
  CHECK(error({{"first_look", "4294967296"}}) == "first_look=4294967296 is out of range: at least 0, at most 100");
  CHECK(error({{"halton", "10001"}}) == "halton=10001 is out of range: at least 0, at most 10000");
  CHECK(error({{"tries", "0"}, {"top_up", "1"}}) ==
        "a search without tries needs looks that see something new: top_up < 1");
  CHECK(error({{"tries", "0"}}) == "");
  CHECK(error({{"hops", "2"}}) == "hops=2 is out of range: at least 0, at most 1");
  CHECK(error({{"first_resolution", "0"}}) == "first_resolution=0 is out of range: above 0, at most 100");
  CHECK(error({{"jitter", "2"}}) == "jitter=2 is out of range: at least 0, at most 1");

  PlaneSearch search({});
  CHECK(error_of([&] { search.decide(); }) == "the search needs values, not a decision");
  CHECK(error_of([&] { search.tell({}); }) == "the search is told the values of what it asked for");
  run(search, bowl, 21);
  REQUIRE(search.needs_decision());
  CHECK(error_of([&] { search.ask(); }) == "the search needs a decision before it asks");
}

}  // namespace rover
