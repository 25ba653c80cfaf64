#include "storage/run_log.h"

#include <doctest/doctest.h>

#include <cmath>

#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

const std::vector<std::string> kSeries = {"direction/loss", "reward"};

double value_of(std::uint64_t step) { return std::sin(static_cast<double>(step)); }

TEST_CASE("a run log is read while it is written") {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunLog log = RunLog::create(path, kSeries, {{"config", "seed = 3\n"}, {"seed", "3"}, {"empty", ""}});
  CHECK(read_run_log(path).series.size() == 2);
  CHECK_FALSE(std::filesystem::exists(scratch / "run.h5.tmp"));
  for (std::uint64_t step = 1; step <= 1000; ++step) log.append("reward", step, value_of(step));
  log.append("direction/loss", 7, std::nan(""));
  CHECK(read_run_log(path).series.at("reward").steps.empty());
  log.flush();
  const RunRecord record = read_run_log(path);
  CHECK(record.attributes == RunLog::Attributes{{"config", "seed = 3\n"}, {"seed", "3"}, {"empty", ""}});
  CHECK(record.series.at("direction/loss").steps == std::vector<std::uint64_t>{7});
  CHECK(std::isnan(record.series.at("direction/loss").values[0]));
  REQUIRE(record.series.at("reward").steps.size() == 1000);
  for (std::uint64_t step = 1; step <= 1000; ++step)
    CHECK(record.series.at("reward").values[step - 1] == value_of(step));
  CHECK_THROWS_WITH_AS(log.append("lose", 1, 1), "the run log has no series 'lose'", std::invalid_argument);
}

TEST_CASE("another process reads a run log while it is written") {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunLog log = RunLog::create(path, kSeries, {});
  log.append("reward", 1, 0.5);
  log.flush();
  CHECK(in_child([&] {
          const RunRecord record = read_run_log(path);
          if (record.series.at("reward").values != std::vector<double>{0.5}) throw std::runtime_error("other rows");
        }) == "");
}

TEST_CASE("resume drops what came after the checkpoint, then goes on") {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  {
    RunLog log = RunLog::create(path, kSeries, {{"seed", "3"}});
    for (std::uint64_t step = 1; step <= 600; ++step) log.append("reward", step, value_of(step));
  }
  {
    RunLog log = RunLog::resume(path, 400);
    CHECK(read_run_log(path).series.at("reward").steps.size() == 400);
    log.append("reward", 401, -1);
  }
  const RunRecord record = read_run_log(path);
  REQUIRE(record.series.at("reward").steps.size() == 401);
  CHECK(record.series.at("reward").values[399] == value_of(400));
  CHECK(record.series.at("reward").values[400] == -1);
  CHECK(record.attributes.at("seed") == "3");
  CHECK(record.series.contains("direction/loss"));
}

TEST_CASE("kill -9 in the middle of appends keeps every acknowledged row") {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  for (int trial = 0; trial < 12; ++trial) {
    // Half of the trials go on where the last kill left the log, as a resumed run does.
    const bool resumed = trial % 2 == 1;
    std::uint64_t kept = 0;
    if (resumed) kept = read_run_log(path).series.at("reward").steps.back() / 2;
    const std::uint64_t acknowledged =
        killed_while(static_cast<useconds_t>(3000 + 2500 * trial), [&](const auto& acknowledge) {
          RunLog log = resumed ? RunLog::resume(path, kept) : RunLog::create(path, kSeries, {{"seed", "3"}});
          for (std::uint64_t step = kept + 1;; ++step) {
            log.append("reward", step, value_of(step));
            log.append("direction/loss", step, -value_of(step));
            if (step % 5 == 0) log.flush(), acknowledge(step);
          }
        });
    CAPTURE(trial);
    REQUIRE(acknowledged > kept);
    const RunRecord record = read_run_log(path);
    for (const auto& name : kSeries) {
      const RunSeries& series = record.series.at(name);
      REQUIRE(series.steps.size() >= acknowledged);
      bool same = true;
      for (std::uint64_t i = 0; i < series.steps.size(); ++i)
        same = same && series.steps[i] == i + 1 && series.values[i] == (name == "reward" ? 1 : -1) * value_of(i + 1);
      CHECK(same);
    }
  }
}

TEST_CASE("a full disk is one sentence, and what was acknowledged stays") {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  RunLog::create(path, kSeries, {});
  std::uint64_t acknowledged = 0;
  CHECK(with_file_limit(160000, [&] {
          RunLog log = RunLog::resume(path, 0);
          for (std::uint64_t step = 1; step < 100000; ++step) {
            log.append("reward", step, value_of(step));
            if (step % 100 == 0) log.flush();
          }
        }) == "cannot write '" + path.string() + "': file too large");
  const RunRecord record = read_run_log(path);
  acknowledged = record.series.at("reward").steps.size();
  CHECK(acknowledged >= 4000);  // 64 kB are kept for indices
  for (std::size_t i = 0; i < acknowledged; ++i) REQUIRE(record.series.at("reward").values[i] == value_of(i + 1));
  CHECK(with_file_limit(500, [&] { RunLog::create(scratch / "new.h5", kSeries, {}); }) ==
        "cannot write '" + (scratch / "new.h5").string() + "': file too large");
  CHECK_FALSE(std::filesystem::exists(scratch / "new.h5"));
  CHECK_FALSE(std::filesystem::exists(scratch / "new.h5.tmp"));
}

TEST_CASE("what is no run log is refused in one sentence") {
  const Scratch scratch;
  const auto path = scratch / "x.h5";
  const std::string quoted = "'" + path.string() + "'";
  const auto message = [&] { return error_of([&] { (void)RunLog::resume(path, 0); }); };
  CHECK(message() == "cannot open " + quoted + ": no such file");
  Checkpoint().write(path);
  CHECK(message() == quoted + " is a checkpoint, not a run log");
  { RunLog::create(path, kSeries, {}); }
  CHECK(error_of([&] { (void)Checkpoint::read(path); }) == quoted + " is a run log, not a checkpoint");
  const auto below = path / "below.h5";
  CHECK(error_of([&] { RunLog::create(below, kSeries, {}); }) ==
        "cannot write '" + below.string() + "': not a directory");
}

TEST_CASE("a cut run log never reads wrong rows") {
  const Scratch scratch;
  const auto path = scratch / "run.h5";
  {
    RunLog log = RunLog::create(path, kSeries, {{"seed", "3"}});
    for (std::uint64_t step = 1; step <= 2000; ++step) log.append("reward", step, value_of(step));
  }
  const std::string whole = read_file(path);
  for (std::size_t kept = 0; kept < whole.size(); kept += 1 + whole.size() / 60) {
    write_file(path, whole.substr(0, kept));
    const std::string error = in_child([&] {
      const RunRecord record = read_run_log(path);
      const RunSeries& series = record.series.at("reward");
      for (std::size_t i = 0; i < series.steps.size(); ++i)
        if (series.steps[i] != i + 1 || series.values[i] != value_of(i + 1)) throw std::runtime_error("wrong rows");
    });
    CAPTURE(kept);
    CAPTURE(error);
    CHECK((error == "'" + path.string() + "' is not an HDF5 file or is truncated" ||
           error.starts_with("'" + path.string() + "' is damaged: cannot read ")));
  }
}

}  // namespace
}  // namespace rover
