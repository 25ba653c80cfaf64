#include "training/training_loop.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cmath>
#include <optional>
#include <ostream>

#include "core/interrupt.h"
#include "storage/atomic_file.h"
#include "storage/run_log.h"
#include "training/progress.h"

namespace rover {
namespace fs = std::filesystem;
namespace {

constexpr const char* kLock = ".lock";
constexpr int kLockTries = 50, kLockWait_us = 10000;
constexpr double kFlush_s = 2;  ///< the run log grows on disk this often between checkpoints

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

/// An exception's text up to its first line end: LibTorch's carries a backtrace after it.
std::string first_line(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find('\n'));
}

/// The run folder, held by one process.
class RunFolder {
 public:
  /// Makes the folder when it is new, locks it, and refuses what LoopOptions::resume does not fit.
  RunFolder(const fs::path& path, bool resume) : path_(path) {
    check(resume);
    std::error_code error;
    made_ = fs::create_directories(path_, error);
    if (error)
      throw std::runtime_error("cannot create the folder " + quoted(path_) + ": " + system_reason(error.value()));
    lock_ = ::open((path_ / kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock_ < 0)
      throw std::runtime_error("cannot write in the folder " + quoted(path_) + ": " + system_reason(errno));
    int reason = 0;
    // Files are read in child processes: one whose parent was just killed holds the lock for some moments longer.
    for (int tries = 0; (reason = ::flock(lock_, LOCK_EX | LOCK_NB) == 0 ? 0 : errno) == EWOULDBLOCK; ++tries) {
      if (tries == kLockTries) break;
      ::usleep(kLockWait_us);
    }
    if (reason != 0) {
      ::close(lock_);
      if (reason == EWOULDBLOCK) throw UsageError("another process trains in the folder " + quoted(path_));
      throw std::runtime_error("cannot lock the folder " + quoted(path_) + ": " + system_reason(reason));
    }
    try {
      check(resume);  // again: another process may have run here between the first look and the lock
    } catch (...) {
      ::close(lock_);
      throw;
    }
  }
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  ~RunFolder() { ::close(lock_); }

  fs::path file(const char* name) const { return path_ / name; }
  bool has_checkpoint() const { return fs::exists(file("checkpoint.h5")); }

  /// For a run that is refused before anything was kept: removes what the constructor made, so that a corrected call
  /// finds no leftovers.
  void abandon() {
    if (!only_lock()) return;
    std::error_code ignored;
    fs::remove(path_ / kLock, ignored);
    if (made_) fs::remove(path_, ignored);
  }

 private:
  bool only_lock() const {
    std::error_code error;
    for (fs::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error))
      if (entry->path().filename() != kLock) return false;
    return !error;
  }

  // A run that was killed before its first checkpoint leaves an empty folder or one with a lock file: both may start
  // again.
  void check(bool resume) const {
    std::error_code error;
    const fs::file_status status = fs::status(path_, error);
    if (fs::exists(status) && !fs::is_directory(status)) throw UsageError(quoted(path_) + " is a file, not a folder");
    if (!fs::exists(status)) {
      if (resume) throw UsageError("there is no run to resume in " + quoted(path_) + ": no such folder");
      return;
    }
    if (only_lock()) return;
    if (!resume) throw UsageError("the folder " + quoted(path_) + " exists; add --resume to go on, or choose another");
    if (!fs::exists(path_ / kLock) && !has_checkpoint())
      throw UsageError("there is no run to resume in " + quoted(path_) + ": it holds no checkpoint.h5");
  }

  fs::path path_;
  int lock_ = -1;
  bool made_ = false;
};

bool same_value(const std::string& a, const std::string& b) {  // 1e-3 is 0.001
  if (a == b) return true;
  double x = 0, y = 0;
  try {
    detail::parse_value("", a, x);
    detail::parse_value("", b, y);
  } catch (const UsageError&) { return false; }
  return x == y;
}

void require_same_settings(const Checkpoint& saved, const Settings& config, const fs::path& folder) {
  Settings all = saved.group("config").texts();
  const Settings before = all;
  all.insert(config.begin(), config.end());
  const auto value = [](const Settings& settings, const std::string& key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string("(not set)") : found->second;
  };
  for (const auto& [key, text] : all)
    if (const std::string was = value(before, key), is = value(config, key); !same_value(was, is))
      throw UsageError("the run in " + quoted(folder) + " has " + key + "=" + was + ", not " + is +
                       "; resume it with its own settings or choose another folder");
}

std::string config_text(const Settings& config) {
  std::string text = "# The settings of this run; --config reads this file.\n";
  for (const auto& [key, value] : config) text += key + " = " + value + "\n";
  return text;
}

RunLog open_run_log(const fs::path& path, const std::vector<std::string>& names, const Settings& config,
                    std::uint64_t last_step, std::ostream* log) {
  if (fs::exists(path)) try {
      return RunLog::resume(path, last_step);
    } catch (const std::runtime_error& error) {  // it holds metrics only: the training goes on with a new one
      const fs::path aside = path.string() + ".damaged";
      fs::rename(path, aside);
      if (log) *log << first_line(error) << "; it is now " << quoted(aside) << ", and a new run log begins\n";
    }
  return RunLog::create(path, names, config);
}

/// What a trainer logs, to the run log and to the screen.
class LoggedMetrics final : public Metrics {
 public:
  LoggedMetrics(RunLog& log, std::vector<std::string> names) : log_(log) {
    for (std::size_t i = 0; i < names.size(); ++i) index_[names[i]] = i;
    shown.values.resize(names.size());
    shown.logged.resize(names.size());
    shown.in_phase.resize(names.size());
    shown.names = std::move(names);
  }

