#include "experiments/reproduce.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "agents/models.h"
#include "core/parallel.h"
#include "experiments/config.h"
#include "experiments/text.h"
#include "experiments/train.h"
#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "storage/run_log.h"
#include "training/progress.h"

namespace rover {
namespace fs = std::filesystem;
namespace {

using Clock = std::chrono::steady_clock;

/// "table1: 3 of 20 done, training conv-all (direction 40%), 2m10s left" on stderr: redrawn on a terminal, else a line
/// every 20 s.
class StudyProgress {
 public:
  StudyProgress(std::string study, bool quiet)
      : study_(std::move(study)), quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}
  ~StudyProgress() {
    if (terminal_ && shown_) std::cerr << "\r\033[K" << std::flush;
  }
  StudyProgress(const StudyProgress&) = delete;
  StudyProgress& operator=(const StudyProgress&) = delete;

  void expect(std::size_t cells, std::size_t trainings) {
    const std::lock_guard lock(mutex_);
    kinds_[kCells].expected = cells, kinds_[kTrainings].expected = trainings;
  }
  enum Kind { kCells, kTrainings };
  void at(const std::string& what, Kind kind, double share, const std::string& phase) {
    const std::lock_guard lock(mutex_);
    const auto [part, is_new] = under_way_.try_emplace(what, Part{kind, share, share, phase, Clock::now()});
    if (!is_new) part->second.share = share, part->second.phase = phase;
    show(false);
  }
  /// `kept`: it was there already, and does not count for the speed.
  void done(const std::string& what, Kind kind, bool kept) {
    const std::lock_guard lock(mutex_);
    if (const auto part = under_way_.find(what); part != under_way_.end()) {
      if (!kept && part->second.first_share < 0.5)
        kinds_[kind].seconds += since(part->second.begin) / (1 - part->second.first_share), ++kinds_[kind].timed;
      under_way_.erase(part);
    }
    ++kinds_[kind].done;
    show(!kept);
  }

 private:
  struct Part {
    Kind kind;
    double first_share, share;  ///< a resumed training begins in the middle
    std::string phase;
    Clock::time_point begin;
  };
  struct Work {
    std::size_t expected = 0, done = 0, timed = 0;
    double seconds = 0;  ///< that the timed parts took
  };
  static double since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

  /// What a part of this kind takes, from those that are done, else from those under way; 0: not known yet.
  double seconds_each(Kind kind) const {
    if (kinds_[kind].timed > 0) return kinds_[kind].seconds / static_cast<double>(kinds_[kind].timed);
    double seconds = 0, shares = 0;
    for (const auto& [what, part] : under_way_)
      if (part.kind == kind) seconds += since(part.begin), shares += part.share - part.first_share;
    return shares > 0.03 ? seconds / shares : 0;
  }

  /// For all that is expected, without kinds of unknown speed. 0: not known yet.
  double seconds_left() const {
    double seconds = 0;
    for (const Kind kind : {kCells, kTrainings}) {
      double parts = static_cast<double>(kinds_[kind].expected - std::min(kinds_[kind].done, kinds_[kind].expected));
      for (const auto& [what, part] : under_way_)
        if (part.kind == kind) parts -= part.share;
      seconds += std::max(parts, 0.0) * seconds_each(kind);
    }
    return seconds / static_cast<double>(std::max<std::size_t>(1, under_way_.size()));
  }

