#include "experiments/studies/high_dimensions.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "env/landscapes/registry.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

std::shared_ptr<const Landscape> surface(const std::string& id, std::uint64_t dimension) {
  return landscapes().make(id, to_settings(LandscapeOptions{.dimension = dimension}));
}

/// Three starts on a Rosenbrock in four dimensions, where a gradient costs 8.
Contest small_contest() {
  Contest contest;
  contest.name = "valley";
  const auto landscape = surface("rosenbrock", 4);
  for (std::uint64_t k = 0; k < 3; ++k) contest.trials.push_back(draw_trial(landscape, k));
  contest.tuning.push_back(draw_trial(landscape, 9));
  contest.players = {{{"gd", {}, "tuned"}, 20, unlimited, true},
                     {{"gd", {{"learning_rate", "0.0001"}}, "told"}, unlimited, 100, false},
                     {{"random", {}, "random"}, unlimited, 4000, false}};
  return contest;
}

/// Regrets 1, 0.5, `last` of f* = 0 from f(x₀) = 2 after 0, 1, 2 iterations of ten evaluations.
EvaluationCurve curve(const std::string& agent, double last) {
  return {agent, "s", 0, 0, 0, 2, {0, 1, 2}, {0, 10, 20}, {2, 1, last}};
}

}  // namespace

TEST_CASE("a trial is a start of its own stream, with its value and the optimum where one is known") {
  const auto sphere = surface("sphere", 5);
  const Trial trial = draw_trial(sphere, 3);
  REQUIRE(trial.start.size() == 5);
  CHECK(trial.start_value == sphere->value(trial.start));
  CHECK(trial.optimum_value == sphere->optimum()->value);
  CHECK(draw_trial(sphere, 3).start == trial.start);
  CHECK(draw_trial(sphere, 4).start != trial.start);
  CHECK(std::isnan(draw_trial(surface("iris", 2), 3).optimum_value));
}

TEST_CASE("a contest ends where its players' limits are and keeps every early iteration, then a point a hundredth") {
  const Contest contest = small_contest();
  const Evaluation played = play_contest(contest, 1, 1);
  REQUIRE(played.curves.size() == 9);
  CHECK(agents_of(played) == std::vector<std::string>{"tuned", "told", "random"});
  for (std::size_t k = 0; k < 9; ++k) {
    const EvaluationCurve& run = played.curves[k];
    CHECK(run.landscape == "valley");
    CHECK(run.start == k % 3);
    CHECK(run.start_value == contest.trials[k % 3].start_value);
    CHECK(std::ranges::is_sorted(run.best_value, std::greater{}));
    CHECK(run.best_value.front() <= run.start_value);
  }
  // Iterations 0 … 20 of gradient descent, each looking once.
  CHECK(played.curves[0].iterations.size() == 21);
  CHECK(played.curves[0].iterations.back() == 20);
  CHECK(played.curves[0].evaluations.back() == 21 * 8);
  CHECK(played.curves[3].evaluations.back() == 96);  // twelve gradients; a thirteenth would cost too much
  CHECK(played.settings.at("told|valley") == "learning_rate=0.0001");
  CHECK(played.settings.at("tuned|valley").starts_with("learning_rate="));

  const EvaluationCurve& run = played.curves[6];
  const auto& at = run.evaluations;
  CHECK(at.back() == 4000);
  for (std::size_t k = 0; k + 1 < at.size(); ++k) {
    CHECK(at[k + 1] > at[k]);
    if (run.iterations[k] > 500 && k + 2 < at.size()) {
      CHECK(at[k + 1] > at[k] + at[k] / 100);
      CHECK(at[k + 1] <= at[k] + at[k] / 100 + 1 + at[0]);  // at most one look later
    }
  }
}

TEST_CASE("seconds are told beside evaluations, point by point") {
  const Evaluation played = play_contest(small_contest(), 1, 1);
  for (const EvaluationCurve& run : played.curves) {
    CHECK(run.seconds.size() == run.evaluations.size());
    CHECK(std::ranges::is_sorted(run.seconds));
    CHECK(run.seconds.front() >= 0);
    CHECK(point_at_seconds(run, run.seconds.back()).best_value == run.best_value.back());
    CHECK(point_at_seconds(run, -1).best_value == run.start_value);
  }
  Evaluation clock;
  for (const double seconds : {1., 9., 3.}) {
    clock.curves.push_back(curve("a", 0));
    clock.curves.back().seconds = {0, 0.5, seconds};
  }
  CHECK(seconds_of(clock, "a") == doctest::Approx(3));
  CHECK(seconds_after(clock, "a", 1) == doctest::Approx(0.5));
  clock.curves[0].seconds.clear();
  CHECK(std::isnan(seconds_of(clock, "a")));
}

