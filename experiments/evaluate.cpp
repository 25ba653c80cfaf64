#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

#include "core/executor.h"
#include "core/interrupt.h"
#include "experiments/benchmark.h"
#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/evaluation.h"
#include "experiments/field_logs.h"
#include "experiments/output_set.h"
#include "experiments/picture.h"
#include "experiments/report.h"
#include "experiments/text.h"
#include "storage/atomic_file.h"
#include "training/progress.h"

namespace rover {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// Throws before a long run when a result could not be written after it.
void require_writable(const std::string& name, bool force) {
  const fs::path path = resolved_path(name);
  if (fs::is_directory(path)) throw UsageError("cannot write '" + name + "': is a directory");
  if (fs::is_regular_file(path) && !force) throw UsageError("'" + name + "' exists; add --force to replace it");
  const bool device = fs::exists(path) && !fs::is_regular_file(path);
  const fs::path target = device ? path : path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (::access(target.c_str(), device ? W_OK : W_OK | X_OK) != 0)
    throw std::runtime_error("cannot write '" + name +
                             "': " + (errno == ENOENT ? "no such folder" : system_reason(errno)));
}

void require_picture(const std::string& name) {
  if (const auto extension = fs::path(name).extension(); extension != ".svg" && extension != ".png")
    throw UsageError("a picture is a .svg or a .png, not '" + name + "'");
  require_gnuplot();
}

/// "evaluating: 30 of 60 runs, 50%, 4.1 runs/s, 1m20s left": a line that is rewritten on a terminal, elsewhere a line
/// every tenth of a phase that takes longer than a few seconds.
class ProgressLine {
 public:
  ProgressLine() : terminal_(isatty(STDERR_FILENO) != 0) {}

  void operator()(const EvaluationProgress& now) {
    done_ = now.done, total_ = now.total;
    const auto time = Clock::now();
    if (now.phase != phase_) phase_ = now.phase, shown_ = time, tenth_ = 0;
    rate_.add(std::chrono::duration<double>(time - begin_).count(), now.done, now.share, phase_);
    const std::size_t tenth = 10 * now.done / std::max<std::size_t>(now.total, 1);
    const bool due = terminal_ ? now.done == now.total || time - shown_ > std::chrono::milliseconds(100)
                               : tenth > tenth_ && time - shown_ > std::chrono::seconds(5);
    if (!due) return;
    shown_ = time, tenth_ = tenth;
    std::string text = phase_ + ": " + std::to_string(now.done) + " of " + std::to_string(now.total) +
                       (phase_ == "tuning" ? " choices, " : " runs, ") + percent(now.share);
    if (const double left = rate_.seconds_left(); left >= 0) text += ", " + duration_text(left) + " left";
    if (terminal_) std::cerr << '\r' << text.substr(0, terminal_width(STDERR_FILENO) - 1) << "\033[K" << std::flush;
    else std::cerr << text << std::endl;
  }