  void show(bool at_once) {
    const auto now = Clock::now();
    if (quiet_ || (now - last_ < (terminal_ ? std::chrono::milliseconds(200) : std::chrono::milliseconds(20'000)) &&
                   !(at_once && terminal_)))
      return;
    last_ = now, shown_ = true;
    const std::size_t done = kinds_[kCells].done + kinds_[kTrainings].done;
    const std::size_t total = kinds_[kCells].expected + kinds_[kTrainings].expected;
    std::ostringstream text;
    text << study_ << ": " << done;
    if (total > 0) text << " of " << std::max(total, done);
    text << " done";
    for (const auto& [what, part] : under_way_) {
      text << ", " << what;
      if (!part.phase.empty()) text << " (" << part.phase << " " << percent(part.share) << ")";
    }
    if (const double left = seconds_left(); left > 0) text << ", " << duration_text(left) << " left";
    if (terminal_)
      std::cerr << '\r' << text.str().substr(0, terminal_width(STDERR_FILENO) - 1) << "\033[K" << std::flush;
    else std::cerr << text.str() << std::endl;
  }

  std::string study_;
  bool quiet_, terminal_, shown_ = false;
  std::mutex mutex_;
  Work kinds_[2];
  std::map<std::string, Part> under_way_;
  Clock::time_point last_ = Clock::now();
};

/// Tells the progress line how far its trainer is.
class Watched final : public Trainer {
 public:
  Watched(std::unique_ptr<Trainer> trainer, std::string name, StudyProgress& progress)
      : trainer_(std::move(trainer)), name_(std::move(name)), progress_(progress) {}
  std::uint64_t steps_done() const override { return trainer_->steps_done(); }
  std::uint64_t steps_total() const override { return trainer_->steps_total(); }
  double share_done() const override { return trainer_->share_done(); }
  std::string phase() const override { return trainer_->phase(); }
  std::vector<std::string> metric_names() const override { return trainer_->metric_names(); }
  void step(Metrics& metrics) override {
    const std::string phase_now = phase();
    trainer_->step(metrics);
    progress_.at(name_, StudyProgress::kTrainings, share_done(), phase_now);
  }
  void save(Checkpoint& out) const override { trainer_->save(out); }
  void load(const Checkpoint& in) override { trainer_->load(in); }
  void save_model(Checkpoint& out) const override { trainer_->save_model(out); }
  std::unique_ptr<Agent> agent() const override { return trainer_->agent(); }

 private:
  std::unique_ptr<Trainer> trainer_;
  std::string name_;
  StudyProgress& progress_;
};

void make_folder(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    throw std::runtime_error("cannot create the folder '" + path.string() + "': " + system_reason(error.value()));
}

const std::string& file_name(const std::string& name) {
  const bool fits = !name.empty() && name[0] != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._-+=").find(c) != std::string_view::npos;
  });
  if (!fits) throw std::logic_error("'" + name + "' does not name a file");
  return name;
}

/// Identifies a shipped model's file; "none" where it does not ship.
std::string fingerprint(const std::string& model) {
  const auto path = find_shipped_model(model);
  return path ? std::to_string(derive_seed(0, 0, read_file(*path))) : "none";
}

class StudyRunner {
 public:
  StudyRunner(const Study& study, const ReproduceOptions& options)
      : options_(options), folder_(options.out / study.name), progress_(study.name, options.quiet) {
    if (options.seeds == 0) throw UsageError("a study needs at least one seed (--seeds)");
    make_folder(options.out);
    make_folder(folder_);
    record(study);
  }

  StudyPlace place() {
    StudyPlace out;
    out.folder = folder_;
    out.quick = options_.quick, out.seed = options_.seed, out.seeds = options_.seeds, out.threads = options_.threads;
    out.expect = [this](std::size_t cells, std::size_t trainings) { progress_.expect(cells, trainings); };
    out.cell = [this](const std::string& name, const auto& make) { return cell(name, make); };
    out.evaluation = [this](const std::string& name, const auto& make) { return evaluation(name, make); };
    out.train = [this](const std::string& name, const std::string& preset, const std::vector<std::string>& sets,
                       std::uint64_t seed) {
      return train_all({{name, preset, sets, seed}}).front();
    };
    out.train_all = [this](const std::vector<StudyTraining>& trainings) { return train_all(trainings); };
    return out;
  }

