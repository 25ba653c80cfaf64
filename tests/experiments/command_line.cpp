#include "experiments/command_line.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

TEST_CASE("help and version") {
  const auto help = run_program({"--help"});
  CHECK(help.code == 0);
  for (const char* command : {"train", "evaluate", "plot", "list", "info"}) {
    CHECK(help.out.find(std::string("  ") + command + " ") != std::string::npos);
    const auto own = run_program({command, "--help"});
    CHECK(own.code == 0);
    CHECK(own.out.starts_with(std::string("usage: rover ") + command));
    CHECK(own.error.empty());
  }
  CHECK(run_program({"--version"}).out.starts_with("rover "));
  CHECK(run_program({}).code == 2);
}

TEST_CASE("unknown commands and options: one sentence, a suggestion, exit code 2") {
  const auto check = [](const std::vector<std::string>& arguments, const std::string& text) {
    const auto outcome = run_program(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(outcome.error == "rover: " + text + "\n");
  };
  check({"trin"}, "unknown command 'trin'; did you mean 'train'? (rover --help)");
  check({"--verison"}, "unknown option '--verison'; did you mean '--version'? (rover --help)");
  check({"train", "--presett"}, "unknown option '--presett'; did you mean '--preset'?");
  check({"train", "--res"}, "unknown option '--res'");
  check({"list", "agnets"},
        "unknown kind of thing 'agnets'; did you mean 'agents'? (rover list "
        "agents|landscapes|envs|suites|presets|trainers)");
  check({"list"}, "list what? rover list agents|landscapes|envs|suites|presets|trainers");
  check({"info"}, "info on what? rover info FILE…");
  check({"train", "--out"}, "the required argument for option '--out' is missing");
}

TEST_CASE("an exception ends the program in one line") {
  const Scratch scratch;
  register_toy();
  const auto failed = run_program({"train", "toy", "--out", (scratch / "r").string(), "--quiet", "--set", "nan_at=3"});
  CHECK(failed.code == 1);
  CHECK(failed.error == "rover: the loss is not a number in step 3; '" + (scratch / "r").string() +
                            "' keeps the checkpoint of step 0 for --resume\n");
}

TEST_CASE("list shows what is registered, with what it is") {
  const Scratch scratch;
  register_toy();
  std::ofstream(scratch / "tiny.cfg") << "# a tiny one\ntrainer = toy\n";
  const Variable folder("ROVER_PRESETS", scratch.folder().string());
  CHECK(run_program({"list", "presets"}).out.find("tiny") != std::string::npos);
  CHECK(run_program({"list", "presets"}).out.find("toy: a tiny one\n") != std::string::npos);
  CHECK(run_program({"list", "trainers"}).out.find("momentum descent on a bowl\n") != std::string::npos);
  CHECK(run_program({"list", "agents"}).out.find("adam") != std::string::npos);
  CHECK(run_program({"list", "landscapes"}).out.find("quadratic") != std::string::npos);
  CHECK(run_program({"list", "envs"}).out.find("Rover/StepControl-v0") != std::string::npos);
  CHECK(run_program({"list", "suites"}).out.find("paper") != std::string::npos);
}
