#include "experiments/config.h"

#include <doctest/doctest.h>

#include <fstream>

#include "experiments/train.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"
#include "training/lopt_trainer.h"

using namespace rover;

namespace {

void write(const std::filesystem::path& path, const std::string& text) { std::ofstream(path) << text; }

}  // namespace

TEST_CASE("a config file: comments, blanks, includes that lose to the file itself") {
  const Scratch scratch;
  write(scratch / "base.cfg", "a = 1\nb = 2\n");
  write(scratch / "c.cfg", "# what it is for\n\n  b=3   # wins\nname = x#1 \r\ninclude = base\nempty =\n");
  CHECK(read_config(scratch / "c.cfg") == Settings{{"a", "1"}, {"b", "3"}, {"name", "x#1"}, {"empty", ""}});
}

TEST_CASE("a malformed config file is refused with its line") {
  const Scratch scratch;
  const std::string path = (scratch / "c.cfg").string();
  const auto error = [&](const std::string& text) {
    write(path, text);
    return error_of([&] { read_config(path); });
  };
  CHECK(error("a = 1\nfoo\n") == path + ":2: 'foo' is not key = value");
  CHECK(error("= 1\n") == path + ":1: '= 1' is not key = value");
  CHECK(error("a = 1\na = 2\n") == path + ":2: the setting 'a' is given twice");
  CHECK(error("include = c.cfg\n").ends_with("includes itself"));
  CHECK(error("include = other\n") == "cannot open '" + (scratch / "other.cfg").string() + "': no such file");
  CHECK(error_of([&] { read_config(scratch.folder()); }) ==
        "cannot open '" + scratch.folder().string() + "': it is a folder");
}

TEST_CASE("assignments and environment variables") {
  CHECK(parse_assignment("a.b=1=2") == std::pair<std::string, std::string>("a.b", "1=2"));
  CHECK(parse_assignment("a=").second.empty());
  CHECK(error_of([] { parse_assignment("foo"); }) == "--set 'foo' is not key=value");
  CHECK(error_of([] { parse_assignment("=1"); }) == "--set '=1' is not key=value");
  const char* environment[] = {
      "HOME=/root", "ROVER_DDPG__LEARNING_RATE=1e-3", "ROVER_SEED=4", "ROVER_PRESETS=/x", "ROVER_EMPTY=", nullptr};
  CHECK(environment_settings(environment) == Settings{{"ddpg.learning_rate", "1e-3"}, {"seed", "4"}, {"empty", ""}});
}

TEST_CASE("defaults < run < preset < config < environment < --set") {
  register_toy();
  const Scratch scratch;
  const Variable folder("ROVER_PRESETS", scratch.folder().string());
  write(scratch / "tiny.cfg", "# a tiny one\ntrainer = toy\nsteps = 2\nsize = 2\nnet.learning_rate = 2\nseed = 2\n");
  write(scratch / "run", "trainer = toy\nsteps = 1\nsize = 1\nnet.learning_rate = 1\nseed = 1\nnan_at = 1\n");
  write(scratch / "file", "size = 3\nnet.learning_rate = 3\nseed = 3\n");
  const char* environment[] = {"ROVER_NET__LEARNING_RATE=4", "ROVER_SEED=4", nullptr};
  ConfigSources sources;
  sources.trainer = "toy";
  Settings expected{{"trainer", "toy"}, {"seed", "0"},   {"steps", "40"},           {"net.learning_rate", "0.1"},
                    {"size", "16"},     {"nan_at", "0"}, {"step_microseconds", "0"}};
  CHECK(gather_settings(sources) == expected);
  sources.run = scratch / "run";
  sources.preset = "tiny";
  sources.config = scratch / "file";
  sources.environment = environment;
  sources.sets = {"seed=5", "seed=6"};
  expected["nan_at"] = "1", expected["steps"] = "2", expected["size"] = "3", expected["net.learning_rate"] = "4",
  expected["seed"] = "6";
  CHECK(gather_settings(sources) == expected);
  sources.trainer = "";
  CHECK(gather_settings(sources) == expected);  // the preset names its trainer
}

