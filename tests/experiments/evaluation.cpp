#include "experiments/evaluation.h"

#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <set>

#include "core/executor.h"
#include "tests/experiments/surfaces.h"
#include "tests/storage/scratch.h"

using namespace rover;
using Clock = Mark::Clock;

namespace {

Evaluation run(const std::string& agents, const std::string& suite, const EvaluationOptions& options) {
  return evaluate(parse_agent_specs(agents), find_suite(suite), options);
}

}  // namespace

TEST_CASE("quantiles with linear interpolation") {
  const Spread s = spread({4, 1, 3, 2});  // places 0.75, 1.5 and 2.25 of 1 2 3 4
  CHECK(s.minimum == 1);
  CHECK(s.low == doctest::Approx(1.75));
  CHECK(s.median == doctest::Approx(2.5));
  CHECK(s.high == doctest::Approx(3.25));
  CHECK(s.maximum == 4);
  CHECK(spread({7}).high == 7);
  CHECK(std::isnan(spread({}).median));
  CHECK(std::isnan(spread({1, NAN, 2}).median));
}

TEST_CASE("a curve is a staircase in both clocks") {
  const EvaluationCurve curve{"a", "f", 0, 0, 1, 9, {0, 2, 2, 5}, {4, 12, 16, 40}, {9, 7, 5, 3}};
  CHECK(point_at(curve, {Clock::evaluations, 3}).best_value == 9);
  CHECK(point_at(curve, {Clock::evaluations, 3}).evaluations == 0);
  CHECK(point_at(curve, {Clock::evaluations, 15}).best_value == 7);
  CHECK(point_at(curve, {Clock::evaluations, 16}).best_value == 5);
  CHECK(point_at(curve, {Clock::iterations, 2}).best_value == 5);
  CHECK(point_at(curve, {Clock::iterations, 2}).evaluations == 16);
  CHECK(point_at(curve, {Clock::iterations, 4}).best_value == 5);
  CHECK(point_at(curve, {Clock::iterations, 100}).best_value == 3);
  CHECK(normalized_regret(curve, 3) == 0.25);
  CHECK(gap(curve, 3) == 2);
  const EvaluationCurve solved{"a", "f", 0, 0, 1, 1, {}, {}, {}};
  CHECK(normalized_regret(solved, 1) == 0);
}

TEST_CASE("statistics of hand-made curves") {
  Evaluation evaluation;
  const double finals[] = {0, 1e-7, 5e-4, 0.5};
  for (std::uint64_t k = 0; k < 4; ++k)
    evaluation.curves.push_back({"a", "f", k, 0, 10, 12, {0, 1}, {1, 200}, {12, 10 + finals[k]}});
  evaluation.curves.push_back({"a", "g", 0, 0, 0, 1, {0, 1}, {1, 200}, {1, 0}});
  const Statistics s = statistics(evaluation, "a", "f", {Clock::evaluations, 200});
  CHECK(s.runs == 4);
  CHECK(s.solved_1e3 == 0.75);
  CHECK(s.solved_1e6 == 0.5);
  CHECK(s.regret_1e3 == 0.75);
  CHECK(s.gap.median == doctest::Approx((1e-7 + 5e-4) / 2));
  CHECK(s.regret.maximum == doctest::Approx(0.25));
  CHECK(s.best_value.maximum == 10.5);
  CHECK(statistics(evaluation, "a", "f", {Clock::evaluations, 199}).solved_1e3 == 0);
  CHECK(statistics(evaluation, "a", "", {Clock::iterations, 1}).solved_1e3 == 0.8);
  CHECK(report_marks(evaluation).back() == Mark{Clock::evaluations, 6400});
  evaluation.attributes["budget"] = "300";
  const std::vector<Mark> marks{{Clock::iterations, 10},   {Clock::iterations, 30},   {Clock::iterations, 100},
                                {Clock::evaluations, 100}, {Clock::evaluations, 200}, {Clock::evaluations, 300}};
  CHECK(report_marks(evaluation) == marks);
}

