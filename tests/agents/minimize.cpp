#include "agents/minimize.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "core/random.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

double bowl(Reals x) { return (x[0] - 1) * (x[0] - 1) + 4 * (x[1] + 2) * (x[1] + 2); }

MinimizeOptions problem(const std::string& agent, std::uint64_t budget = 200) {
  MinimizeOptions out{.low = {-5, -5}, .high = {5, 5}, .agent = agent, .budget = budget, .seed = 5};
  if (agent == "rover") out.settings = {{"heading", "newton-fit"}, {"policy", "random"}};  // without a model
  return out;
}

bool same(const MinimizeResult& a, const MinimizeResult& b) {
  return a.value == b.value && a.point == b.point && a.points == b.points && a.values == b.values &&
         a.evaluations == b.evaluations && a.stopped == b.stopped;
}

}  // namespace

TEST_CASE("minimize: every agent calls the function as often as it says, within bounds and budget") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    std::uint64_t calls = 0;
    const auto count = [&](Reals x) {
      ++calls;
      for (const double xi : x) REQUIRE(std::abs(xi) <= 5);
      return bowl(x);
    };
    const MinimizeResult result = minimize(count, problem(id), {.history = true});
    CHECK(result.evaluations == calls);
    CHECK(calls <= 200);
    CHECK(result.value == bowl(result.point));
    CHECK(result.values.size() == calls);
    CHECK(result.value == *std::ranges::min_element(result.values));
    CHECK(result.points.size() == 2 * calls);
  }
}

TEST_CASE("minimize: a noisy function's result says where the agent stands") {
  MinimizeOptions options = problem("rover-search", 300);
  options.noisy = true;
  RandomStream noise = make_stream(4, 0, "noise");
  const auto result = minimize([&](Reals x) { return bowl(x) + noise.normal(); }, options);
  CHECK(result.value < bowl(result.answer) - 1);  // the luckiest
  CHECK(bowl(result.answer) < 0.1);
  options.noisy = false;
  CHECK(minimize(bowl, options).answer == minimize(bowl, options).point);
}

TEST_CASE("minimize: the example of the documentation finds the minimum") {
  const auto result = minimize(bowl, {.low = {-5, -5}, .high = {5, 5}, .agent = "rover-search", .budget = 500});
  CHECK(result.value < 1e-12);
  CHECK(result.point[0] == doctest::Approx(1));
  CHECK(result.point[1] == doctest::Approx(-2));
}

TEST_CASE("minimize: a search that was killed goes on to the same bits, and repeats no call") {
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    const Scratch scratch;
    const MinimizeResult whole = minimize(bowl, problem(id), {.history = true});
    std::uint64_t calls = 0;
    const auto killed_at = [&](std::uint64_t k) {
      return [&calls, k](Reals x) {
        if (++calls > k) throw 1;  // nothing after this is kept: as a kill
        return bowl(x);
      };
    };
    const CallOptions how{.history = true, .journal = scratch / "journal"};
    CHECK_THROWS_AS(minimize(killed_at(17), problem(id), how), int);
    CHECK_THROWS_AS(minimize(killed_at(60), problem(id), how), int);
    const MinimizeResult resumed = minimize(killed_at(100000), problem(id), how);
    CHECK(same(resumed, whole));
    CHECK(resumed.remembered == 59);        // 17 + 42: the first call of the second run was the 18th
    CHECK(calls == whole.evaluations + 2);  // one more each time: the call that was killed
    CHECK_THROWS_AS(minimize(bowl, problem(id, 77), how), std::runtime_error);  // of another search
  }
}

TEST_CASE("minimize: NaN, infinity and exceptions, by policy") {
  const auto hole = [](Reals x) {
    if (x[0] > 3) throw std::runtime_error("the solver diverged");
    return x[0] > 2 ? std::nan("") : x[0] < -4 ? -std::numeric_limits<double>::infinity() : bowl(x);
  };
  for (const auto& id : agents().ids()) {
    CAPTURE(id);
    MinimizeOptions options = problem(id);
    options.on_bad_value = BadValue::penalise;
    options.start = {1.9, 4};
    const MinimizeResult result = minimize(hole, options);
    CHECK(std::isfinite(result.value));
    CHECK(result.value == hole(result.point));
  }
  MinimizeOptions options = problem("random");
  const MinimizeResult penalised = [&] {
    options.on_bad_value = BadValue::penalise;
    return minimize(hole, options);
  }();
  CHECK(penalised.bad_values > 10);
  options.on_bad_value = BadValue::fail;
  try {
    minimize(hole, options);
    FAIL("it returned");
  } catch (const EvaluationError& error) {
    CHECK(error.so_far.evaluations < 50);
    const std::string sentence = error.what();
    CAPTURE(sentence);
    CHECK((sentence.starts_with("the function failed at (") || sentence.starts_with("the function returned ")));
  }
}

TEST_CASE("minimize: a gradient that is given is called, and one that is not is counted as differences") {
  MinimizeOptions options = problem("l-bfgs");
  std::uint64_t gradients = 0;
  const auto slope = [&](Reals x, MutReals g) {
    ++gradients;
    g[0] = 2 * (x[0] - 1), g[1] = 8 * (x[1] + 2);
  };
  options.target = 1e-10;
  const MinimizeResult given = minimize(bowl, options, {.gradient = slope});
  CHECK(given.stopped == StopReason::target);
  CHECK(given.gradients == gradients);
  CHECK(given.evaluations <= gradients + 1);
  const MinimizeResult differences = minimize(bowl, options);
  CHECK(differences.stopped == StopReason::target);
  CHECK(differences.gradients == 0);
  CHECK(differences.evaluations % 4 <= 3);
  CHECK(differences.evaluations > given.evaluations);
}

TEST_CASE("minimize: several calls at a time give the same result") {
  for (const char* id : {"random", "cma-es", "rover-search", "patsearch"}) {
    CAPTURE(id);
    std::atomic<int> at_a_time = 0;
    const MinimizeResult one = minimize(bowl, problem(id), {.history = true});
    const MinimizeResult many = minimize(bowl, problem(id), {.jobs = 4, .history = true});
    CHECK(same(one, many));
  }
  MinimizeOptions options = problem("random");
  options.on_bad_value = BadValue::fail;
  CHECK_THROWS_AS(minimize([](Reals) { return std::nan(""); }, options, {.jobs = 4}), EvaluationError);
}

TEST_CASE("minimize: target, callback and time end it at once") {
  MinimizeOptions options = problem("random", 100000);
  options.target = 0.5;
  const MinimizeResult hit = minimize(bowl, options, {.history = true});
  CHECK(hit.stopped == StopReason::target);
  CHECK(hit.values.back() == hit.value);
  CHECK(std::count_if(hit.values.begin(), hit.values.end(), [](double v) { return v <= 0.5; }) == 1);

  options.target = -1;
  std::uint64_t seen = 0;
  const MinimizeResult stopped = minimize(bowl, options, {.callback = [&](const MinimizeProgress& now) {
                                            CHECK(now.evaluations == ++seen);
                                            CHECK(now.value == bowl(now.point));
                                            CHECK(now.best_value <= now.value);
                                            return seen < 7;
                                          }});
  CHECK(stopped.stopped == StopReason::callback);
  CHECK(stopped.evaluations == 7);

  options.seconds = 1e-6;
  CHECK(minimize(bowl, options).stopped == StopReason::seconds);
}