TEST_CASE("unknown names are refused with a suggestion and the place") {
  register_toy();
  const Scratch scratch;
  const Variable folder("ROVER_PRESETS", scratch.folder().string());
  write(scratch / "tiny.cfg", "# a tiny one\ntrainer = toy\n");
  write(scratch / "alien.cfg", "# another's\ntrainer = somebody\n");
  const auto error = [](ConfigSources sources) { return error_of([&] { gather_settings(sources); }); };
  ConfigSources sources;
  CHECK(error(sources).starts_with("which trainer?"));
  sources.trainer = "toi";
  CHECK(error(sources) == "unknown trainer 'toi'; did you mean 'toy'? (rover list trainers)");
  sources.trainer = "toy";
  sources.preset = "tinny";
  CHECK(error(sources) == "unknown preset 'tinny'; did you mean 'tiny'? (rover list presets)");
  sources.preset = "alien";
  CHECK(error(sources) == "the preset 'alien' is for the trainer 'somebody', not 'toy'");
  sources.preset = "tiny";
  sources.sets = {"learning_rate=1"};
  CHECK(error(sources) ==
        "unknown setting 'learning_rate'; did you mean 'net.learning_rate'? (in --set; rover train toy --help lists "
        "them)");
  sources.sets = {"folder=/x"};
  CHECK(error(sources) == "--set sets 'folder'; the run folder is given with --out");
  sources.sets = {};
  const char* environment[] = {"ROVER_SEEED=4", "ROVER_MODELS=/m", "ROVER_DATA=/d", "ROVER_PRESETS=", nullptr};
  sources.environment = environment;
  std::ostringstream said;
  auto* const before = std::cerr.rdbuf(said.rdbuf());
  CHECK(error(sources) == "");  // it may be another program's
  std::cerr.rdbuf(before);
  CHECK(said.str() == "rover: ROVER_SEEED is ignored: the trainer 'toy' has no setting 'seeed'\n");
  write(scratch / "nobody.cfg", "# whose?\nseed = 1\n");
  sources.environment = nullptr;
  CHECK(error(sources).ends_with("does not say for which trainer it is (trainer = ID)"));
}

TEST_CASE("the presets that ship are for trainers of the program, and their settings fit") {
  run_program({"--version"});  // registers
  for (const auto& preset : presets()) {
    CAPTURE(preset.name);
    CHECK_FALSE(preset.summary.empty());
    ConfigSources sources;
    sources.preset = preset.name;
    CHECK(error_of([&] { gather_settings(sources); }) == "");
    // This program has no LibTorch: that is the only error, for those that need it.
    Settings settings = gather_settings(sources);
    const bool lacks = lacks_libtorch(settings);
    const std::string trainer = settings.extract("trainer").mapped();
    const std::string error = error_of([&] { trainers().make(trainer, settings); });
    CHECK((lacks ? error.find("needs LibTorch") != std::string::npos : error.empty()));
  }
}

TEST_CASE("a preset's name may leave out its trainer") {
  run_program({"--version"});
  CHECK(find_preset("quick").name == "quick");
  CHECK(find_preset("quick", "lopt").name == "lopt-quick");
  CHECK(find_preset("quick", "rover").name == "quick");
  CHECK(find_preset("search-quick", "es").name == "search-quick");
  CHECK_THROWS_WITH_AS(find_preset("manifolt", "lopt"), doctest::Contains("did you mean 'manifold'?"), UsageError);
  ConfigSources sources;
  sources.trainer = "lopt", sources.preset = "quick";
  CHECK(gather_settings(sources).at("unroll.meta_steps") == "4000");
  sources.preset = "manifold";  // the recipe that the study trains by
  Settings settings = gather_settings(sources);
  settings.erase("trainer"), settings.erase("seed");
  LoptTrainerOptions literal;
  literal.unroll = MlpLearnerOptions::literal();
  literal.rule.output_scale = literal.unroll.unroll.output_scale;
  CHECK(to_settings(from_settings<LoptTrainerOptions>(settings)) == to_settings(literal));
}
