#include "agents/ask_tell.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

#include "agents/runner.h"
#include "env/landscapes/differenced.h"
#include "tests/agents/classical/surfaces.h"
#include "tests/storage/scratch.h"

using namespace rover;
using namespace rover::test;

namespace {

double valley(Reals x) {
  double sum = 0;
  for (std::size_t i = 0; i + 1 < x.size(); ++i)
    sum += 100 * (x[i + 1] - x[i] * x[i]) * (x[i + 1] - x[i] * x[i]) + (1 - x[i]) * (1 - x[i]);
  return sum;
}

MinimizeOptions problem(const std::string& agent, std::uint64_t budget = 300) {
  MinimizeOptions out{.low = {-2, -2}, .high = {2, 2}, .agent = agent, .budget = budget, .start = {-1.2, 1}, .seed = 3};
  if (agent == "rover") out.settings = {{"heading", "newton-fit"}, {"policy", "random"}};  // without a model
  return out;
}

/// Answers up to `most` questions; every point that was asked for.
std::vector<double> answer(AskTell& search, std::size_t most = ~std::size_t{0}) {
  std::vector<double> points, values;
  for (std::size_t k = 0; k < most; ++k) {
    const Reals asked = search.ask();
    if (asked.empty()) break;
    points.insert(points.end(), asked.begin(), asked.end());
    values.clear();
    for (std::size_t p = 0; p < asked.size(); p += 2) values.push_back(valley(asked.subspan(p, 2)));
    search.tell(values);
  }
  return points;
}

}  // namespace

TEST_CASE("every agent: asked and told, it looks where it looks when it is played") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    const MinimizeOptions options = problem(id);
    std::vector<double> played;
    const auto surface = make_differenced(make_function(
        [&](Reals x) {
          played.insert(played.end(), x.begin(), x.end());
          return valley(x);
        },
        {options.low, options.high}));
    const auto env = make_surface_env(std::shared_ptr<const Landscape>(surface.get(), [](const Landscape*) {}),
                                      {.budget = options.budget, .clamp = true, .start = options.start});
    const EpisodeInfo info = play(*agents().make(id, options.settings), *env, options.seed);

    AskTell search(options);
    CHECK(answer(search) == played);
    CHECK(search.evaluations() == info.evaluations);
    CHECK(search.evaluations() == played.size() / 2);
    CHECK(search.evaluations() <= options.budget);
    CHECK(search.stopped() != StopReason::none);
    CHECK(search.ask().empty());
    CHECK(search.best_value() == valley(search.best_point()));
    CHECK(search.best_value() <=
          info.best_value + 1e-6 * std::abs(info.best_value));  // the samples of differences count
  }
}

TEST_CASE("every agent: a search saved and loaded goes on to the bits of one that was not") {
  const Scratch scratch;
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    AskTell whole(problem(id)), first(problem(id));
    std::vector<double> points = answer(first, 5);
    first.save(scratch / "search.h5");
    AskTell second = AskTell::load(scratch / "search.h5");
    CHECK(second.evaluations() == first.evaluations());
    CHECK(second.best_value() == first.best_value());
    const std::vector<double> rest = answer(second);
    points.insert(points.end(), rest.begin(), rest.end());
    CHECK(points == answer(whole));
    CHECK(second.best_value() == whole.best_value());
    CHECK(std::ranges::equal(second.best_point(), whole.best_point()));
  }
}

TEST_CASE("every agent: searches that take turns, in one thread or in two, do not disturb each other") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    MinimizeOptions other = problem(id);
    other.seed = 4, other.low = {-3, -2, -2}, other.high = {2, 2, 2}, other.start = {0.5, 0, 1};
    const auto answer_once = [](AskTell& search, std::vector<double>& points) {
      const Reals asked = search.ask();
      points.insert(points.end(), asked.begin(), asked.end());
      std::vector<double> values;
      for (std::size_t p = 0; p < asked.size(); p += search.dimension())
        values.push_back(valley(asked.subspan(p, search.dimension())));
      if (!values.empty()) search.tell(values);
      return !values.empty();
    };
    std::vector<double> alone, in_turn, points;
    AskTell first(problem(id)), second(problem(id)), beside(other);
    while (answer_once(first, alone)) {}
    for (bool goes_on = true; goes_on;) {
      answer_once(beside, points);
      std::thread([&] { goes_on = answer_once(second, in_turn); }).join();
      answer_once(beside, points);
      if (goes_on) goes_on = answer_once(second, in_turn);
    }
    CHECK(in_turn == alone);
  }
}

