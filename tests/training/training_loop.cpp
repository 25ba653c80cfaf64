#include "training/training_loop.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "storage/atomic_file.h"
#include "storage/run_log.h"
#include "tests/training/kill_points.h"
#include "tests/training/toy_trainer.h"
#include "tests/training/trainer_conformance.h"
#include "training/progress.h"

using namespace rover;
namespace fs = std::filesystem;

namespace {

LoopOptions options_for(const fs::path& folder, bool resume = false) {
  LoopOptions out;
  out.folder = folder;
  out.resume = resume;
  out.config = {{"trainer", "toy"}, {"seed", "7"}, {"net.learning_rate", "1e-3"}};
  return out;
}

/// What must be the same in two runs, bit for bit.
struct Files {
  Checkpoint checkpoint, model;
  RunRecord log;
  std::string config;
};

Files files_of(const fs::path& folder) {
  return {Checkpoint::read(folder / "checkpoint.h5"), Checkpoint::read(folder / "model.h5"),
          read_run_log(folder / "run.h5"), read_file(folder / "config.cfg")};
}

void check_same(const Files& a, const Files& b) {
  CHECK(a.checkpoint == b.checkpoint);
  CHECK(a.model == b.model);
  CHECK(a.config == b.config);
  REQUIRE(a.log.attributes == b.log.attributes);
  REQUIRE(a.log.series.size() == b.log.series.size());
  for (const auto& [name, rows] : a.log.series) {
    CHECK(rows.steps == b.log.series.at(name).steps);
    CHECK(rows.values == b.log.series.at(name).values);
  }
}

template <class Child>
pid_t start_child(Child&& child) {
  std::fflush(nullptr);
  const pid_t process = ::fork();
  if (process == 0) {
    ::alarm(20);
    try {
      child();
    } catch (...) { ::_exit(1); }
    ::_exit(0);
  }
  return process;
}

int wait_for(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("the toy trainer conforms") { check_trainer(toy({.steps = 9})); }

TEST_CASE("a run leaves its settings, its checkpoint, its model and every metric") {
  const Scratch scratch;
  const LoopResult result = run_training(toy({.steps = 10}), options_for(scratch / "r1"));
  CHECK(result.steps == 10);
  CHECK_FALSE(result.interrupted);
  const Files files = files_of(scratch / "r1");
  CHECK(files.checkpoint.integer("steps") == 10);
  CHECK(files.checkpoint.text("config/net.learning_rate") == "1e-3");
  CHECK(files.model.text("config/seed") == "7");
  CHECK(files.model.get<double>("weights").size() == 16);
  CHECK(files.log.series.at("loss").steps == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  CHECK(files.log.series.at("fine/distance").steps.front() == 5);
  CHECK(result.metrics.at("loss") == files.log.series.at("loss").values.back());
  CHECK(files.config.find("net.learning_rate = 1e-3\n") != std::string::npos);
}

TEST_CASE("the wall clock and the number of checkpoints leave no trace") {
  const Scratch scratch;
  run_training(toy(), options_for(scratch / "once"));
  auto often = options_for(scratch / "often");
  often.checkpoint_seconds = 0;
  run_training(toy(), often);
  check_same(files_of(scratch / "once"), files_of(scratch / "often"));
}

TEST_CASE("killed before any of its file operations, a run resumes to the same bits") {
  const Scratch scratch;
  const ToyOptions small{.steps = 2};
  run_training(toy(small), options_for(scratch / "whole"));
  const Files whole = files_of(scratch / "whole");
  int n = 0;
  for (bool killed = true; killed; ++n) {
    CAPTURE(n);
    const fs::path folder = scratch / ("r" + std::to_string(n));
    const int status = wait_for(start_child([&] {
      die_at_file_operation(n);
      auto options = options_for(folder);
      options.checkpoint_seconds = 0;
      run_training(toy(small), options);
    }));
    killed = WIFSIGNALED(status);
    REQUIRE((killed ? WTERMSIG(status) == SIGKILL : WEXITSTATUS(status) == 0));
    run_training(toy(small), options_for(folder, fs::exists(folder)));
    check_same(files_of(folder), whole);
    REQUIRE(n < 1000);
  }
  CHECK(n > 30);  // the hooks do intercept calls: folder, lock, settings, log, and three checkpoints of two files
}

TEST_CASE("killed at random moments, again and again, a run ends with the same bits") {
  const Scratch scratch;
  const ToyOptions slow{.steps = 400, .step_microseconds = 50};
  run_training(toy(slow), options_for(scratch / "whole"));
  RandomStream moments = make_stream(11, 0, "kill");
  int kills = 0;
  for (int i = 0; i < 10; ++i) {
    const bool resume = fs::exists(scratch / "r");
    const pid_t child = start_child([&] {
      auto options = options_for(scratch / "r", resume);
      options.checkpoint_seconds = 0.002;
      run_training(toy(slow), options);
    });
    ::usleep(static_cast<useconds_t>(moments.uniform(0, 15000)));
    ::kill(child, SIGKILL);
    kills += WIFSIGNALED(wait_for(child));
  }
  CHECK(kills >= 1);
  run_training(toy(slow), options_for(scratch / "r", fs::exists(scratch / "r")));
  check_same(files_of(scratch / "r"), files_of(scratch / "whole"));
}

TEST_CASE("SIGINT and SIGTERM finish the step, keep a checkpoint, and the run goes on from it") {
  const Scratch scratch;
  run_training(toy(), options_for(scratch / "whole"));
  for (const int signal : {SIGINT, SIGTERM}) {
    const fs::path folder = scratch / std::to_string(signal);
    const LoopResult stopped = run_training(toy({}, 7,
                                                [&](std::uint64_t step) {
                                                  if (step == 13) std::raise(signal);
                                                }),
                                            options_for(folder));
    CHECK(stopped.interrupted);
    CHECK(stopped.steps == 13);
    CHECK(Checkpoint::read(folder / "checkpoint.h5").integer("steps") == 13);
    const LoopResult result = run_training(toy(), options_for(folder, true));
    CHECK_FALSE(result.interrupted);
    check_same(files_of(folder), files_of(scratch / "whole"));
  }
}

TEST_CASE("a finished run resumes to nothing, and still knows its figures") {
  const Scratch scratch;
  const auto first = run_training(toy(), options_for(scratch / "r"));
  const auto again = run_training(toy(), options_for(scratch / "r", true));
  CHECK(again.steps == 40);
  CHECK(again.metrics == first.metrics);
}

TEST_CASE("a failing step ends in one sentence and keeps the last checkpoint") {
  const Scratch scratch;
  auto options = options_for(scratch / "r");
  options.checkpoint_seconds = 0;
  CHECK(error_of([&] { run_training(toy({.nan_at = 5}), options); }) ==
        "the loss is not a number in step 5; '" + (scratch / "r").string() +
            "' keeps the checkpoint of step 4 for --resume");
  CHECK(Checkpoint::read(scratch / "r" / "checkpoint.h5").integer("steps") == 4);
  run_training(toy(), options_for(scratch / "r", true));
  run_training(toy(), options_for(scratch / "whole"));
  check_same(files_of(scratch / "r"), files_of(scratch / "whole"));
}

TEST_CASE("metrics that are NaN or were not announced fail the run") {
  struct Wrong final : ToyTrainer {
    Wrong(std::string n, double v) : ToyTrainer({}, 1), name(std::move(n)), value(v) {}
    void step(Metrics& metrics) override { metrics.log(name, value); }
    std::string name;
    double value;
  };
  const Scratch scratch;
  const auto wrong = [](const char* name, double value) -> MakeTrainer {
    return [=] { return std::make_unique<Wrong>(name, value); };
  };
  CHECK(error_of([&] {
          run_training(wrong("loss", std::nan("")), options_for(scratch / "a"));
        }).starts_with("the metric 'loss' is not a number; "));
  CHECK(error_of([&] {
          run_training(wrong("lost", 1), options_for(scratch / "b"));
        }).starts_with("the trainer logs 'lost', which its metric_names() do not hold"));
}

TEST_CASE("a full disk ends in one sentence and keeps the last checkpoint") {
  const Scratch scratch;
  const ToyOptions large{.size = 20000};
  // While the first checkpoint (step 0) fits, none of the later may: the limit falls in the middle of the run.
  const std::string error = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    auto options = options_for(scratch / "r");
    options.checkpoint_seconds = 0;
    run_training(toy(large, 7,
                     [](std::uint64_t step) {
                       const rlimit limit{30000, 30000};
                       if (step == 3) ::setrlimit(RLIMIT_FSIZE, &limit);
                     }),
                 options);
  });
  CHECK(error.starts_with("cannot write '" + (scratch / "r" / "model.h5").string() + "': "));
  CHECK(error.ends_with("keeps the checkpoint of step 2 for --resume"));
  CHECK(error.find('\n') == std::string::npos);
  CHECK(Checkpoint::read(scratch / "r" / "checkpoint.h5").integer("steps") == 2);
  run_training(toy(large), options_for(scratch / "r", true));
  run_training(toy(large), options_for(scratch / "whole"));
  check_same(files_of(scratch / "r"), files_of(scratch / "whole"));
}

TEST_CASE("an existing folder needs --resume, and --resume needs a run") {
  const Scratch scratch;
  const std::string folder = (scratch / "r").string();
  run_training(toy(), options_for(folder));
  CHECK(error_of([&] { run_training(toy(), options_for(folder)); }) ==
        "the folder '" + folder + "' exists; add --resume to go on, or choose another");
  CHECK(error_of([&] { run_training(toy(), options_for(scratch / "new", true)); }) ==
        "there is no run to resume in '" + (scratch / "new").string() + "': no such folder");
  CHECK_FALSE(fs::exists(scratch / "new"));
  fs::create_directory(scratch / "foreign");
  std::ofstream(scratch / "foreign" / "thesis.tex") << "x";
  CHECK_THROWS_AS(run_training(toy(), options_for(scratch / "foreign")), UsageError);
  CHECK(error_of([&] { run_training(toy(), options_for(scratch / "foreign", true)); }) ==
        "there is no run to resume in '" + (scratch / "foreign").string() + "': it holds no checkpoint.h5");
  CHECK(std::distance(fs::directory_iterator(scratch / "foreign"), {}) == 1);
  std::ofstream(scratch / "file") << "x";
  CHECK(error_of([&] { run_training(toy(), options_for(scratch / "file")); }) ==
        "'" + (scratch / "file").string() + "' is a file, not a folder");
  CHECK(error_of([&] { run_training(toy(), options_for(scratch / "file" / "r")); }) ==
        "cannot create the folder '" + (scratch / "file" / "r").string() + "': not a directory");
  fs::create_directory(scratch / "empty");
  CHECK(run_training(toy(), options_for(scratch / "empty")).steps == 40);
}

TEST_CASE("a resumed run must have the run's settings") {
  const Scratch scratch;
  const std::string folder = (scratch / "r").string();
  run_training(toy(), options_for(folder));
  auto other = options_for(folder, true);
  other.config["net.learning_rate"] = "0.001";  // the same number in other words
  CHECK(run_training(toy(), other).steps == 40);
  other.config["net.learning_rate"] = "0.002";
  CHECK(error_of([&] { run_training(toy(), other); }) ==
        "the run in '" + folder +
            "' has net.learning_rate=1e-3, not 0.002; resume it with its own settings or choose another folder");
  CHECK_THROWS_AS(run_training(toy(), other), UsageError);
  other = options_for(folder, true);
  other.config["extra"] = "1";
  CHECK(error_of([&] { run_training(toy(), other); }).find("has extra=(not set), not 1") != std::string::npos);
}

TEST_CASE("a damaged or foreign checkpoint is refused and left as it is") {
  const Scratch scratch;
  run_training(toy(), options_for(scratch / "r"));
  const fs::path path = scratch / "r" / "checkpoint.h5";
  const std::string whole = read_file(path);
  for (const std::string& content : {whole.substr(0, whole.size() / 2), std::string("not HDF5"), std::string()}) {
    std::ofstream(path, std::ios::binary) << content;
    const std::string error = error_of([&] { run_training(toy(), options_for(scratch / "r", true)); });
    CHECK(error.find("checkpoint.h5'") != std::string::npos);
    CHECK(error.find('\n') == std::string::npos);
    CHECK(read_file(path) == content);
  }
  fs::copy_file(scratch / "r" / "model.h5", path,
                fs::copy_options::overwrite_existing);  // a checkpoint, but of another kind
  CHECK_FALSE(error_of([&] { run_training(toy(), options_for(scratch / "r", true)); }).empty());
}

TEST_CASE("a damaged run log does not cost the training") {
  const Scratch scratch;
  run_training(toy(), options_for(scratch / "r"));
  std::ofstream(scratch / "r" / "run.h5") << "x";
  std::ostringstream said;
  auto options = options_for(scratch / "r", true);
  options.log = &said;
  CHECK(run_training(toy(), options).steps == 40);
  CHECK(read_file(scratch / "r" / "run.h5.damaged") == "x");
  CHECK(said.str().find("a new run log begins") != std::string::npos);
}

TEST_CASE("one process a folder") {
  const Scratch scratch;
  std::string error;
  run_training(toy({}, 7,
                   [&](std::uint64_t step) {
                     if (step == 2) error = error_of([&] { run_training(toy(), options_for(scratch / "r", true)); });
                   }),
               options_for(scratch / "r"));
  CHECK(error == "another process trains in the folder '" + (scratch / "r").string() + "'");
}

TEST_CASE("a trainer that refuses its settings leaves no folder behind") {
  const Scratch scratch;
  const MakeTrainer refuse = []() -> std::unique_ptr<Trainer> { throw UsageError("no"); };
  CHECK_THROWS_AS(run_training(refuse, options_for(scratch / "r")), UsageError);
  CHECK_FALSE(fs::exists(scratch / "r"));
}

TEST_CASE("progress: plain lines for a pipe, one line redrawn on a terminal, nothing when quiet, a table at the end") {
  const Scratch scratch;
  const auto said = [&](const std::string& name, bool quiet, bool terminal) {
    std::ostringstream out;
    auto options = options_for(scratch / name);
    options.log = &out, options.quiet = quiet, options.terminal = terminal;
    run_training(toy(), options);
    return out.str();
  };
  const std::string plain = said("plain", false, false);
  CHECK(plain.starts_with("fine 100% [##########] 40/40 steps"));
  CHECK(plain.find('\r') == std::string::npos);
  CHECK(plain.find("\nmetric         last value\nloss           ") != std::string::npos);
  CHECK(plain.find("\nfine/distance  ") != std::string::npos);
  const std::string drawn = said("drawn", false, true);
  CHECK(drawn.starts_with("\r"));
  CHECK(drawn.find("\033[K\nmetric") != std::string::npos);
  CHECK(said("quiet", true, false).empty());
}

TEST_CASE("the speed is the phase's, and the time left follows the share of the work") {
  RateMeter rate;
  CHECK(rate.seconds_left() == -1);
  for (int i = 0; i <= 10; ++i) rate.add(i, 10 * i, 0.01 * i, "cheap");  // 10 steps/s
  CHECK(rate.steps_per_second() == doctest::Approx(10));
  CHECK(rate.seconds_left() == doctest::Approx(90));
  rate.add(11, 101, 0.11, "dear");  // 1 step/s: the rate of the cheap phase does not count here
  CHECK(rate.steps_per_second() == doctest::Approx(1));
  CHECK(rate.seconds_left() == doctest::Approx(89));  // the work goes on as before
  for (int i = 12; i <= 80; ++i) rate.add(i, 101 + 2 * (i - 11), 0.11 + 0.005 * (i - 11), "dear");
  CHECK(rate.steps_per_second() == doctest::Approx(2));
  CHECK(rate.seconds_left() == doctest::Approx((1 - 0.455) / 0.005));  // of the last minute
  CHECK(duration_text(59.4) == "59s");
  CHECK(duration_text(130) == "2m10s");
  CHECK(duration_text(3720) == "1h02m");
}