  void clear() const {
    if (terminal_) std::cerr << "\r\033[K" << std::flush;
  }
  /// "after 12 of 60 runs"
  std::string place() const {
    return "after " + std::to_string(done_) + " of " + std::to_string(total_) +
           (phase_ == "tuning" ? " choices of the tuning" : " runs");
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  std::string phase_;
  Clock::time_point begin_ = Clock::now(), shown_ = begin_;
  std::size_t tenth_ = 0, done_ = 0, total_ = 0;
  RateMeter rate_;
};

/// Suite options as the command line gives them.
Settings suite_changes(const po::variables_map& given) {
  Settings out;
  if (!given["dimension"].as<std::string>().empty()) out["dimension"] = given["dimension"].as<std::string>();
  for (const char* key : {"shifted", "rotated"})
    if (given[key].as<bool>()) out[key] = "true";
  if (given["unknown-optimum"].as<bool>()) out["known_optimum"] = "false";
  return out;
}

/// Where finished runs are kept: beside the first of the files and folders asked for. Empty: nowhere.
fs::path journal_path(const std::vector<std::string>& files, const std::vector<FieldLog>& logs) {
  for (const auto& file : files)
    if (const fs::path path = resolved_path(file); !file.empty() && (!fs::exists(path) || fs::is_regular_file(path)))
      return path.string() + ".partial";
  return logs.empty() ? fs::path() : fs::path((logs.front().folder / "").parent_path().string() + ".partial");
}

/// Throws before a long run when its logs would replace each other, or, without `force`, others.
void check_logs(const std::vector<FieldLog>& logs, const std::vector<AgentSpec>& agents, const Suite& suite,
                bool force) {
  std::set<fs::path> seen;
  for (const FieldLog& log : logs)
    for (std::size_t f = 0; f < suite.functions.size(); ++f) {
      const std::uint64_t dimension = suite.draw(suite.functions[f], 1, 0).front().landscape->dimension();
      for (const AgentSpec& agent : agents) {
        const fs::path file = index_file(log, agent.label, f + 1, suite.functions[f], dimension);
        if (!seen.insert(file).second) throw UsageError("two logs would be '" + file.string() + "': give other labels");
        if (!force && fs::exists(file)) throw UsageError("'" + file.string() + "' exists; add --force to replace it");
      }
    }
}

void print_help(const po::options_description& options) {
  std::cout << "usage: rover evaluate --agents LIST [options]\n\n"
            << options
            << "\nAn agent is ID, ID:PATH (a run folder or model file) or ID:key=value;key=value, and these combine; "
               "label=NAME is what "
               "tables call it:\n"
               "  --agents rover:runs/r1,gd,\"adam:learning_rate=0.01;beta1=0.8\",random\n"
               "Every agent gets the same starts and the same number of function evaluations (a gradient costs 2d, a "
               "grid n²), or\nof iterations.\n\nsuites:\n";
  for (const auto& suite : suites()) std::cout << "  " << suite.name << ": " << suite.summary << '\n';
  std::cout << "--suite mine.cfg reads one from a file, a line `key = value` each:\n";
  SuiteOptions().fields([](const char* key, const auto& value, const char* help) {
    std::cout << "  " << key << ": " << help
              << (detail::to_text(value).empty() ? "" : " [" + detail::to_text(value) + "]") << '\n';
  });
  std::cout << "\nFinished runs are kept beside the first of --out, --csv, --picture and --log, in FILE.partial: after "
               "Ctrl-C or a "
               "kill the same call with\n--resume goes on, and ends in the same numbers.\n";
}

}  // namespace

int evaluate_command(std::span<const std::string> arguments) {
  const auto text = [](const char* name, const char* value) {
    return po::value<std::string>()->default_value(value)->value_name(name);
  };
  const auto path = [] { return po::value<std::string>()->default_value("", "")->value_name("FILE"); };
  po::options_description options("options", 120);
  options.add_options()("agents", po::value<std::string>()->value_name("LIST"),
                        "agents, comma-separated (rover list agents)")(
      "suite", text("NAME", "paper"),
      "what they are compared on: a suite, landscapes, comma-separated, or a file .cfg (rover list suites)")(
      "dimension", po::value<std::string>()->default_value("", "")->value_name("D"),
      "number of coordinates, where the suite leaves them open")("shifted", po::bool_switch(),
                                                                 "each start on a surface of its own, moved at random")(
      "rotated", po::bool_switch(), "each start on a surface of its own, turned at random")(
      "unknown-optimum", po::bool_switch(), "compare by values, as if no optimum was known")(
      "starts", text("N", "20"), "starts a function, the same for every agent")(
      "seeds", text("K", "1"), "repetitions from each start, with other seeds of the agents")(
      "seed", text("S", "0"), "draws the starts and everything else that is random")("budget", text("B", "6400"),
                                                                                     "function evaluations a run")(
      "iterations", po::value<std::string>()->default_value("", "")->value_name("T"),
      "end runs after so many of the agent's iterations instead")(
      "tune", po::bool_switch(), "classical agents choose their settings on other starts of the same function")(
      "out", path(), "results as HDF5: every curve, what was tuned, the call")(
      "csv", path(), "results as a table: one row a checkpoint")(
      "picture", path(), "a figure, .svg or .png: gap over evaluations, a panel a function")(
      "curves", text("N", "8"), "of the picture: at most so many a panel, the Rover's and the best; or all")(
      "log", po::value<std::vector<std::string>>()->multitoken()->composing()->value_name("FORMAT DIR"),
      "logs for the field's tools: coco DIR for cocopp (suite bbob), ioh DIR for IOHanalyzer and iohinspector")(
      "force", po::bool_switch(), "replace files that exist")("resume", po::bool_switch(),
                                                              "go on with an evaluation that was stopped or killed")(
      "on-bad-value", text("WHAT", "fail"),
      "NaN and infinity end a run (fail), or count as the worst value so far (penalise)")(
      "details", po::bool_switch(), "also print best values and gaps with their spread, at every checkpoint")(
      "against", po::value<std::string>()->default_value("", "")->value_name("WHAT"),
      "of the suite bbob: show published results beside ours (published), or those of a file like published/bbob.tsv")(
      "baseline", po::value<std::string>()->default_value("", "")->value_name("AGENT"),
      "the label of an agent that the others are compared with, run by run")(
      "threads", text("N", "0"), "threads; 0: one a core. The results do not depend on it")(
      "quiet", po::bool_switch(), "print nothing but errors")("help,h", po::bool_switch(), "this text");
  const po::variables_map given = parse_arguments(options, "", arguments);
  if (given["help"].as<bool>()) {
    print_help(options);
    return 0;
  }
  if (!given.count("agents")) throw UsageError("which agents? rover evaluate needs --agents LIST (rover list agents)");
  const auto specs = parse_agent_specs(given["agents"].as<std::string>());
  const auto bad_value = given["on-bad-value"].as<std::string>();
  if (bad_value != "fail" && bad_value != "penalise")
    throw UsageError(unknown_name("value of --on-bad-value", bad_value, {"fail", "penalise"}) + " (fail or penalise)");
  const std::size_t most_curves = parse_curves(given["curves"].as<std::string>());
  const Suite suite = find_suite(given["suite"].as<std::string>(), suite_changes(given));
  const bool by_iterations =
      !given["iterations"].as<std::string>().empty() || (suite.iterations > 0 && given["budget"].defaulted());
  if (by_iterations && !given["budget"].defaulted())
    throw UsageError("a run ends by --budget or by --iterations, not by both");
  const EvaluationOptions how{
      .starts =
          given["starts"].defaulted() && suite.starts > 0 ? suite.starts : whole_number(given, "starts", 1, 100'000),
      .seeds = whole_number(given, "seeds", 1, 10'000),
      .seed = whole_number(given, "seed"),
      .budget = whole_number(given, "budget", 1, 1'000'000'000),
      .iterations = !by_iterations                                  ? 0
                    : given["iterations"].as<std::string>().empty() ? suite.iterations
                                                                    : whole_number(given, "iterations", 1, 100'000'000),
      .tune = given["tune"].as<bool>(),
      .on_bad_value = bad_value == "penalise" ? BadValue::penalise : BadValue::fail,
      .threads = whole_number(given, "threads", 0, kMaxThreads)};
  if (how.tune && suite.reports_only)
    throw UsageError(
        "the suite '" + suite.name +
        "' is for reporting: nothing is tuned on it; tune on another suite and give agents their settings");
  const auto out = given["out"].as<std::string>(), csv = given["csv"].as<std::string>(),
             picture = given["picture"].as<std::string>();
  if ((!out.empty() && (out == csv || out == picture)) || (!csv.empty() && csv == picture))
    throw UsageError("--out, --csv and --picture need different files");
  const bool resume = given["resume"].as<bool>(), force = given["force"].as<bool>();
  const auto logs =
      parse_field_logs(given.count("log") ? given["log"].as<std::vector<std::string>>() : std::vector<std::string>{});
  for (const FieldLog& log : logs)
    if (log.format == FieldLog::Format::coco && suite.name != "bbob")
      throw UsageError("--log coco is for the suite bbob, not for '" + suite.name + "'; --log ioh is for any");
  const fs::path kept = journal_path({out, csv, picture}, logs);
  const bool unfinished = !kept.empty() && fs::exists(kept);
  if (unfinished && !resume && !force)
    throw UsageError("'" + kept.string() + "' holds an unfinished evaluation: --resume goes on, --force begins anew");
  if (kept.empty() && resume)
    throw UsageError("--resume needs the --out, --csv, --picture or --log of the unfinished call");
  for (const auto& file : {out, csv, picture})
    if (!file.empty()) require_writable(file, force || unfinished);
  if (!picture.empty()) require_picture(picture);
  check_logs(logs, specs, suite, force || unfinished);
  for (const FieldLog& log : logs) {
    std::error_code error;
    fs::create_directories(log.folder, error);
    if (error) throw std::runtime_error("cannot write '" + log.folder.string() + "': " + system_reason(error.value()));
  }

  const auto against = given["against"].as<std::string>();
  if (!against.empty() && suite.name != "bbob")
    throw UsageError("--against shows published results on the suite bbob, not on '" + suite.name + "'");
  const std::vector<Published> published = against.empty() ? std::vector<Published>{} : read_published(against);
  const auto baseline = given["baseline"].as<std::string>();
  std::vector<std::string> labels;
  for (const auto& spec : specs) labels.push_back(spec.label);
  if (!baseline.empty() && std::ranges::find(labels, baseline) == labels.end())
    throw UsageError(unknown_name("baseline", baseline, labels) + " (one of the agents that are compared)");
  const std::string go_on =
      kept.empty() ? "nothing is kept without --out, --csv, --picture or --log"
                   : "what was finished is kept in '" + kept.string() + "', and the same call with --resume goes on";
  const std::string last_words = "stopped; " + go_on;
  const Interruptible scope(last_words.c_str());
  std::optional<Journal> journal;
  if (!kept.empty()) journal.emplace(kept, evaluation_purpose(specs, suite, how), !resume);

  const bool quiet = given["quiet"].as<bool>();
  if (!quiet && !suite.missing.empty()) std::cerr << "rover: " << suite.missing << std::endl;
  ProgressLine line;
  EvaluationCompany company{.stop = interrupted, .journal = journal ? &*journal : nullptr};
  if (!quiet) company.progress = std::ref(line);
  Evaluation evaluation;
  try {
    evaluation = evaluate(specs, suite, how, company);
  } catch (const Stopped&) {
    if (!quiet) line.clear();
    const bool nothing = journal && journal->size() == 0;
    if (nothing) journal->remove();
    std::cerr << "rover: stopped" << (quiet ? "" : " " + line.place()) << "; "
              << (nothing ? "nothing was finished, so nothing is kept" : go_on) << std::endl;
    return 130;
  } catch (...) {
    if (!quiet) line.clear();
    if (journal && journal->size() == 0) journal->remove();
    throw;
  }
  if (!quiet) line.clear();
  const bool details = given["details"].as<bool>(), benchmark = is_benchmark(evaluation);
  if (!quiet)
    std::cout << (benchmark ? benchmark_report(evaluation, published, details)
                            : report_text(evaluation, details, baseline));
  OutputSet files;
  if (!out.empty()) write_evaluation(files.place(out), evaluation);
  if (!csv.empty()) write_file(files.place(csv), report_csv(evaluation));
  if (!picture.empty())
    write_figure(benchmark
                     ? benchmark_picture(evaluation, published)
                     : rover::picture(evaluation, by_iterations ? Mark::Clock::iterations : Mark::Clock::evaluations,
                                      most_curves),
                 files.place(picture));
  files.publish();
  for (const FieldLog& log : logs) write_field_log(log, evaluation);
  if (journal) journal->remove();
  if (const auto failed = evaluation.attributes.find("failed_runs"); failed != evaluation.attributes.end())
    throw std::runtime_error(failed->second + "; their curves end there");
  return 0;
}

}  // namespace rover