TEST_CASE("a contest comes to the same bits on one thread and on two") {
  const Evaluation one = play_contest(small_contest(), 5, 1), two = play_contest(small_contest(), 5, 2);
  CHECK(one.curves == two.curves);
  CHECK(one.settings == two.settings);
  CHECK(play_contest(small_contest(), 6, 1).curves[6] != one.curves[6]);
}

TEST_CASE("what fails in a contest is said, from any thread") {
  Contest contest = small_contest();
  contest.players[1].spec.id = "nobody";
  CHECK_THROWS_AS(play_contest(contest, 1, 2), UsageError);
}

TEST_CASE("a contest that was kept is read back, not played again") {
  const Scratch scratch;
  StudyPlace place;
  place.folder = scratch.folder(), place.seed = 2, place.threads = 1;
  int made = 0;
  place.evaluation = [&](const std::string& name, const std::function<Evaluation()>& make) {
    const auto path = scratch / (name + ".h5");
    if (!std::filesystem::exists(path)) write_evaluation(path, make()), ++made;
    return read_evaluation(path);
  };
  Contest contest = small_contest();
  const Evaluation first = kept_contest(place, "valley", contest);
  contest.players.clear();
  const Evaluation again = kept_contest(place, "valley", contest);
  CHECK(made == 1);
  CHECK(first.curves == play_contest(small_contest(), 2, 1).curves);
  CHECK(again.curves == first.curves);
  CHECK(again.curves[4].seconds == first.curves[4].seconds);
}

TEST_CASE("scores are regrets above rounding, or values where no optimum is known") {
  Evaluation evaluation;
  evaluation.curves = {curve("a", 0.5), curve("a", -1e-18), curve("b", 0.25)};
  CHECK(scores(evaluation, "a", {Mark::Clock::iterations, 2}) == std::vector<double>{0.25, 1e-16});
  CHECK(scores(evaluation, "a", {Mark::Clock::evaluations, 19}) == std::vector<double>{0.5, 0.5});
  evaluation.curves[2].optimum = std::numeric_limits<double>::quiet_NaN();
  CHECK(scores(evaluation, "b", {Mark::Clock::iterations, 2}) == std::vector<double>{0.25});
  CHECK(evaluations_after(evaluation, "a", 1) == 10);

  const Evaluation part = only(evaluation, {"b", "nobody", "a"});
  CHECK(agents_of(part) == std::vector<std::string>{"b", "a"});
  Evaluation both = part;
  append(both, evaluation);
  CHECK(both.curves.size() == 6);
}

TEST_CASE("a panel shows median and envelope until an agent ends, in the agent's colour") {
  Evaluation evaluation;
  evaluation.curves = {curve("gd", 1e-30), curve("gd", 0.5), curve("gd", 0.75), curve("mine", 0.5)};
  evaluation.curves[3].iterations = {0, 1, 4};
  const Panel panel = contest_panel(evaluation, 4, {});
  REQUIRE(panel.curves.size() == 2);
  const Curve& gd = panel.curves[0];
  CHECK(gd.x == std::vector<double>{0, 1, 2});
  CHECK(gd.y == std::vector<double>{1, 0.5, 0.25});
  CHECK(gd.low == std::vector<double>{1, 0.5, 1e-12});
  CHECK(gd.high == std::vector<double>{1, 0.5, 0.375});
  CHECK(panel.curves[1].x.back() == 4);
  Evaluation alone;
  alone.curves = {evaluation.curves[3], evaluation.curves[0]};
  CHECK(contest_panel(alone, 4, {}).curves[1].colour == gd.colour);
  CHECK(gd.colour >= 0);

  for (auto& run : evaluation.curves) run.seconds = {0, 0.5, 20};
  const Panel clock = contest_panel(evaluation, 20, {.clock = CurveClock::seconds});
  CHECK(clock.log_x);
  CHECK(clock.x_range[0].second == doctest::Approx(20));
  CHECK(clock.curves[0].y.front() == 1);
  CHECK(clock.curves[0].y.back() == 0.25);
}
