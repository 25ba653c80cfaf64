#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "storage/atomic_file.h"
#include "storage/evaluation.h"
#include "tests/experiments/program.h"
#include "tests/experiments/surfaces.h"
#include "tests/storage/scratch.h"

using namespace rover;

TEST_CASE("rover evaluate writes tables, curves, CSV and a picture") {
  const Scratch scratch;
  const auto h5 = (scratch / "r.h5").string(), csv = (scratch / "r.csv").string(), svg = (scratch / "r.svg").string();
  const std::vector<std::string> call{"evaluate", "--agents", "gd,random", "--suite", "sphere",    "--starts",
                                      "2",        "--budget", "100",       "--tune",  "--out",     h5,
                                      "--csv",    csv,        "--picture", svg,       "--threads", "2"};
  const auto done = run_program(call);
  CHECK(done.error.empty());
  REQUIRE(done.code == 0);
  CHECK(done.out.find("sphere: 2 starts\n") != std::string::npos);
  CHECK(done.out.find("learning_rate") != std::string::npos);
  const Evaluation back = read_evaluation(h5);
  CHECK(back.curves.size() == 4);
  CHECK(back.attributes.at("suite") == "sphere");
  CHECK(read_file(csv).starts_with(
      "agent,landscape,start,seed,iterations,evaluations,best_value,normalized_regret\ngd,sphere,0,0,1,8,"));
  CHECK(read_file(svg).find("<svg") != std::string::npos);

  const auto again = run_program(call);
  CHECK(again.code == 2);
  CHECK(again.error == "rover: '" + h5 + "' exists; add --force to replace it\n");
  auto forced = call;
  forced.insert(forced.end(), {"--force", "--quiet", "--seed", "9"});
  const std::string before = read_file(csv);
  const auto quiet = run_program(forced);
  CHECK(quiet.code == 0);
  CHECK(quiet.out.empty());
  CHECK(read_file(csv) != before);
}

TEST_CASE("wrong calls of rover evaluate: one sentence, exit code 2") {
  const Scratch scratch;
  const auto error = [](std::vector<std::string> arguments, int code = 2) {
    arguments.insert(arguments.begin(), "evaluate");
    const auto outcome = run_program(arguments);
    CHECK(outcome.code == code);
    CHECK(outcome.out.empty());
    return outcome.error;
  };
  CHECK(error({}) == "rover: which agents? rover evaluate needs --agents LIST (rover list agents)\n");
  CHECK(error({"--agent", "gd"}) == "rover: unknown option '--agent'; did you mean '--agents'?\n");
  CHECK(error({"--agents", "gdd"}) == "rover: unknown agent 'gdd'; did you mean 'gd'? (rover list agents)\n");
  CHECK(error({"--agents", "gd", "--suite", "papers"}) ==
        "rover: unknown suite 'papers'; did you mean 'paper'? (rover list suites landscapes)\n");
  CHECK(error({"--agents", "gd", "--starts", "0"}) == "rover: --starts 0 is not a whole number from 1 to 100000\n");
  CHECK(error({"--agents", "gd", "--seed", "-1"}) == "rover: --seed -1 is not a whole number ≥ 0\n");
  CHECK(error({"--agents", "gd", "--budget", "6e3"}) ==
        "rover: --budget 6e3 is not a whole number from 1 to 1000000000\n");
  const auto same = (scratch / "x").string();
  CHECK(error({"--agents", "gd", "--out", same, "--csv", same}) ==
        "rover: --out, --csv and --picture need different files\n");
  CHECK(error({"--agents", "gd", "--csv", scratch.folder().string()}) ==
        "rover: cannot write '" + scratch.folder().string() + "': is a directory\n");
  const auto nowhere = (scratch / "no/x.csv").string();
  CHECK(error({"--agents", "gd", "--csv", nowhere}, 1) == "rover: cannot write '" + nowhere + "': no such folder\n");
}

TEST_CASE("the suite of tasks runs by iterations, tuned on minibatches, and shows losses at iterations") {
  const Scratch scratch;
  const std::string csv = (scratch / "tasks.csv").string();
  const auto result = run_program({"evaluate", "--suite", "sinusoid,mixture", "--agents", "adam,adam:schedule=linear",
                                   "--iterations", "12", "--starts", "2", "--tune", "--csv", csv, "--quiet"});
  CHECK(result.code == 0);
  const std::string rows = read_file(csv);
  CHECK(rows.find("\"adam:schedule=linear\"") == std::string::npos);
  CHECK(rows.find("adam:schedule=linear,mixture,1,0,10,") != std::string::npos);
  CHECK(run_program({"evaluate", "--suite", "tasks", "--agents", "adam", "--budget", "10", "--iterations", "3"}).code ==
        2);
  const auto shown =
      run_program({"evaluate", "--suite", "sinusoid", "--agents", "adam", "--iterations", "12", "--starts", "1"});
  CHECK(shown.out.find("10 it") != std::string::npos);
  CHECK(shown.out.find("12 it") != std::string::npos);
  CHECK(shown.out.find(" ev") == std::string::npos);
}

