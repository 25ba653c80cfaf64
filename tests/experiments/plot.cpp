#include <doctest/doctest.h>

#include <fstream>

#include "storage/atomic_file.h"
#include "storage/evaluation.h"
#include "storage/run_log.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

std::string evaluation_file(const Scratch& scratch) {
  Evaluation evaluation;
  evaluation.attributes["budget"] = "1000";
  for (const char* agent : {"gd", "adam"})
    for (const char* function : {"bowl", "valley"})
      for (std::uint64_t start = 0; start < 3; ++start)
        evaluation.curves.push_back({agent,
                                     function,
                                     start,
                                     0,
                                     0,
                                     8,
                                     {0, 1, 2},
                                     {1, 30, 1000},
                                     {8, 0.1 * static_cast<double>(start + 1), 1e-7}});
  write_evaluation(scratch / "r.h5", evaluation);
  return (scratch / "r.h5").string();
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("rover plot draws an evaluation, beside the file or where it is told") {
  const Scratch scratch;
  const std::string file = evaluation_file(scratch);
  const auto both = run_program({"plot", file});
  REQUIRE(both.code == 0);
  CHECK(both.out == (scratch / "r.svg").string() + "\n" + (scratch / "r.png").string() + "\n");
  const std::string svg = read_file(scratch / "r.svg");
  for (const char* word : {"gd", "adam", "bowl", "valley", "function evaluations"}) CHECK(has(svg, word));
  CHECK(read_file(scratch / "r.png").starts_with("\x89PNG"));

  const std::string out = (scratch / "x.svg").string();
  REQUIRE(run_program({"plot", file, "--out", out, "--x", "iterations", "--agents", "adam", "--functions", "valley"})
              .code == 0);
  const std::string part = read_file(out);
  for (const char* word : {">adam<", ">valley<", ">iterations<"}) CHECK(has(part, word));
  for (const char* word : {">gd<", ">bowl<"}) CHECK(!has(part, word));
}

TEST_CASE("rover plot draws a training's validation") {
  const Scratch scratch;
  {
    auto log = RunLog::create(scratch / "run.h5",
                              {"validation/mean_regret", "heading/angle_saddle", "other", "validation/empty",
                               "validation/something", "test/constant_mean_regret"},
                              {});
    log.append("test/constant_mean_regret", 5, 0.5);
    for (std::uint64_t step = 1; step <= 5; ++step)
      for (const char* series : {"validation/mean_regret", "heading/angle_saddle", "other", "validation/something"})
        log.append(series, step, 1.0 / static_cast<double>(step));
    log.flush();
  }
  REQUIRE(run_program({"plot", scratch.folder().string()}).code == 0);
  const std::string svg = read_file(scratch / "run.svg");
  for (const char* word : {"POMDP: final regret", "mean normalised regret", "constant α, δ (tuned)", "saddle",
                           "training step", ">something<"})
    CHECK(has(svg, word));
  for (const char* word : {"mean_regret", "schedule", "other"}) CHECK(!has(svg, word));
  CHECK(!has(svg, "empty"));
  const auto refused = run_program({"plot", scratch.folder().string(), "--x", "iterations"});
  CHECK(refused.code == 2);
  CHECK(refused.error == "rover: --x, --agents and --functions are for evaluations, and '" + scratch.folder().string() +
                             "' is a training\n");
}

TEST_CASE("wrong calls of rover plot: one sentence") {
  const Scratch scratch;
  const std::string file = evaluation_file(scratch);
  const auto error = [](std::vector<std::string> arguments, int code = 2) {
    arguments.insert(arguments.begin(), "plot");
    const auto outcome = run_program(arguments);
    CHECK(outcome.code == code);
    CHECK(outcome.out.empty());
    return outcome.error;
  };
  CHECK(error({}) == "rover: plot what? rover plot RESULTS.h5|RUN_FOLDER\n");
  CHECK(error({file, "b.h5"}) == "rover: one figure at a time: '" + file + "' or 'b.h5'\n");
  CHECK(error({file, "--x", "iteration"}) == "rover: unknown clock 'iteration'; did you mean 'iterations'?\n");
  CHECK(error({file, "--agents", "adams"}) == "rover: unknown agent 'adams'; did you mean 'adam'?\n");
  CHECK(error({file, "--functions", "valey"}) == "rover: unknown function 'valey'; did you mean 'valley'?\n");
  CHECK(error({file, "--out", "x.pdf"}) == "rover: a picture is a .svg or a .png, not 'x.pdf'\n");
  CHECK(error({scratch.folder().string()}) ==
        "rover: '" + scratch.folder().string() + "' is no run folder: it holds no run.h5\n");
  CHECK(error({(scratch / "no.h5").string()}, 1) ==
        "rover: cannot open '" + (scratch / "no.h5").string() + "': no such file\n");
  std::ofstream(scratch / "text.h5") << "no HDF5";
  CHECK(has(error({(scratch / "text.h5").string()}, 1), "is not an HDF5 file"));
}

TEST_CASE("a picture without gnuplot is refused before the evaluation starts") {
  const Scratch scratch;
  const Variable path("PATH", scratch.folder().string());
  const auto call = [&](const std::string& picture) {
    return run_program({"evaluate", "--agents", "gd", "--suite", "sphere", "--starts", "1", "--budget", "50", "--out",
                        (scratch / "r.h5").string(), "--picture", picture});
  };
  const auto missing = call((scratch / "r.svg").string());
  CHECK(missing.code == 1);
  CHECK(missing.error == "rover: the picture needs gnuplot (apt-get install gnuplot-nox)\n");
  const auto wrong = call((scratch / "r.jpg").string());
  CHECK(wrong.code == 2);
  CHECK(wrong.error == "rover: a picture is a .svg or a .png, not '" + (scratch / "r.jpg").string() + "'\n");
  CHECK(!std::filesystem::exists(scratch / "r.h5"));
}
