#include "experiments/benchmark.h"

#include <doctest/doctest.h>

#include <cmath>

#include "core/settings.h"
#include "storage/atomic_file.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

/// Two functions of different groups, one run each of agent "a": the first reaches 1e2 at once, 1e0 after 200 and 1e-8
/// after 900 evaluations, the second nothing.
Evaluation by_hand() {
  Evaluation out;
  out.attributes = {{"suite", "bbob"}, {"suite_settings", "dimension=5"}, {"budget", "2000"}};
  out.curves.push_back({"a", "f1", 0, 0, 10, 500, {0, 1, 2, 3}, {0, 1, 200, 900}, {500, 110, 11, 10}});
  out.curves.push_back({"a", "f24", 0, 0, 0, 500, {0, 1}, {0, 2000}, {500, 101}});
  return out;
}

}  // namespace

TEST_CASE("fractions of pairs, by hand") {
  const Evaluation evaluation = by_hand();
  CHECK(is_benchmark(evaluation));
  CHECK(benchmark_dimension(evaluation) == 5);
  CHECK(benchmark_target(0) == 100);
  CHECK(benchmark_target(50) == doctest::Approx(1e-8));
  const auto after = reached_after(evaluation.curves[0]);
  REQUIRE(after.size() == 51);
  CHECK(after[0] == 1);
  CHECK(after[1] == 200);
  CHECK(after[10] == 200);
  CHECK(after[11] == 900);
  CHECK(reached_after(evaluation.curves[1]).empty());
  EvaluationCurve late = evaluation.curves[0];  // an agent that asks for many points first has the start before them
  late.start_value = 60;
  CHECK(reached_after(late)[1] == 1);
  CHECK(fraction_reached(evaluation, "a", 1) == 1.0 / 102);
  CHECK(fraction_reached(evaluation, "a", 200) == 11.0 / 102);
  CHECK(fraction_reached(evaluation, "a", 199, 0) == 1.0 / 51);
  CHECK(fraction_reached(evaluation, "a", 2000, 4) == 0);
  CHECK(std::isnan(fraction_reached(evaluation, "b", 1)));
  CHECK(benchmark_budgets(5, 6400) == std::vector<std::uint64_t>{50, 200, 500, 1000, 6400});
  CHECK(benchmark_budgets(10, 6400) == std::vector<std::uint64_t>{100, 200, 1000, 6400});
  CHECK(benchmark_budgets(2, 10) == std::vector<std::uint64_t>{10});
}

TEST_CASE("the report has a row an agent and one a published algorithm; details are expected running times") {
  const std::vector<Published> published{
      {5, "2009", "GOOD", 0.4, 0.5, 0.6}, {2, "2009", "OTHER", 1, 1, 1}, {5, "2010", "best 2009", 0.9, 0.9, 0.9}};
  const std::string report = benchmark_report(by_hand(), published, true);
  CAPTURE(report);
  CHECK(report.find("bbob in 5 dimensions") == 0);
  CHECK(report.find("GOOD (2009)") != std::string::npos);
  CHECK(report.find("OTHER") == std::string::npos);
  CHECK(report.find("best 2009") == std::string::npos);
  CHECK(report.find(".108") != std::string::npos);  // 11 of 102
  CHECK(report.find("f1 sphere") != std::string::npos);
  const Figure figure = benchmark_picture(by_hand(), published);
  CHECK(figure.panels.size() == 6);
  CHECK(figure.panels[0].curves.size() == 2);
  CHECK(figure.panels[0].curves[1].y == std::vector<double>{0.4, 0.5});
}

TEST_CASE("published results ship, and another file is read or refused") {
  const auto published = read_published("published");
  CHECK(published.size() > 100);
  const Scratch scratch;
  write_file(scratch / "mine.tsv", "# mine\n3\t2026\tME \t0.1\t0.2\t0.3\n");
  const auto mine = read_published((scratch / "mine.tsv").string());
  REQUIRE(mine.size() == 1);
  CHECK(mine[0].algorithm == "ME");
  CHECK(mine[0].after(1000) == 0.2);
  CHECK(std::isnan(mine[0].after(500)));
  write_file(scratch / "bad.tsv", "3\t2026\tME\tmuch\t0.2\t0.3\n");
  CHECK_THROWS_AS(read_published((scratch / "bad.tsv").string()), UsageError);
}

TEST_CASE("rover evaluate --suite bbob: one table, nothing tuned") {
  const Outcome run = run_program({"evaluate", "--agents", "random", "--suite", "bbob", "--dimension", "3", "--starts",
                                   "1", "--budget", "200", "--against", "published"});
  CHECK(run.code == 0);
  CHECK(run.out.find("bbob in 3 dimensions") != std::string::npos);
  CHECK(run.out.find("no published results in 3 dimensions are known here") != std::string::npos);
  CHECK(run_program({"evaluate", "--agents", "gd", "--suite", "bbob", "--tune"}).error.find("nothing is tuned on it") !=
        std::string::npos);
  CHECK(run_program({"evaluate", "--agents", "random", "--suite", "paper", "--against", "published"}).code == 2);
  const Scratch scratch;
  const Outcome training = run_program({"train", "lopt", "--set", "learner=evolution", "--set", "evolution.tasks=bbob",
                                        "--quiet", "--out", (scratch / "run").string()});
  CHECK(training.code == 2);
  CHECK(training.error.find("the landscape 'bbob' is for reporting") != std::string::npos);
}
