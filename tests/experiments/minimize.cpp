// The command `rover minimize`. What it calls is tested in tests/agents/minimize.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "experiments/watch.h"
#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

namespace {

const std::string kBowl = R"(awk "BEGIN{print (({0})-1)^2+(({1})+2)^2}")";

std::vector<std::string> call(const std::string& command, const std::vector<std::string>& more) {
  std::vector<std::string> out{"minimize", "--command", command, "--low", "-5", "--high", "5", "--dimension", "2"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

}  // namespace

TEST_CASE("rover minimize: a landscape, by an agent with settings") {
  const Outcome run = run_program({"minimize", "--landscape", "rosenbrock:shifted=true;seed=2", "--agent",
                                   "adam:learning_rate=0.1", "--budget", "2000", "--target", "1e-2"});
  CHECK(run.code == 0);
  CHECK(run.error.empty());
  CHECK(run.out.find("ended because") != std::string::npos);
  CHECK(run.out.find("the target is reached") != std::string::npos);
  CHECK(run.out.find("gradients") != std::string::npos);
}

TEST_CASE("rover minimize: a program, kept in a folder; killed in the middle it goes on to the same numbers") {
  const Scratch scratch;
  const auto folder = [&](const char* name) { return (scratch / name).string(); };
  CHECK(run_program(call(kBowl, {"--budget", "30", "--out", folder("whole")})).code == 0);
  for (const char* file : {"search.h5", "evaluations.csv", "search.svg"})
    CHECK(std::filesystem::exists(scratch / "whole" / file));
  CHECK_FALSE(std::filesystem::exists(scratch / "whole" / "evaluations.partial"));
  const Checkpoint result = Checkpoint::read(scratch / "whole" / "search.h5");
  CHECK(result.get<double>("values").size() == 30);
  CHECK(result.number("best_value") < 1e-6);
  CHECK(run_program(call(kBowl, {"--out", folder("whole")})).error ==
        "rover: '" + folder("whole") + "' holds a search; add --force to replace it\n");

  // A program that fails from its 12th run on stands for the kill: the search does not know of it.
  const std::string count = (scratch / "count").string();
  const std::string failing = "n=$(cat " + count + " 2>/dev/null || echo 0); echo $((n+1)) >" + count +
                              "; [ $n -lt 11 ] || [ -e " + count + ".go ] || exit 1; " + kBowl;
  const std::vector<std::string> how{"--budget", "30", "--out", folder("killed")};
  Outcome run = run_program(call(failing, how));
  CHECK(run.code == 1);
  CHECK(run.error.find("the command ended with exit code 1") != std::string::npos);
  CHECK(run.error.find("--resume goes on") != std::string::npos);
  CHECK(run_program(call(failing, how)).code == 2);
  write_file(count + ".go", "");
  run = run_program(call(failing, {"--budget", "30", "--out", folder("killed"), "--resume"}));
  CHECK(run.code == 0);
  CHECK(run.out.find("30, 11 of them remembered") != std::string::npos);
  CHECK(read_file(scratch / "killed" / "evaluations.csv") == read_file(scratch / "whole" / "evaluations.csv"));
  CHECK(run_program(call(failing, {"--out", folder("killed"), "--resume"})).code == 2);
}

TEST_CASE("rover minimize: failures can be penalised, and what does not fit is one sentence") {
  const Outcome penalised = run_program(call(R"(awk "BEGIN{if ({0}<0) exit 1; print ({0})^2+({1})^2}")",
                                             {"--budget", "40", "--on-bad-value", "penalise"}));
  CHECK(penalised.code == 0);
  CHECK(penalised.out.find(" failed") != std::string::npos);
  const auto error = [](const std::vector<std::string>& arguments) {
    const Outcome run = run_program(arguments);
    CHECK(run.code == 2);
    return run.error;
  };
  CHECK(error({"minimize"}) ==
        "rover: what is minimised? rover minimize needs --landscape ID or --command TEXT, one of them\n");
  CHECK(error({"minimize", "--command", "true"}) ==
        "rover: --command needs bounds: --low LIST --high LIST, one number a coordinate\n");
  CHECK(error(call("true", {"--target", "low"})) == "rover: --target: 'low' is not a number\n");
  CHECK(error(call("true", {"--agent", "gd,adam"})) == "rover: one agent searches: --agent names 2\n");
  CHECK(error(call("true", {"--resume"})) == "rover: --resume needs the --out of the unfinished search\n");
  CHECK(error({"minimize", "--landscape", "ackley:dimension"}) ==
        "rover: in the landscape 'ackley:dimension', 'dimension' is not key=value\n");
  CHECK(error({"minimize", "--landscape", "beale", "--low", "1"}) ==
        "rover: the landscape 'beale' has 2 coordinates, the bounds have 1 and 2\n");
}

TEST_CASE("the picture of a search in characters: as many lines whatever was seen, the best point marked") {
  Watch watch({{-5, -5}, {5, 5}}, 100);
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  const auto height = lines(watch.text());
  for (int k = 0; k < 50; ++k) watch.add(std::vector<double>{0.1 * k - 2, 1}, 50.0 - k);
  watch.add(std::vector<double>{0, 0}, std::nan(""));
  CHECK(lines(watch.text()) == height);
  CHECK(watch.text().find("★") != std::string::npos);
  CHECK(watch.text().find("x0 from -5 to 5") != std::string::npos);
  Watch line({{-1}, {std::numeric_limits<double>::infinity()}}, 60);
  line.add(std::vector<double>{3}, -2);
  CHECK(lines(line.text()) == height);
}
