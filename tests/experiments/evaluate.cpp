#include <doctest/doctest.h>

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
  CHECK(back.attributes.at("command").starts_with("rover evaluate --agents gd,random --suite sphere"));
  CHECK(read_file(csv).starts_with(
      "agent,landscape,start,iterations,evaluations,best_value,normalized_regret\ngd,sphere,0,1,8,"));
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
  CHECK(error({"--agents", "gd", "--starts", "0"}) == "rover: --starts 0 is not a whole number of at least 1\n");
  CHECK(error({"--agents", "gd", "--seed", "-1"}) == "rover: --seed -1 is not a whole number of at least 0\n");
  CHECK(error({"--agents", "gd", "--budget", "6e3"}) == "rover: --budget 6e3 is not a whole number of at least 1\n");
  const auto same = (scratch / "x").string();
  CHECK(error({"--agents", "gd", "--out", same, "--csv", same}) ==
        "rover: --out, --csv and --picture need different files\n");
  CHECK(error({"--agents", "gd", "--csv", scratch.folder().string()}) ==
        "rover: cannot write '" + scratch.folder().string() + "': is a directory\n");
  const auto nowhere = (scratch / "no/x.csv").string();
  CHECK(error({"--agents", "gd", "--csv", nowhere}, 1) == "rover: cannot write '" + nowhere + "': no such folder\n");
}

TEST_CASE("a failed run writes nothing, and leaves what was there") {
  register_test_surfaces();
  const Scratch scratch;
  std::ofstream(scratch / "r.csv") << "old";
  const auto failed = run_program({"evaluate", "--agents", "test-halver", "--suite", "test-broken", "--csv",
                                   (scratch / "r.csv").string(), "--out", (scratch / "r.h5").string(), "--force"});
  CHECK(failed.code == 1);
  CHECK(failed.error.starts_with(
      "rover: 'test-halver' on 'test-broken', start 0: the landscape 'test-broken' returned "));
  CHECK(read_file(scratch / "r.csv") == "old");
  CHECK(!std::filesystem::exists(scratch / "r.h5"));
}