 private:
  /// Records the settings that the folder was begun with, or throws when these differ: cells made with others are not
  /// mixed.
  void record(const Study& study) const {
    Settings ours{{"preset", options_.quick ? "quick" : "full"},
                  {"seed", std::to_string(options_.seed)},
                  {"seeds", std::to_string(options_.seeds)},
                  {"version", ROVER_VERSION}};
    for (const auto& model : study.models) ours["model." + model] = fingerprint(model);
    const fs::path path = folder_ / "study.cfg";
    if (!fs::exists(path)) {
      for (const auto& entry : fs::directory_iterator(folder_))
        if (entry.path().filename() != "study.cfg.tmp")  // what kill -9 may leave
          throw UsageError("'" + folder_.string() +
                           "' holds something else than a study; choose another folder (--out)");
      std::string text = "# What this folder was begun with.\n";
      for (const auto& [key, value] : ours) text += key + " = " + value + "\n";
      return write_file(path, text);
    }
    Settings theirs = read_config(path);
    for (const auto& [key, value] : ours)
      if (theirs.contains(key) && theirs[key] != value)
        throw UsageError("the study in '" + folder_.string() + "' has " + key + "=" + theirs[key] + ", not " + value +
                         "; go on with that or choose another folder (--out)");
  }

  std::vector<double> cell(const std::string& name, const std::function<std::vector<double>()>& make) {
    const fs::path path = folder_ / "cells" / file_name(name);
    std::vector<double> numbers;
    const bool kept = fs::exists(path);
    if (kept) {
      std::istringstream lines(read_file(path));
      for (std::string line; std::getline(lines, line);) detail::parse_value(name, line, numbers.emplace_back());
    } else {
      progress_.at(name, StudyProgress::kCells, 0, "");
      numbers = make();
      std::string text;
      for (const double number : numbers) text += detail::to_text(number) + "\n";
      make_folder(path.parent_path());
      write_file(path, text);
    }
    progress_.done(name, StudyProgress::kCells, kept);
    return numbers;
  }

  Evaluation evaluation(const std::string& name, const std::function<Evaluation()>& make) {
    const fs::path path = folder_ / (file_name(name) + ".h5");
    const bool kept = fs::exists(path);
    if (!kept) {
      progress_.at(name, StudyProgress::kCells, 0, "");
      write_evaluation(path, make());
    }
    Evaluation out = read_evaluation(path);
    progress_.done(name, StudyProgress::kCells, kept);
    return out;
  }

  fs::path train(const StudyTraining& training, std::atomic<bool>& interrupted) {
    ConfigSources sources;
    sources.preset = training.preset, sources.sets = training.sets;
    sources.sets.push_back("seed=" + std::to_string(training.seed));
    LoopOptions loop;
    loop.config = gather_settings(sources);
    loop.folder = options_.out / "runs" / file_name(training.name);
    const fs::path finished = loop.folder / "finished.cfg";
    const bool kept = fs::exists(finished) && read_config(finished) == loop.config;
    if (!kept) {
      make_folder(loop.folder.parent_path());
      loop.resume = fs::exists(loop.folder);
      loop.quiet = true;
      const LoopResult result = rover::train(loop, [&](std::unique_ptr<Trainer> trainer) -> std::unique_ptr<Trainer> {
        return std::make_unique<Watched>(std::move(trainer), training.name, progress_);
      });
      if (result.interrupted) {
        interrupted = true;
        return loop.folder;
      }
      write_file(finished, read_file(loop.folder / "config.cfg"));
    }
    progress_.done(training.name, StudyProgress::kTrainings, kept);
    return loop.folder;
  }

  std::vector<fs::path> train_all(const std::vector<StudyTraining>& trainings) {
    std::vector<fs::path> folders(trainings.size());
    std::atomic<bool> interrupted{false};
    in_parallel(trainings.size(), options_.threads, [&](std::size_t k, std::size_t) {
      if (!interrupted) folders[k] = train(trainings[k], interrupted);
    });
    if (interrupted) throw StudyInterrupted("stopped");
    return folders;
  }