TEST_CASE("a search is told gradients where it says that it can be") {
  MinimizeOptions options = problem("adam");
  options.gradients = true;
  options.settings = {{"learning_rate", "0.05"}};
  AskTell search(options);
  double value[1], gradient[2];
  std::size_t questions = 0;
  for (Reals x = search.ask(); !x.empty(); x = search.ask(), ++questions) {
    REQUIRE(x.size() == 2);
    REQUIRE(search.wants_gradients());
    value[0] = valley(x);
    gradient[0] = -400 * x[0] * (x[1] - x[0] * x[0]) - 2 * (1 - x[0]), gradient[1] = 200 * (x[1] - x[0] * x[0]);
    CHECK_THROWS_AS(search.tell(value), UsageError);
    search.tell(value, gradient);
  }
  CHECK(questions == 300 / 4);
  CHECK(search.best_value() < 4);
}

TEST_CASE("a search ends at its target, and says why it ended") {
  MinimizeOptions options = problem("nelder-mead", 10000);
  options.target = 1e-3;
  AskTell search(options);
  answer(search);
  CHECK(search.stopped() == StopReason::target);
  CHECK(search.best_value() <= 1e-3);
  CHECK(search.evaluations() < 500);

  options.target = -1, options.settings = {{"restarts", "false"}};
  AskTell once(options);
  answer(once);
  CHECK(once.stopped() == StopReason::agent);
  CHECK(once.evaluations() < 1000);

  options.seconds = 1e-9;
  AskTell late(options);
  CHECK(late.ask().empty());
  CHECK(late.stopped() == StopReason::seconds);
}

TEST_CASE("without bounds: agents that can, from a start") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  for (const auto& id : agents().ids()) {
    if (!agents().info(id).capabilities.unbounded) continue;
    CAPTURE(id);
    MinimizeOptions options = problem(id, 400);
    options.low = {-infinity, -infinity}, options.high = {infinity, 3};
    if (id == "gd" || id == "momentum" || id == "nesterov" || id == "adams-bashforth")
      options.settings = {{"learning_rate", "1e-3"}};
    AskTell search(options);
    const std::vector<double> points = answer(search);
    CHECK(search.best_value() < 24.2);  // f(x₀)
    for (std::size_t k = 1; k < points.size(); k += 2) REQUIRE(points[k] <= 3);
  }
  MinimizeOptions options = problem("gd");
  options.low[0] = -infinity, options.start.clear();
  CHECK_THROWS_WITH(AskTell{options}, "without finite bounds a search needs a start");
  options = problem("direct-l"), options.high[1] = infinity;
  CHECK_THROWS_WITH(AskTell{options},
                    "the agent 'direct-l' needs finite bounds (rover list agents shows which do without)");
}

TEST_CASE("what does not fit is a sentence") {
  MinimizeOptions options = problem("gd");
  options.low = {3, 3};
  CHECK_THROWS_WITH(AskTell{options}, "coordinate 0 goes from 3 to 2: its lower bound must be below the upper");
  options = problem("gd"), options.low = {1};
  CHECK_THROWS_WITH(AskTell{options}, "there are 1 lower and 2 upper bounds");
  options = problem("gd"), options.start = {7, 0};
  CHECK_THROWS_WITH(AskTell{options}, "the start (7, 0) is outside the bounds");
  options = problem("gd"), options.agent = "gdd";
  CHECK_THROWS_WITH(AskTell{options}, "unknown agent 'gdd'; did you mean 'gd'? (rover list agents)");
  AskTell search(problem("random"));
  CHECK_THROWS_WITH(search.tell(std::vector<double>{1}), "tell() needs a question: call ask() first");
  search.ask();
  CHECK_THROWS_AS(search.tell({}), UsageError);

  const Scratch scratch;
  std::ofstream(scratch / "foreign.h5") << "no search";
  CHECK_THROWS_AS(AskTell::load(scratch / "foreign.h5"), std::runtime_error);
}
