#include "experiments/reproduce.h"

#include <doctest/doctest.h>

#include <cmath>
#include <csignal>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "env/landscapes/registry.h"
#include "experiments/studies/comparison.h"
#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "tests/experiments/program.h"
#include "tests/storage/scratch.h"

using namespace rover;
namespace fs = std::filesystem;

namespace {

const double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// Three cells; `made` counts those that were worked out, `fail_at` breaks off before one.
struct ToyStudy {
  int made = 0, fail_at = -1;
  Study study{"toy", "what a test needs", [this](StudyPlace& place) {
                place.expect(3, 0);
                StudyResult result;
                for (int k = 0; k < 3; ++k) {
                  const auto numbers = place.cell("cell-" + std::to_string(k), [&] {
                    if (k == fail_at) throw std::runtime_error("killed");
                    ++made;
                    return std::vector<double>{0.1 + 0.2 * k, 1e-300, static_cast<double>(place.seed)};
                  });
                  result.lines.push_back(mean_line("line " + std::to_string(k), "°", numbers));
                }
                result.lines[0].target = 1, result.lines[0].paper = 3.1;
                result.lines[1].target = 1, result.lines[1].smaller_is_better = false;
                result.lines[2].ours = not_a_number;
                result.text = "a table\n";
                return result;
              }};
};

struct Fixture {
  Fixture() { register_toy(); }
  Scratch scratch;
  ReproduceOptions options{.out = scratch / "out", .quick = true, .quiet = true};
  std::string file(const std::string& name) const { return read_file(options.out / "toy" / name); }
};

Study training_study(std::vector<StudyTraining> trainings, std::vector<fs::path>& runs) {
  return {"toy", "trains", [=, &runs](StudyPlace& place) {
            runs = place.train_all(trainings);
            return StudyResult{};
          }};
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a study leaves text, numbers and result.json") {
  ToyStudy toy;
  const StudyResult result = reproduce(toy.study, options);
  CHECK(toy.made == 3);
  const auto json = nlohmann::json::parse(file("result.json"));
  CHECK(json["study"] == "toy");
  CHECK(json["preset"] == "quick");
  CHECK(json["seeds"] == 3);
  const auto& lines = json["lines"];
  REQUIRE(lines.size() == 3);
  CHECK(lines[0]["paper"] == 3.1);
  CHECK(lines[0]["ours"].get<double>() == result.lines[0].ours);
  CHECK(lines[0]["spread"]["min"] == 0);
  CHECK(lines[0]["spread"]["max"] == 0.1);
  CHECK(lines[0]["pass"] == true);
  CHECK(lines[1]["pass"] == false);
  CHECK(lines[1]["paper"].is_null());
  CHECK(lines[2]["ours"].is_null());
  CHECK(lines[2]["target"].is_null());
  CHECK(lines[2]["pass"].is_null());

  const std::string text = file("result.txt");
  CHECK(text == result_text(toy.study, result));
  CHECK(text.find("line 0     °    3.1") != std::string::npos);
  CHECK(text.find("≤ 1  pass") != std::string::npos);
  CHECK(text.find("≥ 1  MISS") != std::string::npos);
  CHECK(text.ends_with("a table\n\n"));
  const Checkpoint numbers = Checkpoint::read(options.out / "toy" / "result.h5");
  CHECK(numbers.get<double>("lines/0001/seeds") == result.lines[1].seeds);
}

TEST_CASE("a line passes when it reaches its target, and without one; what is not a number reaches none") {
  ResultLine line;
  CHECK(line.passes());
  line.target = 2, line.ours = 2;
  CHECK(line.passes());
  line.ours = 2.1;
  CHECK_FALSE(line.passes());
  line.smaller_is_better = false;
  CHECK(line.passes());
  line.ours = not_a_number;
  CHECK_FALSE(line.passes());
}

TEST_CASE_FIXTURE(Fixture, "an interrupted study goes on where it was, to the same bytes") {
  ToyStudy broken;
  broken.fail_at = 2;
  CHECK(error_of([&] { reproduce(broken.study, options); }) == "killed");
  CHECK_FALSE(fs::exists(options.out / "toy" / "result.json"));
  broken.fail_at = -1;
  reproduce(broken.study, options);
  CHECK(broken.made == 3);
  reproduce(broken.study, options);
  CHECK(broken.made == 3);

  ToyStudy whole;
  ReproduceOptions elsewhere = options;
  elsewhere.out = scratch / "elsewhere";
  reproduce(whole.study, elsewhere);
  for (const char* name : {"result.json", "result.txt", "result.h5"})
    CHECK(file(name) == read_file(elsewhere.out / "toy" / name));
}

TEST_CASE_FIXTURE(Fixture, "a folder keeps to what it was begun with") {
  ToyStudy toy;
  reproduce(toy.study, options);
  const std::string folder = (options.out / "toy").string();
  ReproduceOptions other = options;
  other.quick = false;
  CHECK(error_of([&] { reproduce(toy.study, other); }) ==
        "the study in '" + folder + "' has preset=quick, not full; go on with that or choose another folder (--out)");
  other = options, other.seed = 9;
  CHECK(error_of([&] { reproduce(toy.study, other); }).find("has seed=0, not 9") != std::string::npos);
  other = options, other.seeds = 0;
  CHECK(error_of([&] { reproduce(toy.study, other); }) == "a study needs at least one seed (--seeds)");
  CHECK(toy.made == 3);
}

TEST_CASE_FIXTURE(Fixture, "a study is not gone on with when a model that it plays has become another") {
  const Variable models("ROVER_MODELS", scratch.folder().c_str());
  ToyStudy toy;
  toy.study.models = {"of-a-test"};
  reproduce(toy.study, options);
  CHECK(file("study.cfg").find("model.of-a-test = none\n") != std::string::npos);
  write_file(scratch / "of-a-test.h5", "trained");
  CHECK(error_of([&] { reproduce(toy.study, options); }).find("has model.of-a-test=none, not ") != std::string::npos);
  options.out = scratch / "again";
  reproduce(toy.study, options);
  reproduce(toy.study, options);
  CHECK(toy.made == 6);
  write_file(scratch / "of-a-test.h5", "trained longer");
  CHECK(error_of([&] { reproduce(toy.study, options); }).find("go on with that or choose another folder") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a folder that holds something else is left alone") {
  fs::create_directories(options.out / "toy");
  write_file(options.out / "toy" / "study.cfg.tmp", "what a kill may leave");
  ToyStudy toy;
  reproduce(toy.study, options);
  options.out = scratch / "theirs";
  fs::create_directories(options.out / "toy");
  write_file(options.out / "toy" / "result.json", "dear");
  CHECK(error_of([&] { reproduce(toy.study, options); }) ==
        "'" + (options.out / "toy").string() + "' holds something else than a study; choose another folder (--out)");
  CHECK(file("result.json") == "dear");
}

TEST_CASE_FIXTURE(Fixture, "trainings are shared by all studies of a folder, and do not depend on threads") {
  const std::vector<StudyTraining> trainings{{"a", "", {"trainer=toy", "steps=5"}, 1},
                                             {"b", "", {"trainer=toy", "steps=7"}, 2},
                                             {"c", "", {"trainer=toy"}, 3}};
  std::vector<fs::path> runs, alone;
  reproduce(training_study(trainings, runs), options);
  REQUIRE(runs.size() == 3);
  CHECK(runs[1] == options.out / "runs" / "b");
  CHECK(Checkpoint::read(runs[1] / "checkpoint.h5").integer("steps") == 7);

  const auto written = fs::last_write_time(runs[0] / "checkpoint.h5");
  reproduce(training_study(trainings, runs), options);
  CHECK(fs::last_write_time(runs[0] / "checkpoint.h5") == written);
  CHECK(error_of([&] {
          reproduce(training_study({{"a", "", {"trainer=toy", "steps=6"}, 1}}, alone), options);
        }) == "the run in '" + runs[0].string() +
                  "' has steps=5, not 6; resume it with its own settings or choose another folder");

  ReproduceOptions one = options;
  one.out = scratch / "one", one.threads = 1;
  reproduce(training_study(trainings, alone), one);
  for (std::size_t k = 0; k < 3; ++k)
    CHECK(read_file(runs[k] / "checkpoint.h5") == read_file(alone[k] / "checkpoint.h5"));
}

TEST_CASE_FIXTURE(Fixture, "an interrupted training of a study is gone on with") {
  if (!trainers().contains("stopping-study"))
    add_trainer<ToyOptions>("stopping-study", "stops itself once",
                            [](const ToyOptions& toy, const TrainerPlace& place) {
                              auto trainer = std::make_unique<ToyTrainer>(toy, place.seed);
                              trainer->on_step = [](std::uint64_t step) {
                                if (step == 4) std::raise(SIGINT);
                              };
                              return trainer;
                            });
  std::vector<fs::path> runs;
  const Study study = training_study({{"a", "", {"trainer=stopping-study", "steps=9"}, 1}}, runs);
  CHECK_THROWS_AS(reproduce(study, options), StudyInterrupted);
  CHECK(Checkpoint::read(options.out / "runs" / "a" / "checkpoint.h5").integer("steps") == 4);
  reproduce(study, options);
  CHECK(Checkpoint::read(runs[0] / "checkpoint.h5").integer("steps") == 9);
}

TEST_CASE("rover reproduce: wrong calls in one sentence, and what there is") {
  const auto check = [](const std::vector<std::string>& arguments, const std::string& text) {
    auto all = arguments;
    all.insert(all.begin(), "reproduce");
    const Outcome outcome = run_program(all);
    CHECK(outcome.code == 2);
    CHECK(outcome.error == "rover: " + text + "\n");
  };
  check({}, "reproduce what? rover reproduce NAME... (rover reproduce --help)");
  check({"tabel1"}, "unknown study 'tabel1'; did you mean 'table1'? (rover reproduce --help)");
  check({"table1", "--preset", "quik"}, "unknown preset 'quik'; did you mean 'quick'? (quick or full)");
  check({"table1", "--seeds", "x"}, "--seeds x is not a whole number from 1 to 10000");
  const Outcome help = run_program({"reproduce", "--help"});
  CHECK(help.code == 0);
  for (const Study& study : studies()) CHECK(help.out.find("  " + study.name + ": ") != std::string::npos);
  CHECK(help.out.find("rover-paper") != std::string::npos);
}

TEST_CASE("envelopes: the mean of the gaps and their extremes, by hand") {
  Evaluation evaluation;
  evaluation.curves = {{"a", "f", 0, 0, 1, 9, {1, 2}, {10, 20}, {5, 3}}, {"a", "f", 1, 0, 1, 7, {1}, {10}, {1}}};
  const Figure figure = envelope_figure(evaluation, Mark::Clock::iterations, 3);
  REQUIRE(figure.panels.size() == 1);
  const rover::Curve& curve = figure.panels[0].curves.at(0);
  CHECK(curve.label == "a");
  CHECK(curve.x == std::vector<double>{0, 1, 2, 3});
  CHECK(curve.low == std::vector<double>{6, 1e-12, 1e-12, 1e-12});  // a gap of 0 is drawn as rounding
  CHECK(curve.high == std::vector<double>{8, 4, 2, 2});
  CHECK(curve.y[0] == doctest::Approx(7));
  CHECK(curve.y[1] == doctest::Approx(2));
  CHECK(curve.y[3] == doctest::Approx(1));
}

TEST_CASE("perturbed starts: the first is the start itself, and none leaves a clamped domain") {
  const std::shared_ptr<const Landscape> sphere = landscapes().make("sphere", to_settings(LandscapeOptions{}));
  const auto trials = perturbed_trials(sphere, {5, -1}, {1, 0}, 200, 3, true);
  CHECK(trials[0].start == std::vector<double>{5, -1});
  CHECK(trials[0].start_value == doctest::Approx(26));
  double sum = 0;
  for (const Trial& trial : trials) {
    CHECK(trial.start[0] <= 5.12);
    CHECK(trial.start[1] == -1);
    sum += trial.start[0];
  }
  CHECK(sum / 200 < 4.9);  // clamping cuts one side: E min(z, .12) = −.34, with standard error .05
  CHECK(perturbed_trials(sphere, {5, -1}, {1, 0}, 3, 3, true)[2].start == trials[2].start);
}