  const ReproduceOptions& options_;
  fs::path folder_;
  StudyProgress progress_;
};

struct Extremes {
  double low, high;
};
Extremes extremes(const std::vector<double>& values) {
  if (values.empty()) return {std::nan(""), std::nan("")};
  const auto [low, high] = std::ranges::minmax(values);
  return {low, high};
}

std::string cell_text(double value) { return std::isnan(value) ? "" : short_number(value); }

Checkpoint result_numbers(const StudyResult& result) {
  Checkpoint out;
  for (std::size_t k = 0; k < result.lines.size(); ++k) {
    const ResultLine& line = result.lines[k];
    const std::string group =
        "lines/" + std::string(4 - std::min<std::size_t>(4, std::to_string(k).size()), '0') + std::to_string(k) + "/";
    out.put_text(group + "name", line.name);
    out.put_text(group + "unit", line.unit);
    out.put_number(group + "paper", line.paper);
    out.put_number(group + "ours", line.ours);
    out.put_number(group + "target", line.target);
    out.put_integer(group + "smaller_is_better", line.smaller_is_better);
    out.put(group + "seeds", line.seeds);
    out.describe(group + "paper", line.unit, "the paper's number; NaN where it gives none");
    out.describe(group + "ours", line.unit, "ours, over all seeds");
    out.describe(group + "target", line.unit, "what ours should reach");
    out.describe(group + "smaller_is_better", "1", "1 where smaller numbers are better");
    out.describe(group + "seeds", line.unit, "ours, one number a seed");
  }
  return out;
}

}  // namespace

ResultLine mean_line(std::string name, std::string unit, std::vector<double> seeds) {
  ResultLine line;
  line.name = std::move(name), line.unit = std::move(unit);
  line.ours = std::accumulate(seeds.begin(), seeds.end(), 0.0) / static_cast<double>(seeds.size());
  line.seeds = std::move(seeds);
  return line;
}

StudyResult reproduce(const Study& study, const ReproduceOptions& options) {
  StudyRunner runner(study, options);
  StudyPlace place = runner.place();
  StudyResult result = study.run(place);
  result_numbers(result).write(place.folder / "result.h5", CheckpointKind::result);
  write_file(place.folder / "result.txt", result_text(study, result));
  write_file(place.folder / "result.json", result_json(study, options, result));
  return result;
}

std::string result_text(const Study& study, const StudyResult& result) {
  std::vector<std::vector<std::string>> table{{study.name, "unit", "paper", "ours", "min", "max", "target", ""}};
  for (const ResultLine& line : result.lines) {
    const auto [low, high] = extremes(line.seeds);
    const bool aimed = !std::isnan(line.target);
    table.push_back({line.name, line.unit, cell_text(line.paper), cell_text(line.ours), cell_text(low), cell_text(high),
                     aimed ? (line.smaller_is_better ? "≤ " : "≥ ") + short_number(line.target) : "",
                     aimed ? (line.passes() ? "pass" : "MISS") : ""});
  }
  return study.summary + "\n\n" + aligned(table) + (result.text.empty() ? "" : "\n" + result.text) + "\n";
}

std::string result_json(const Study& study, const ReproduceOptions& options, const StudyResult& result) {
  nlohmann::ordered_json out{
      {"study", study.name},  {"summary", study.summary}, {"preset", options.quick ? "quick" : "full"},
      {"seed", options.seed}, {"seeds", options.seeds},   {"version", ROVER_VERSION}};
  auto& lines = out["lines"] = nlohmann::ordered_json::array();
  for (const ResultLine& line : result.lines) {
    const auto [low, high] = extremes(line.seeds);
    nlohmann::ordered_json entry{{"name", line.name}, {"unit", line.unit}, {"paper", line.paper}, {"ours", line.ours}};
    entry["spread"] = {{"min", low}, {"max", high}, {"seeds", line.seeds}};
    entry["target"] = line.target;
    entry["smaller_is_better"] = line.smaller_is_better;
    entry["pass"] = std::isnan(line.target) ? nlohmann::ordered_json() : nlohmann::ordered_json(line.passes());
    lines.push_back(std::move(entry));
  }
  return out.dump(2) + "\n";
}

}  // namespace rover
