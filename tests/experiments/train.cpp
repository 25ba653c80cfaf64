#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;
namespace fs = std::filesystem;

namespace {

struct Fixture {
  Fixture() { register_toy(); }
  Scratch scratch;
  std::string out = (scratch / "r1").string();

  Outcome train(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"train", "toy", "--out", out});
    return run_program(arguments);
  }
  void check_error(int code, const std::vector<std::string>& arguments, const std::string& text) const {
    const auto outcome = train(arguments);
    CHECK(outcome.code == code);
    CHECK(outcome.error == "rover: " + text + "\n");
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "train runs to the end, prints a table, and records every setting") {
  const auto done = train({"--seed", "3", "--set", "steps=5", "size=4"});
  CHECK(done.code == 0);
  CHECK(done.error.empty());
  CHECK(done.out.find("5/5 steps") != std::string::npos);
  CHECK(done.out.find("metric         last value\n") != std::string::npos);
  CHECK(done.out.ends_with("the model is in " + out + "/model.h5\n"));
  const Checkpoint checkpoint = Checkpoint::read(out + "/checkpoint.h5");
  CHECK(checkpoint.text("config/seed") == "3");
  CHECK(checkpoint.text("config/size") == "4");
  CHECK(checkpoint.text("config/net.learning_rate") == "0.1");
  CHECK(checkpoint.text("config/trainer") == "toy");

  const auto again = run_program({"train", "--config", out + "/config.cfg", "--out", out + "-again/", "--quiet"});
  CHECK(again.code == 0);
  CHECK(again.out.empty());
  CHECK(Checkpoint::read(out + "-again/checkpoint.h5") == checkpoint);  // the folder is no setting
}

TEST_CASE_FIXTURE(Fixture, "train --help lists the trainer's settings with their defaults") {
  const auto help = train({"--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("  net.learning_rate=0.1") != std::string::npos);
  CHECK(help.out.find("step size\n") != std::string::npos);
  CHECK(run_program({"train", "toi", "--help"}).error ==
        "rover: unknown trainer 'toi'; did you mean 'toy'? (rover list trainers)\n");
}

TEST_CASE_FIXTURE(Fixture, "wrong calls: one sentence, exit code 2, and no folder left") {
  check_error(2, {"--set", "foo"}, "--set 'foo' is not key=value");
  check_error(2, {"--set", "stps=3"},
              "unknown setting 'stps'; did you mean 'steps'? (in --set; rover train toy --help lists them)");
  check_error(2, {"--set", "steps=many"}, "the setting steps=many is not a whole number ≥ 0");
  check_error(2, {"--seed", "-1"}, "the setting seed=-1 is not a whole number ≥ 0");
  check_error(2, {"--checkpoint-seconds", "-1"}, "--checkpoint-seconds must be 0 or more");
  check_error(2, {"extra"}, "one trainer at a time: 'toy' or 'extra'");
  check_error(2, {"--config", (scratch / "no.cfg").string()},
              "cannot open '" + (scratch / "no.cfg").string() + "': no such file");
  check_error(2, {"--resume"}, "there is no run to resume in '" + out + "': no such folder");
  CHECK_FALSE(fs::exists(out));
  CHECK(run_program({"train", "toy"}).error == "rover: where to? rover train needs --out FOLDER\n");
}

TEST_CASE_FIXTURE(Fixture, "an existing folder, one that cannot be written, and other settings") {
  REQUIRE(train({"--quiet"}).code == 0);
  const Checkpoint before = Checkpoint::read(out + "/checkpoint.h5");
  check_error(2, {}, "the folder '" + out + "' exists; add --resume to go on, or choose another");
  check_error(2, {"--resume", "--set", "net.learning_rate=0.3"},
              "the run in '" + out +
                  "' has net.learning_rate=0.1, not 0.3; resume it with its own settings or choose another folder");
  check_error(2, {"--resume", "--seed", "9"},
              "the run in '" + out + "' has seed=0, not 9; resume it with its own settings or choose another folder");
  CHECK(Checkpoint::read(out + "/checkpoint.h5") == before);
  CHECK(train({"--resume", "--quiet"}).code == 0);
  std::ofstream(scratch / "file") << "x";
  out = (scratch / "file" / "r").string();
  check_error(1, {}, "cannot create the folder '" + out + "': not a directory");
}

TEST_CASE_FIXTURE(Fixture, "an interrupted training says how to go on, and goes on with its own settings") {
  const auto interrupted = [&] {
    trainers();
    if (!trainers().contains("stopping"))
      add_trainer<ToyOptions>("stopping", "stops itself once",
                              [](const ToyOptions& options, const TrainerPlace& place) {
                                auto trainer = std::make_unique<ToyTrainer>(options, place.seed);
                                trainer->on_step = [](std::uint64_t step) {
                                  if (step == 4) std::raise(SIGINT);
                                };
                                return trainer;
                              });
    return run_program({"train", "stopping", "--out", out, "--set", "steps=9", "--seed", "5"});
  }();
  CHECK(interrupted.code == 130);
  CHECK(interrupted.out.ends_with("stopped after step 4; to go on: rover train stopping --out " + out + " --resume\n"));
  REQUIRE(run_program({"train", "stopping", "--out", out, "--resume"}).code == 0);
  REQUIRE(run_program({"train", "toy", "--out", out + "b", "--set", "steps=9", "--seed", "5"}).code == 0);
  const auto resumed = Checkpoint::read(out + "/checkpoint.h5"), whole = Checkpoint::read(out + "b/checkpoint.h5");
  CHECK(resumed.group("trainer") == whole.group("trainer"));
}

TEST_CASE_FIXTURE(Fixture, "a truncated or foreign checkpoint fails the run, and stays") {
  REQUIRE(train({"--quiet"}).code == 0);
  const std::string path = out + "/checkpoint.h5", whole = read_file(path);
  for (const std::string& content : {whole.substr(0, 2000), std::string("no HDF5")}) {
    std::ofstream(path, std::ios::binary) << content;
    const auto outcome = train({"--resume"});
    CHECK(outcome.code == 1);
    CHECK(outcome.error.find("checkpoint.h5'") != std::string::npos);
    CHECK(outcome.error.find('\n') == outcome.error.size() - 1);
    CHECK(read_file(path) == content);
  }
}

TEST_CASE_FIXTURE(Fixture, "a full disk fails the run in one sentence") {
  Outcome outcome{};
  const std::string said = with_file_limit(1000, [&] {
    outcome = train({"--quiet", "--set", "size=20000"});
    throw std::runtime_error(std::to_string(outcome.code) + " " + outcome.error);
  });
  CHECK(said.starts_with("1 rover: cannot write '" + out));
  CHECK(said.find('\n') == said.size() - 1);
}
