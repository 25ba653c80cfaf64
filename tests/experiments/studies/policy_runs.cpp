#include "experiments/studies/policy_runs.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "env/analytic_heading.h"
#include "experiments/studies/trajectory_studies.h"
#include "storage/atomic_file.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

/// A Rover that was never trained: an analytic heading, fresh weights.
RoverModel untrained() {
  RoverModel model;
  model.heading = make_analytic_heading("newton-fit");
  model.observation = "context", model.grid_size = 6;
  model.policy = std::make_shared<RecurrentPolicy>(PolicyOptions{}, context_size, 6, 3);
  return model;
}

std::shared_ptr<const InstancePool> bowls(std::size_t count) {
  return std::make_shared<const InstancePool>(make_pool({"quadratic"}, count, 5, {}));
}

}  // namespace

TEST_CASE("watched episodes start where they are told and obey equation (4)") {
  const RoverModel model = untrained();
  const auto pool = bowls(3);
  const PolicyStart starts[] = {{2, 0.5, 0.4}, {0, 0.005, 40}};
  const PolicyRuns runs = play_policy(model, pool, starts, 5, 1);
  REQUIRE(runs.steps() == 5);
  CHECK(runs.step_size[0][0] == doctest::Approx(0.5));
  CHECK(runs.resolution[0][1] == doctest::Approx(40));
  CHECK(runs.x[0][0] == pool->instances[2].start[0]);
  CHECK(runs.y[0][1] == pool->instances[0].start[1]);
  CHECK(runs.regret[0][0] == doctest::Approx(1));
  for (std::size_t t = 0; t < 5; ++t)
    for (std::size_t k = 0; k < 2; ++k) {
      // θ moves by α, whatever the direction; α and δ change by a factor in [½, 2].
      CHECK(std::hypot(runs.x[t + 1][k] - runs.x[t][k], runs.y[t + 1][k] - runs.y[t][k]) ==
            doctest::Approx(runs.step_size[t][k]).epsilon(1e-5));
      const double factor = runs.step_size[t + 1][k] / runs.step_size[t][k];
      CHECK((factor > 0.499 && factor < 2.001));
    }
}

TEST_CASE("a start 100 times too coarse is played as it is for the grids of all presets") {
  CHECK(usual_step_size() == doctest::Approx(0.5));
  CHECK(usual_resolution(8) == doctest::Approx(0.3));
  for (const std::size_t n : {6, 8, 16}) CHECK(std::log(100 * usual_resolution(n)) < log_resolution_high);
}

TEST_CASE("perturbed starts: one surface, the first start as it was, the others near it") {
  const auto pool = bowls(4);
  const auto copies = perturbed_starts(*pool, 1, 200, 0.1, 7);
  const auto& one = pool->instances[1];
  REQUIRE(copies->instances.size() == 200);
  CHECK(copies->instances[0].start == one.start);
  CHECK(copies->instances[0].start_value == one.start_value);
  const double distance = std::hypot(one.start[0] - one.optimum[0], one.start[1] - one.optimum[1]);
  double squares = 0;
  for (std::size_t k = 1; k < 200; ++k) {
    const auto& copy = copies->instances[k];
    CHECK(copy.landscape == one.landscape);
    CHECK(copy.start_value == copy.landscape->value(copy.start));
    squares +=
        std::pow((copy.start[0] - one.start[0]) / distance, 2) + std::pow((copy.start[1] - one.start[1]) / distance, 2);
  }
  CHECK(std::sqrt(squares / 398) == doctest::Approx(0.1).epsilon(0.15));  // 398 normals: 3.5 % standard error
}

TEST_CASE("quantiles and median curves") {
  CHECK(quantile({3, 1, 2}, 0.5) == 2);
  CHECK(quantile({4, 1, 2, 3}, 0.5) == 2.5);
  CHECK(quantile({7}, 0.9) == 7);
  const Curve curve = median_curve("c", {{1, 2, 3}, {5, 4, 9}}, 0, 1);
  CHECK(curve.x == std::vector<double>{0, 1});
  CHECK(curve.y == std::vector<double>{2, 5});
  CHECK(curve.low == std::vector<double>{1, 4});
  CHECK(curve.high == std::vector<double>{3, 9});
}

TEST_CASE("the studies of figures 8 to 10 leave pictures, series and lines, the same for the same seed") {
  const Scratch scratch;
  // Drawing is tested elsewhere and takes seconds: this gnuplot leaves an empty picture where the script says.
  write_file(scratch / "gnuplot",
             "#!/bin/sh\nout=$(sed -n \"s/^set output '\\(.*\\)'/\\1/p\" \"$2\")\necho '<svg></svg>' > \"$out\"\n");
  std::filesystem::permissions(scratch / "gnuplot", std::filesystem::perms::owner_all);
  const Variable path("PATH", scratch.folder().string() + ":" + std::getenv("PATH"));
  StudyPlace place;
  place.folder = scratch.folder(), place.quick = true, place.seeds = 2;
  place.train = [&](const std::string& name, const std::string& preset, const std::vector<std::string>& sets,
                    std::uint64_t) {
    CHECK((name == "rover-pomdp" && preset == "quick"));
    CHECK(sets == std::vector<std::string>{"walk.evolution.generations=0"});
    return scratch.folder();
  };
  CHECK_THROWS_AS(run_figure8(place), std::runtime_error);  // no model there
  Checkpoint model;
  untrained().save(model);
  model.write(scratch / "model.h5");
  const auto has = [&](const char* name) { return std::filesystem::exists(scratch / name); };

  const StudyResult eight = run_figure8(place);
  CHECK(eight.lines.size() == 8);
  CHECK(eight.lines[0].name == "quadratic: α_T/α₀");
  CHECK(eight.lines[0].seeds.size() == 20);
  CHECK((has("figure8.svg") && has("figure8.png")));
  const Checkpoint series = Checkpoint::read(scratch / "figure8.h5");
  CHECK(series.arrays().at("saddle/resolution").shape == Checkpoint::Shape{31, 20});
  run_figure8(place);
  CHECK(Checkpoint::read(scratch / "figure8.h5") == series);

  const StudyResult nine = run_figure9(place);
  CHECK(nine.lines.size() == 28);  // four families: three shares, four final regrets
  for (const auto& line : nine.lines) {
    CHECK(line.seeds.size() == 2);
    CHECK(line.ours == doctest::Approx((line.seeds[0] + line.seeds[1]) / 2));
    if (line.unit == "%") CHECK((line.ours >= 0 && line.ours <= 100));
  }
  CHECK((has("figure9.svg") && has("figure9-valley.png")));
  CHECK(Checkpoint::read(scratch / "figure9.h5").arrays().at("valley/draw 1/case 3/regret").shape ==
        Checkpoint::Shape{31, 200});

  const StudyResult ten = run_figure10(place);
  CHECK(ten.lines.size() == 4);
  CHECK((has("figure10.svg") && has("figure10.h5")));
}