  void log(const std::string& name, double value) override {
    const auto found = index_.find(name);
    if (found == index_.end())
      throw std::logic_error("the trainer logs '" + name + "', which its metric_names() do not hold");
    if (std::isnan(value)) throw std::runtime_error("the metric '" + name + "' is not a number");
    log_.append(name, step, value);
    shown.values[found->second] = value;
    shown.logged[found->second] = shown.in_phase[found->second] = 1;
  }

  /// The last values that the log held before this process.
  void recall(const RunRecord& record) {
    for (const auto& [name, rows] : record.series)
      if (const auto found = index_.find(name); found != index_.end() && !rows.values.empty())
        shown.values[found->second] = rows.values.back(), shown.logged[found->second] = 1;
  }

  std::uint64_t step = 0;  ///< the step that is being made, from 1
  MetricValues shown;

 private:
  RunLog& log_;
  std::map<std::string, std::size_t> index_;
};

class Loop {
 public:
  Loop(Trainer& trainer, const LoopOptions& options, const RunFolder& folder, RunLog& log,
       std::optional<std::uint64_t> saved_step)
      : trainer_(trainer),
        options_(options),
        folder_(folder),
        log_(log),
        metrics_(log, trainer.metric_names()),
        saved_step_(saved_step) {
    if (saved_step_) metrics_.recall(read_run_log(folder_.file("run.h5")));
  }

  LoopResult run() {
    std::ostream* out = options_.quiet ? nullptr : options_.log;
    Progress progress(out, options_.terminal);
    try {
      if (!saved_step_) checkpoint();
      auto flushed = Clock::now();
      while (trainer_.steps_done() < trainer_.steps_total() && !interrupted()) {
        metrics_.step = trainer_.steps_done() + 1;
        trainer_.step(metrics_);
        if (since(saved_at_) >= options_.checkpoint_seconds) checkpoint();
        if (since(flushed) >= kFlush_s) log_.flush(), flushed = Clock::now();
        if (progress.due()) progress.show(trainer_, metrics_.shown);
      }
      if (saved_step_ != trainer_.steps_done() || !fs::exists(folder_.file("model.h5"))) checkpoint();
    } catch (const std::exception& error) {
      std::string text = first_line(error);
      if (saved_step_)
        text += "; " + quoted(options_.folder) + " keeps the checkpoint of step " + std::to_string(*saved_step_) +
                " for --resume";
      if (out && options_.terminal) *out << std::endl;
      throw std::runtime_error(text);
    }
    progress.finish(trainer_, metrics_.shown);
    LoopResult result{trainer_.steps_done() < trainer_.steps_total(), trainer_.steps_done(), {}};
    for (std::size_t i = 0; i < metrics_.shown.names.size(); ++i)
      if (metrics_.shown.logged[i]) result.metrics[metrics_.shown.names[i]] = metrics_.shown.values[i];
    if (out && !result.interrupted) print_summary(*out, metrics_.shown);
    return result;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static double since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

  // The checkpoint comes last: the model and the log then hold all that it counts.
  void checkpoint() {
    Checkpoint model, state, trained;
    trainer_.save_model(model);
    put_config(model);
    model.write(folder_.file("model.h5"), CheckpointKind::model);
    log_.flush();
    trainer_.save(trained);
    state.put_group("trainer", trained);
    state.put_integer("steps", trainer_.steps_done());
    put_config(state);
    state.write(folder_.file("checkpoint.h5"));
    saved_step_ = trainer_.steps_done();
    saved_at_ = Clock::now();
  }

  void put_config(Checkpoint& out) const {
    for (const auto& [key, value] : options_.config) out.put_text("config/" + key, value);
  }

  Trainer& trainer_;
  const LoopOptions& options_;
  const RunFolder& folder_;
  RunLog& log_;
  LoggedMetrics metrics_;
  std::optional<std::uint64_t> saved_step_;
  Clock::time_point saved_at_ = Clock::now();
};

}  // namespace

LoopResult run_training(const MakeTrainer& make, const LoopOptions& options) {
  const Interruptible scope("stopped at once; the run goes on from its last checkpoint, if it has one");
  RunFolder folder(options.folder, options.resume);
  std::optional<Checkpoint> saved;
  std::unique_ptr<Trainer> trainer;
  try {
    if (folder.has_checkpoint()) {
      saved = Checkpoint::read(folder.file("checkpoint.h5"));
      require_same_settings(*saved, options.config, options.folder);
    }
    trainer = make();
  } catch (...) {
    folder.abandon();
    throw;
  }
  std::optional<std::uint64_t> saved_step;
  if (saved) {
    saved_step = saved->integer("steps");
    trainer->load(saved->group("trainer"));
    if (trainer->steps_done() != *saved_step)
      throw std::runtime_error(quoted(folder.file("checkpoint.h5")) + " is of step " + std::to_string(*saved_step) +
                               ", but its trainer says " + std::to_string(trainer->steps_done()));
    saved.reset();
  } else {
    write_file(folder.file("config.cfg"), config_text(options.config));
  }
  RunLog log = saved_step ? open_run_log(folder.file("run.h5"), trainer->metric_names(), options.config, *saved_step,
                                         options.quiet ? nullptr : options.log)
                          : RunLog::create(folder.file("run.h5"), trainer->metric_names(), options.config);
  return Loop(*trainer, options, folder, log, saved_step).run();
}

}  // namespace rover