TEST_CASE("a run that fails is told, and what was found before is kept") {
  register_test_surfaces();
  const Scratch scratch;
  std::ofstream(scratch / "r.csv") << "old";
  const auto failed = run_program({"evaluate", "--agents", "test-halver", "--suite", "test-broken", "--csv",
                                   (scratch / "r.csv").string(), "--out", (scratch / "r.h5").string(), "--force"});
  CHECK(failed.code == 1);
  CHECK(failed.error.find("rover: 20 of 20, the first: 'test-halver' on 'test-broken', start 0: the landscape "
                          "'test-broken' returned ") != std::string::npos);
  CHECK(read_evaluation(scratch / "r.h5").attributes.contains("failed_runs"));
  CHECK(read_file(scratch / "r.csv").find("test-halver") != std::string::npos);
}

TEST_CASE("files are written as a set: one that cannot be leaves all as they were, and the runs are kept") {
  const Scratch scratch;
  std::ofstream(scratch / "r.csv") << "old";
  const std::string h5 = (scratch / "r.h5").string();
  std::vector<std::string> call{"evaluate",
                                "--agents",
                                "random",
                                "--suite",
                                "sphere",
                                "--starts",
                                "2",
                                "--budget",
                                "50",
                                "--csv",
                                (scratch / "r.csv").string(),
                                "--out",
                                h5,
                                "--quiet"};
  auto forced = call;
  forced.push_back("--force");
  with_file_limit(1500, [&] { CHECK(run_program(forced).code == 1); });
  CHECK(read_file(scratch / "r.csv") == "old");
  CHECK(!std::filesystem::exists(h5));
  CHECK(!std::filesystem::exists(scratch / "r.tmp.csv"));
  CHECK(!std::filesystem::exists(scratch / "r.tmp.h5"));
  REQUIRE(std::filesystem::exists(h5 + ".partial"));
  const auto left = run_program(call);
  CHECK(left.code == 2);
  CHECK(left.error ==
        "rover: '" + h5 + ".partial' holds an unfinished evaluation: --resume goes on, --force begins anew\n");
  auto resumed = call;
  resumed.push_back("--resume");
  auto other = resumed;
  other[8] = "60";
  CHECK(run_program(other).error.starts_with("rover: '" + h5 + ".partial' is of another call: rover "));
  CHECK(run_program(resumed).code == 0);
  CHECK(!std::filesystem::exists(h5 + ".partial"));
  CHECK(read_evaluation(h5).curves.size() == 2);
}

TEST_CASE("a suite's dimension, shift, rotation and unknown optimum on the command line and from a file") {
  const Scratch scratch;
  const auto h5 = (scratch / "r.h5").string();
  const auto play = [&](std::vector<std::string> more) {
    std::vector<std::string> call{"evaluate", "--agents", "random", "--starts", "2",      "--budget",
                                  "50",       "--out",    h5,       "--force",  "--quiet"};
    call.insert(call.end(), more.begin(), more.end());
    const auto outcome = run_program(call);
    CHECK(outcome.error == "");
    return read_evaluation(h5);
  };
  const Evaluation told = play({"--suite", "sphere,ackley", "--dimension", "3", "--shifted", "--rotated"});
  CHECK(told.attributes.at("suite_settings") == "dimension=3;rotated=true;shifted=true");
  std::ofstream(scratch / "mine.cfg") << "functions = sphere,ackley\ndimension = 3\nshifted = true\nrotated = true\n";
  const Evaluation read = play({"--suite", (scratch / "mine.cfg").string()});
  CHECK(read.curves == told.curves);
  const Evaluation secret = play({"--suite", (scratch / "mine.cfg").string(), "--unknown-optimum"});
  CHECK(std::isnan(secret.curves[0].optimum));
  CHECK(secret.curves[0].best_value == told.curves[0].best_value);
  CHECK(run_program({"evaluate", "--agents", "random", "--suite", "training", "--dimension", "3"}).error ==
        "rover: the suite 'training' draws its surfaces and takes no 'dimension'\n");
  std::ofstream(scratch / "bad.cfg") << "function = sphere\n";
  CHECK(run_program({"evaluate", "--agents", "random", "--suite", (scratch / "bad.cfg").string()}).error ==
        "rover: unknown setting 'function'; did you mean 'functions'?\n");
}
