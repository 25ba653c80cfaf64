#include "experiments/command_line.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "experiments/entries.h"
#include "experiments/text.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;

TEST_CASE("help and version") {
  const auto help = run_program({"--help"});
  CHECK(help.code == 0);
  for (const char* command : {"train", "minimize", "evaluate", "tune", "plot", "list", "info"}) {
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
        "agents|landscapes|envs|suites|presets|trainers [NAME ...])");
  check({"list"}, "list what? rover list agents|landscapes|envs|suites|presets|trainers [NAME ...]");
  check({"list", "agents", "adm"}, "unknown agent 'adm'; did you mean 'adam'? (rover list agents)");
  check({"list", "environments", "Rover/Walk"},
        "unknown environment 'Rover/Walk'; did you mean 'Rover/Walk-v0'? (rover list envs)");
  check({"help", "evalute"}, "unknown name 'evalute'; did you mean 'evaluate'? (rover help, rover list agents)");
  check({"help", "adamm"}, "unknown name 'adamm'; did you mean 'adam'? (rover help, rover list agents)");
  check({"info"}, "info on what? rover info FILE|RUN…");
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
  CHECK(run_program({"list", "presets", "tiny"}).out.find("rover train toy --preset tiny") != std::string::npos);
  CHECK(run_program({"list", "trainers"}).out.find("momentum descent on a bowl\n") != std::string::npos);
  CHECK(run_program({"list", "agents"}).out.find("adam") != std::string::npos);
  CHECK(run_program({"list", "landscapes"}).out.find("quadratic") != std::string::npos);
  CHECK(run_program({"list", "envs"}).out.find("Rover/StepControl-v0") != std::string::npos);
  CHECK(run_program({"list", "suites"}).out.find("paper") != std::string::npos);
  CHECK(run_program({"list", "envs"}).out.find("Rover/Search-v0") != std::string::npos);
}

TEST_CASE("every name that is listed can be shown whole, as text within 100 columns and as JSON") {
  register_toy();
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    const auto fits = [](const std::string& text) {
      for (const auto& line : split(text, '\n')) {
        CAPTURE(line);
        CHECK(std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; }) <= 100);
      }
    };
    fits(run_program({"list", kind.name}).out);
    CHECK(nlohmann::json::parse(run_program({"list", kind.name, "--json"}).out).size() == kind.ids().size());
    for (const auto& id : kind.ids()) {
      CAPTURE(id);
      const auto shown = run_program({"list", kind.name, id});
      CHECK(shown.code == 0);
      CHECK(shown.out.starts_with(kind.one + " " + id + ": "));
      if (kind.name != "presets") fits(shown.out);  // those end with a path
      CHECK(run_program({"help", kind.name, id}).out == shown.out);
      CHECK(nlohmann::json::parse(run_program({"list", kind.name, id, "--json"}).out).at("id") == id);
    }
  }
  const auto adam = run_program({"list", "agents", "adam"}).out;
  CHECK(adam.find("needs gradients") != std::string::npos);
  CHECK(adam.find("learning_rate=0.01  step size η (above 0, at most 1e6)") != std::string::npos);
  CHECK(adam.find("tuned over:\n    learning_rate  1e-5") != std::string::npos);
}

TEST_CASE("the man page and the completion say what is registered, and no path of this machine") {
  const auto page = run_program({"help", "--man"});
  CHECK(page.code == 0);
  CHECK(page.out.starts_with(".TH ROVER 1"));
  for (const char* part : {".SS evaluate", "\\-\\-suite", "learning_rate=0.01", "ROVER_MODELS", "Rover/Search\\-v0"})
    CHECK(page.out.find(part) != std::string::npos);
  const auto completion = run_program({"help", "--bash-completion"});
  CHECK(completion.code == 0);
  for (const char* part :
       {"adam) echo 'learning_rate= schedule= beta1=", "train) echo '--out", "complete -o filenames -F _rover rover"})
    CHECK(completion.out.find(part) != std::string::npos);
  for (const auto& text : {page.out, completion.out}) CHECK(text.find("/experiments/presets") == std::string::npos);
  CHECK(run_program({"help", "--men"}).error == "rover: unknown option '--men'; did you mean '--man'? (rover help)\n");
}

TEST_CASE("help is there for the program, for commands and for every name") {
  CHECK(run_program({"help"}).out == run_program({"--help"}).out);
  for (const char* command : {"train", "minimize", "evaluate", "tune", "reproduce", "plot", "list", "info"}) {
    CAPTURE(command);
    const auto help = run_program({"help", command});
    CHECK(help.code == 0);
    CHECK(help.out == run_program({command, "--help"}).out);
  }
  CHECK(run_program({"help", "agents"}).out == run_program({"list", "agents"}).out);
  CHECK(run_program({"help", "adam"}).out == run_program({"list", "agents", "adam"}).out);
}