TEST_CASE("a run's curve: what each look cost, and to which iteration it belongs") {
  register_test_surfaces();
  const Evaluation evaluation = run("test-halver", "test-plain", {.starts = 1, .budget = 8});
  REQUIRE(evaluation.curves.size() == 1);
  const EvaluationCurve& curve = evaluation.curves[0];
  // Looks: the start, then per iteration one in the middle and one at its end; the budget pays three iterations and a
  // half.
  CHECK(curve.iterations == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
  CHECK(curve.evaluations == std::vector<std::uint64_t>{1, 3, 5, 7, 8});
  const double f0 = curve.start_value;
  CHECK(curve.best_value == std::vector<double>{f0, f0 / 4, f0 / 16, f0 / 64, f0 / 64});
  CHECK(curve.optimum == 0);
}

TEST_CASE("a budget that does not pay the first look leaves the start") {
  const Evaluation evaluation = run("gd", "sphere", {.starts = 1, .budget = 3});  // a gradient in the plane costs 4
  const EvaluationCurve& curve = evaluation.curves[0];
  CHECK(curve.evaluations == std::vector<std::uint64_t>{0});
  CHECK(curve.best_value == std::vector<double>{curve.start_value});
  CHECK(statistics(evaluation, "gd", "sphere", {Clock::evaluations, 3}).regret.median == 1);
}

TEST_CASE("equal starts and equal budgets for all agents; gradients cost 2d") {
  const Evaluation evaluation =
      run("gd,nelder-mead,random", "sphere,beale", {.starts = 3, .seeds = 2, .seed = 5, .budget = 300});
  CHECK(evaluation.curves.size() == 3 * 2 * 3 * 2);
  std::map<std::pair<std::string, std::uint64_t>, std::set<double>> starts;
  for (const auto& curve : evaluation.curves) {
    starts[{curve.landscape, curve.start}].insert(curve.start_value);
    CHECK(curve.evaluations.back() <= 300);
    CHECK(curve.evaluations.back() > 290);
    CHECK(std::is_sorted(curve.evaluations.begin(), curve.evaluations.end()));
    CHECK(std::is_sorted(curve.best_value.rbegin(), curve.best_value.rend()));
    CHECK(curve.best_value.front() <= curve.start_value);
    if (curve.agent == "gd")
      CHECK(point_at(curve, {Clock::iterations, 10}).evaluations == 44);  // the start's look and ten more
  }
  CHECK(starts.size() == 6);
  for (const auto& [where, values] : starts) CHECK(values.size() == 1);
  CHECK(evaluation.attributes.at("budget") == "300");
  CHECK(evaluation.attributes.at("agents") == "gd,nelder-mead,random");
  // Repetitions start where the others did, and draw otherwise.
  const auto& first = evaluation.curves[24];
  const auto& second = evaluation.curves[27];
  CHECK(first.agent == "random");
  CHECK(first.start == second.start);
  CHECK(first.seed + 1 == second.seed);
  CHECK(first.best_value.back() != second.best_value.back());
}

TEST_CASE("the same bits with one thread and with four, tuned and noisy ones included") {
  for (const char* suite : {"training", "beale,ackley"}) {
    EvaluationOptions options{.starts = 3, .seed = 2, .budget = 200, .tune = true, .threads = 1};
    const Evaluation one = run("gd,cma-es,random,patsearch", suite, options);
    options.threads = 4;
    const Evaluation four = run("gd,cma-es,random,patsearch", suite, options);
    CHECK(one.curves == four.curves);
    CHECK(one.settings == four.settings);
    CHECK(one.attributes == four.attributes);
  }
}

TEST_CASE("tuning chooses on other starts, says what, and leaves alone what is given") {
  const Evaluation tuned = run("gd,gd:learning_rate=1e-5,random", "sphere", {.starts = 2, .budget = 100, .tune = true});
  REQUIRE(tuned.settings.size() == 1);
  CHECK(tuned.settings.at("gd|sphere") == "learning_rate=0.3");  // ∇f = 2x: the rates 0.3 and 1 give factors 0.4 and −1
  CHECK(statistics(tuned, "gd", "sphere", {Clock::evaluations, 100}).solved_1e6 == 1);
  CHECK(statistics(tuned, "gd(2)", "sphere", {Clock::evaluations, 100}).solved_1e3 == 0);
  CHECK_FALSE(tuned.attributes.contains("tune_iterations"));
  // For a short run another setting is the best one: the overshoot of a large momentum does not show yet.
  const EvaluationOptions patient{.starts = 20, .budget = 2000, .tune = true};
  EvaluationOptions hasty = patient;
  hasty.tune_iterations = 5;
  const Evaluation late = run("momentum", "rosenbrock", patient), early = run("momentum", "rosenbrock", hasty);
  CHECK(early.attributes.at("tune_iterations") == "5");
  CHECK(early.settings != late.settings);
  const auto median = [](const Evaluation& evaluation, const Mark& mark) {
    return statistics(evaluation, "momentum", "rosenbrock", mark).gap.median;
  };
  CHECK(median(early, {Clock::iterations, 5}) < median(late, {Clock::iterations, 5}));
  CHECK(median(late, {Clock::evaluations, 2000}) < median(early, {Clock::evaluations, 2000}));
}

TEST_CASE("what cannot be played is said in a sentence, the first in order whatever the threads") {
  register_test_surfaces();
  const auto error = [](const std::string& agents, const std::string& suite, std::size_t threads = 1) {
    return error_of([&] { run(agents, suite, {.starts = 3, .budget = 100, .threads = threads}); });
  };
  CHECK(error("random,gd", "test-plain") ==
        "'gd' on 'test-plain': the agent needs gradients, and the landscape 'test-plain' has none");
  CHECK(error("test-halver", "general") == "'test-halver' on 'sphere': the agent works in the plane alone");
  CHECK_THROWS_AS(run("gd", "test-plain", {}), UsageError);
  CHECK(error("gd:learning_rat=1", "sphere") ==
        "'gd': the agent 'gd' has no setting 'learning_rat'; did you mean 'learning_rate'?");
}

TEST_CASE("a run on a surface that returns NaN ends there, is told, and keeps what it found; or NaN counts as worst") {
  register_test_surfaces();
  EvaluationOptions options{.starts = 3, .budget = 100};
  const Evaluation failed = run("test-halver,random", "sphere,test-broken", options);
  const std::string& told = failed.attributes.at("failed_runs");
  CHECK(told.starts_with(
      "6 of 12, the first: 'test-halver' on 'test-broken', start 0: the landscape 'test-broken' returned "));
  options.threads = 4;
  const Evaluation four = run("test-halver,random", "sphere,test-broken", options);
  CHECK(four.attributes.at("failed_runs") == told);
  CHECK(four.curves == failed.curves);
  for (const auto& curve : failed.curves) {
    CHECK(curve.best_value.back() < curve.start_value);
    if (curve.agent == "test-halver" && curve.landscape == "test-broken") CHECK(curve.evaluations.back() < 10);
  }
  options.on_bad_value = BadValue::penalise;
  const Evaluation worst = run("test-halver,random", "test-broken", options);
  CHECK_FALSE(worst.attributes.contains("failed_runs"));
  for (const auto& curve : worst.curves) {
    CHECK(curve.evaluations.back() == 100);
    CHECK(curve.best_value.back() >= 0.25);
  }
}

TEST_CASE("where no optimum is known there are values, and neither gaps nor regrets") {
  register_test_surfaces();
  const Evaluation evaluation = run("random", "test-secret,test-plain", {.starts = 2, .budget = 50});
  CHECK_FALSE(knows_optimum(evaluation, "test-secret"));
  CHECK(knows_optimum(evaluation, "test-plain"));
  const Statistics s = statistics(evaluation, "random", "test-secret", {Clock::evaluations, 50});
  CHECK(s.best_value.median > 0);
  CHECK(std::isnan(s.gap.median));
}

TEST_CASE("an evaluation goes on from its journal, tuning included, to the bits of one that was not disturbed") {
  const Scratch scratch;
  const auto agents = parse_agent_specs("gd,cma-es,random");
  const Suite suite = find_suite("training");
  const EvaluationOptions options{.starts = 2, .seeds = 2, .seed = 4, .budget = 200, .tune = true};
  const std::string purpose = evaluation_purpose(agents, suite, options);
  const Evaluation whole = evaluate(agents, suite, options);
  std::size_t asked = 0, before = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {  // stopped in the tuning, and twice in the runs
    Journal journal(scratch / "x.partial", purpose);
    CHECK(journal.size() == before);
    const auto go = [&] {
      return evaluate(agents, suite, options,
                      {.stop = [&] { return attempt < 3 && ++asked % 9 == 0; }, .journal = &journal});
    };
    if (attempt < 3) {
      CHECK_THROWS_AS(go(), Stopped);
      CHECK(journal.size() == before + 8);
      before = journal.size();
    } else {
      const Evaluation resumed = go();
      CHECK(resumed.curves == whole.curves);
      CHECK(resumed.settings == whole.settings);
      CHECK(resumed.attributes == whole.attributes);
    }
  }
  CHECK(evaluation_purpose(agents, suite, {.budget = 7}) != purpose);
  CHECK(evaluation_purpose(agents, find_suite("general"), options) !=
        evaluation_purpose(agents, find_suite("general", {{"dimension", "5"}}), options));
}

TEST_CASE("curves have seconds beside iterations and evaluations; progress counts all the work") {
  double share = 0;
  std::size_t calls = 0;
  const Evaluation evaluation =
      evaluate(parse_agent_specs("gd,random"), find_suite("sphere"), {.starts = 2, .budget = 100, .tune = true},
               {.progress = [&](const EvaluationProgress& now) {
                 CHECK(now.share >= share);
                 CHECK(now.done <= now.total);
                 share = now.share, ++calls;
               }});
  CHECK(share == doctest::Approx(1));
  CHECK(calls == 2 + 1 + 4);  // the beginning of both phases, one choice, four runs
  for (const auto& curve : evaluation.curves) {
    CHECK(curve.seconds.size() == curve.evaluations.size());
    CHECK(std::is_sorted(curve.seconds.begin(), curve.seconds.end()));
  }
}
