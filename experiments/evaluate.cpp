#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <sstream>

#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/evaluation.h"
#include "experiments/picture.h"
#include "experiments/report.h"
#include "experiments/text.h"
#include "storage/atomic_file.h"

namespace rover {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// Said before the long run, not after it.
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

std::uint64_t whole_number(const po::variables_map& given, const std::string& option, std::uint64_t least) {
  const auto text = given[option].as<std::string>();
  const char* end = text.data() + text.size();
  std::uint64_t value = 0;
  if (const auto read = std::from_chars(text.data(), end, value);
      read.ec != std::errc{} || read.ptr != end || value < least)
    throw UsageError("--" + option + " " + text + " is not a whole number of at least " + std::to_string(least));
  return value;
}

/// A line that is rewritten on a terminal; elsewhere a line every tenth of a phase that takes longer than a few
/// seconds.
class ProgressLine {
 public:
  ProgressLine() : terminal_(isatty(STDERR_FILENO) != 0) {}

  void operator()(std::size_t done, std::size_t total, const std::string& phase) {
    const auto now = Clock::now();
    if (phase != phase_) phase_ = phase, start_ = shown_ = now, tenth_ = 0;
    const double seconds = std::chrono::duration<double>(now - start_).count();
    const std::size_t tenth = 10 * done / total;
    const bool due = terminal_ ? done == total || now - shown_ > std::chrono::milliseconds(100)
                               : tenth > tenth_ && now - shown_ > std::chrono::seconds(5);
    if (!due) return;
    shown_ = now, tenth_ = tenth;
    std::ostringstream text;
    text << std::fixed << std::setprecision(0) << phase << ": " << done << " of " << total << " runs, "
         << percent(static_cast<double>(done) / static_cast<double>(total));
    if (seconds > 1)
      text << ", " << static_cast<double>(done) / seconds << " runs/s, "
           << seconds * static_cast<double>(total - done) / static_cast<double>(done) << " s left";
    if (terminal_) std::cerr << '\r' << text.str() << "\033[K" << std::flush;
    else std::cerr << text.str() << '\n';
  }

  void clear() const {
    if (terminal_) std::cerr << "\r\033[K" << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  std::string phase_;
  Clock::time_point start_, shown_;
  std::size_t tenth_ = 0;
};

void print_help(const po::options_description& options) {
  std::cout << "usage: rover evaluate --agents LIST [options]\n\n"
            << options
            << "\nAn agent is ID, ID:PATH (a run folder or model file) or ID:key=value;key=value, and these combine; "
               "label=NAME is what "
               "tables call it:\n"
               "  --agents rover:runs/r1,gd,\"adam:learning_rate=0.01;beta1=0.8\",random\n"
               "Every agent gets the same starts and the same number of function evaluations; a gradient costs 2d, a "
               "grid n².\n\nsuites:\n";
  for (const auto& suite : suites()) std::cout << "  " << suite.name << ": " << suite.summary << '\n';
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
      "what they are compared on: a suite, or landscapes, comma-separated (rover list suites)")(
      "starts", text("N", "20"), "starts a function, the same for every agent")(
      "seeds", text("K", "1"), "repetitions from each start, with other seeds of the agents")(
      "seed", text("S", "0"), "draws the starts and everything else that is random")("budget", text("B", "6400"),
                                                                                     "function evaluations a run")(
      "tune", po::bool_switch(), "classical agents choose their settings on other starts of the same function")(
      "out", path(), "results as HDF5: every curve, what was tuned, the call")(
      "csv", path(), "results as a table: one row a checkpoint")(
      "picture", path(), "a figure, .svg or .png: gap over evaluations, a panel a function")(
      "force", po::bool_switch(), "replace files that exist")(
      "details", po::bool_switch(), "also print best values and gaps with their spread, at every checkpoint")(
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
  const Suite suite = find_suite(given["suite"].as<std::string>());
  const EvaluationOptions how{.starts = whole_number(given, "starts", 1),
                              .seeds = whole_number(given, "seeds", 1),
                              .seed = whole_number(given, "seed", 0),
                              .budget = whole_number(given, "budget", 1),
                              .tune = given["tune"].as<bool>(),
                              .threads = whole_number(given, "threads", 0)};
  const auto out = given["out"].as<std::string>(), csv = given["csv"].as<std::string>(),
             picture = given["picture"].as<std::string>();
  if ((!out.empty() && (out == csv || out == picture)) || (!csv.empty() && csv == picture))
    throw UsageError("--out, --csv and --picture need different files");
  for (const auto& file : {out, csv, picture})
    if (!file.empty()) require_writable(file, given["force"].as<bool>());
  if (!picture.empty()) require_picture(picture);

  const auto baseline = given["baseline"].as<std::string>();
  std::vector<std::string> labels;
  for (const auto& spec : specs) labels.push_back(spec.label);
  if (!baseline.empty() && std::ranges::find(labels, baseline) == labels.end())
    throw UsageError(unknown_name("baseline", baseline, labels) + " (one of the agents that are compared)");
  const bool quiet = given["quiet"].as<bool>();
  ProgressLine line;
  Evaluation evaluation;
  try {
    evaluation = evaluate(specs, suite, how, quiet ? Progress{} : std::ref(line));
  } catch (...) {
    if (!quiet) line.clear();
    throw;
  }
  if (!quiet) line.clear();
  std::string call = "rover evaluate";
  for (const auto& argument : arguments) call += " " + argument;
  evaluation.attributes["command"] = call;

  if (!quiet) std::cout << report_text(evaluation, given["details"].as<bool>(), baseline);
  if (!out.empty()) write_evaluation(out, evaluation);
  if (!csv.empty()) write_file(csv, report_csv(evaluation));
  if (!picture.empty()) write_figure(rover::picture(evaluation), picture);
  return 0;
}

}  // namespace rover
