#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <optional>

#include "agents/minimize.h"
#include "core/interrupt.h"
#include "env/landscapes/registry.h"
#include "experiments/agent_spec.h"
#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/external_program.h"
#include "experiments/figure.h"
#include "experiments/output_set.h"
#include "experiments/text.h"
#include "experiments/watch.h"
#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "training/progress.h"

namespace rover {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Files in a search's folder.
constexpr const char *kJournal = "evaluations.partial", *kResult = "search.h5", *kTable = "evaluations.csv",
                     *kPicture = "search.svg";

/// Also "inf" and "-inf".
double parse_number(const std::string& option, const std::string& text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  if (const auto read = std::from_chars(text.data(), end, value);
      read.ec != std::errc{} || read.ptr != end || std::isnan(value))
    throw UsageError("--" + option + ": '" + text + "' is not a number");
  return value;
}

/// `otherwise` where the option is not given.
double number(const po::variables_map& given, const std::string& option, double otherwise) {
  const auto text = given[option].as<std::string>();
  return text.empty() ? otherwise : parse_number(option, text);
}

/// "-5,-5" or, with a dimension, "-5".
std::vector<double> numbers(const po::variables_map& given, const std::string& option, std::size_t dimension) {
  std::vector<double> out;
  for (const std::string& part : split_list(given[option].as<std::string>())) out.push_back(parse_number(option, part));
  if (dimension == 0 || out.empty()) return out;
  if (out.size() == 1) out.resize(dimension, out[0]);
  if (out.size() != dimension)
    throw UsageError("--" + option + " has " + std::to_string(out.size()) + " numbers for --dimension " +
                     std::to_string(dimension));
  return out;
}

/// What is minimised.
struct Target {
  Objective f;
  CallOptions how = {};
  Box box;
  std::string name;
  std::optional<Optimum> optimum = {};
};

Target landscape_target(const std::string& text, const std::string& dimension) {
  const std::string id = text.substr(0, text.find(':'));
  Settings settings;
  if (id.size() < text.size())
    for (const std::string& part : split(text.substr(id.size() + 1), ';')) {
      const std::size_t equals = part.find('=');
      if (equals == part.npos || equals == 0)
        throw UsageError("in the landscape '" + text + "', '" + part + "' is not key=value");
      settings[part.substr(0, equals)] = part.substr(equals + 1);
    }
  if (!dimension.empty()) settings["dimension"] = dimension;
  const std::shared_ptr<const Landscape> landscape = landscapes().make(id, settings);
  Target out{[landscape](Reals x) { return landscape->value(x); }, {}, landscape->domain(), text, landscape->optimum()};
  if (landscape->has_gradient())
    out.how.gradient = [landscape](Reals x, MutReals g) { landscape->gradients(x, g, nullptr); };
  return out;
}

std::string point_line(const std::vector<double>& point) {
  std::string out;
  for (std::size_t i = 0; i < point.size() && i < 10; ++i) out += (i ? ", " : "") + detail::to_text(point[i]);
  return out + (point.size() > 10 ? ", … (" + std::to_string(point.size()) + " coordinates)" : "");
}

std::string report(const Target& target, const std::string& agent, const MinimizeResult& found, bool noisy) {
  std::vector<std::vector<std::string>> rows{
      {"function", target.name},
      {"agent", agent},
      {"best value", found.point.empty() ? "none was finite" : detail::to_text(found.value)},
      {"at", point_line(found.point)}};
  if (noisy) rows[2][0] = "luckiest value", rows.push_back({"answer", point_line(found.answer)});
  if (target.optimum && !found.point.empty() && !noisy)
    rows.push_back({"above the optimum", short_number(found.value - target.optimum->value)});
  rows.push_back({"evaluations",
                  std::to_string(found.evaluations) +
                      (found.gradients > 0 ? ", with " + std::to_string(found.gradients) + " gradients" : "") +
                      (found.remembered > 0 ? ", " + std::to_string(found.remembered) + " of them remembered" : "") +
                      (found.bad_values > 0 ? ", " + std::to_string(found.bad_values) + " failed" : "")});
  rows.push_back({"time", short_number(found.seconds) + " s"});
  rows.push_back({"ended because", to_text(found.stopped)});
  return folded(rows);
}

std::vector<double> best_so_far(const std::vector<double>& values) {
  std::vector<double> out;
  double best = std::numeric_limits<double>::quiet_NaN();
  for (const double value : values) {
    if (std::isfinite(value) && !(value >= best)) best = value;
    out.push_back(best);
  }
  return out;
}

Figure picture(const Target& target, const std::string& agent, const MinimizeResult& found) {
  const bool known = target.optimum && found.value >= target.optimum->value;
  Curve calls, best;
  calls.label = "each evaluation", best.label = "best so far";
  best.y = best_so_far(found.values);
  for (std::size_t k = 0; k < found.values.size(); ++k) {
    best.x.push_back(static_cast<double>(k + 1));
    calls.y.push_back(std::isfinite(found.values[k]) ? found.values[k] : std::numeric_limits<double>::quiet_NaN());
  }
  // On a logarithm where the values are gaps, or span more than two decades above 0.
  const auto [least, most] = std::ranges::minmax(calls.y);
  if (known)
    for (auto* y : {&calls.y, &best.y})
      for (double& value : *y) value = std::max(value - target.optimum->value, 1e-16);
  calls.x = best.x, calls.points = calls.thick = true, calls.line = false, best.thick = true;
  Panel panel;
  panel.x_label = "evaluations", panel.y_label = known ? "value above the optimum" : "value";
  panel.log_y = known || (found.value > 0 && most > 100 * least);
  panel.curves = {best, calls};
  Figure figure;
  figure.title = target.name + " by " + agent, figure.panels = {panel}, figure.columns = 1;
  return figure;
}

std::string csv(const MinimizeResult& found, std::size_t d) {
  std::string out = "evaluation,value,best";
  for (std::size_t i = 0; i < d; ++i) out += ",x" + std::to_string(i);
  const auto best = best_so_far(found.values);
  for (std::size_t k = 0; k < found.values.size(); ++k) {
    out += "\n" + std::to_string(k + 1) + "," + detail::to_text(found.values[k]) + "," + detail::to_text(best[k]);
    for (std::size_t i = 0; i < d; ++i) out += "," + detail::to_text(found.points[k * d + i]);
  }
  return out + "\n";
}

Checkpoint numbers_of(const Target& target, const AgentSpec& agent, const MinimizeOptions& options,
                      const MinimizeResult& found) {
  Checkpoint out;
  out.put_text("function", target.name);
  out.put_text("agent", agent.id);
  for (const auto& [key, value] : agent.settings) out.put_text("settings/" + key, value);
  out.put_text("ended_because", to_text(found.stopped));
  out.put("low", options.low), out.put("high", options.high);
  out.put_integer("budget", options.budget), out.put_integer("seed", options.seed);
  out.put("values", found.values);
  out.put("points", found.points, {found.values.size(), options.low.size()});
  out.put("best_point", found.point);
  out.put("answer", found.answer);
  out.put_number("best_value", found.value);
  out.describe("values", "", "of each evaluation, in the order in which they were asked for; NaN: it failed");
  out.describe("answer", "", "where the agent stood at the end: on noisy functions the point to use");
  out.describe("points", "", "[evaluation, coordinate]");
  return out;
}

/// What is shown while the search runs: a line, or the picture of --watch.
class Display {
 public:
  Display(bool quiet, bool watch, const MinimizeOptions& options)
      : terminal_(isatty(STDERR_FILENO) != 0), quiet_(quiet), budget_(options.budget), seconds_(options.seconds) {
    if (watch && terminal_) watch_.emplace(Box{options.low, options.high}, terminal_width(STDERR_FILENO));
  }
  void operator()(const MinimizeProgress& now) {
    if (watch_) watch_->add(now.point, now.value);
    const auto time = Clock::now();
    if (quiet_ || time - shown_ < (terminal_ ? std::chrono::milliseconds(100) : std::chrono::seconds(5))) return;
    shown_ = time;
    show(now);
  }
  void clear() {
    if (!terminal_ || quiet_ || (!drawn_ && !watch_)) return;
    if (watch_) std::cerr << watch_->text();  // the picture stays, in its last state
    else std::cerr << "\r\033[K";
    std::cerr << std::flush;
  }

 private:
  using Clock = std::chrono::steady_clock;

  void show(const MinimizeProgress& now) {
    const double share =
        std::max(static_cast<double>(now.evaluations) / static_cast<double>(budget_), now.seconds / seconds_);
    std::string line = "searching: " + std::to_string(now.evaluations) + " of " + std::to_string(budget_) +
                       " evaluations, best " + short_number(now.best_value) + ", " +
                       short_number(static_cast<double>(now.evaluations) / now.seconds) + " evaluations/s";
    if (share < 1) line += ", " + duration_text(now.seconds * (1 / share - 1)) + " left at most";
    if (!terminal_) {
      std::cerr << line << std::endl;
      return;
    }
    std::string text = line.substr(0, terminal_width(STDERR_FILENO) - 1) + "\033[K";
    if (watch_) {
      text = watch_->text() + text;
      const auto lines = std::count(text.begin(), text.end(), '\n');
      text += "\r\033[" + std::to_string(lines) + "A";
    } else {
      text = "\r" + text;
    }
    std::cerr << text << std::flush;
    drawn_ = true;
  }

  bool terminal_, quiet_, drawn_ = false;
  std::uint64_t budget_;
  double seconds_;
  std::optional<Watch> watch_;
  Clock::time_point shown_ = Clock::now();
};

void print_help(const po::options_description& options) {
  std::cout
      << "usage: rover minimize --landscape ID | --command TEXT --low LIST --high LIST [options]\n\n"
      << options
      << "\nA command is run once an evaluation, by the shell: {0}, {1}, … stand for the coordinates; without such a "
         "place it reads\nthem from its standard input, on one line. The last word that it prints is the value.\n"
         "  rover minimize --command './simulator --x {0} --y {1}' --low -5,-5 --high 5,5 --budget 200 --jobs 2\n"
         "  rover minimize --landscape \"ackley:dimension=5;seed=3\" --agent cma-es --watch\n"
         "\n--out FOLDER keeps every evaluation before the next is asked for: after Ctrl-C or a kill the same call "
         "with "
         "--resume goes\non, repeats none, and ends in the same numbers. It then holds search.h5, evaluations.csv and "
         "search.svg.\n";
}

}  // namespace

int minimize_command(std::span<const std::string> arguments) {
  const auto text = [](const char* name, const char* value) {
    return po::value<std::string>()->default_value(value)->value_name(name);
  };
  const auto optional = [](const char* name) {
    return po::value<std::string>()->default_value("", "")->value_name(name);
  };
  po::options_description options("options", 120);
  options.add_options()("agent", text("AGENT", "rover-search"),
                        "who searches: ID, ID:PATH or ID:key=value;key=value (rover list agents)")(
      "landscape", optional("ID"), "minimise this one: ID or ID:key=value;key=value (rover list landscapes)")(
      "command", optional("TEXT"), "or minimise what this program prints")(
      "low", optional("LIST"), "lower bounds, one a coordinate, comma-separated; -inf where the agent can")(
      "high", optional("LIST"), "upper bounds")("dimension", optional("D"),
                                                "number of coordinates; one number in LIST is then for all")(
      "start", optional("LIST"), "where the search begins; else drawn in the box")(
      "budget", text("B", "1000"), "function evaluations (a gradient counts 2d)")("target", optional("VALUE"),
                                                                                  "stop at a value of at most this")(
      "time", optional("SECONDS"), "stop after so much time")("seed", text("S", "0"), "of everything that is random")(
      "jobs", text("N", "1"), "evaluations at a time, where the agent asks for several points")(
      "timeout", optional("SECONDS"), "an evaluation by a command that takes longer has failed")(
      "on-bad-value", text("WHAT", "fail"),
      "an evaluation that fails, NaN and infinity end the search (fail), or count as the worst value so far "
      "(penalise)")("out", optional("FOLDER"), "keep every evaluation there, and a table and a picture of them")(
      "noisy", po::bool_switch(),
      "the values are noisy: agents that allow for it average, and say where the minimum is")(
      "resume", po::bool_switch(), "go on with a search that was stopped or killed")(
      "force", po::bool_switch(), "begin anew in a folder that holds a search")(
      "watch", po::bool_switch(), "draw where the search looks, in a terminal")(
      "quiet", po::bool_switch(), "print nothing but errors")("help,h", po::bool_switch(), "this text");
  const po::variables_map given = parse_arguments(options, "", arguments);
  if (given["help"].as<bool>()) {
    print_help(options);
    return 0;
  }
  const auto landscape = given["landscape"].as<std::string>(), command = given["command"].as<std::string>();
  if (landscape.empty() == command.empty())
    throw UsageError("what is minimised? rover minimize needs --landscape ID or --command TEXT, one of them");
  const auto specs = parse_agent_specs(given["agent"].as<std::string>());
  if (specs.size() != 1) throw UsageError("one agent searches: --agent names " + std::to_string(specs.size()));
  const auto bad_value = given["on-bad-value"].as<std::string>();
  if (bad_value != "fail" && bad_value != "penalise")
    throw UsageError(unknown_name("value of --on-bad-value", bad_value, {"fail", "penalise"}) + " (fail or penalise)");
  const auto dimension_text = given["dimension"].as<std::string>();
  const std::size_t dimension = dimension_text.empty() ? 0 : whole_number(given, "dimension", 1, 1'000'000);
  const double timeout = number(given, "timeout", infinity);
  if (!(timeout > 0)) throw UsageError("--timeout must be above 0");

  MinimizeOptions problem{.low = numbers(given, "low", dimension),
                          .high = numbers(given, "high", dimension),
                          .agent = specs[0].id,
                          .budget = whole_number(given, "budget", 1, 1'000'000'000),
                          .target = number(given, "target", -infinity),
                          .seconds = number(given, "time", infinity),
                          .start = numbers(given, "start", dimension),
                          .seed = whole_number(given, "seed"),
                          .settings = specs[0].settings,
                          .on_bad_value = bad_value == "fail" ? BadValue::fail : BadValue::penalise,
                          .noisy = given["noisy"].as<bool>()};
  Target target;
  if (!landscape.empty()) {
    target = landscape_target(landscape, dimension_text);
    if (problem.low.empty()) problem.low = target.box.low;
    if (problem.high.empty()) problem.high = target.box.high;
    if (problem.low.size() != target.box.low.size() || problem.high.size() != target.box.low.size())
      throw UsageError("the landscape '" + landscape + "' has " + std::to_string(target.box.low.size()) +
                       " coordinates, the bounds have " + std::to_string(problem.low.size()) + " and " +
                       std::to_string(problem.high.size()));
  } else {
    if (problem.low.empty() || problem.high.empty())
      throw UsageError("--command needs bounds: --low LIST --high LIST, one number a coordinate");
    target = {ExternalProgram(command, problem.low.size(), timeout, interrupted), {}, {}, command};
  }
  problem.name = target.name;
  target.how.jobs = whole_number(given, "jobs", 1, kMaxThreads);

  const bool resume = given["resume"].as<bool>(), force = given["force"].as<bool>(), quiet = given["quiet"].as<bool>();
  const fs::path folder = given["out"].as<std::string>();
  if (folder.empty() && resume) throw UsageError("--resume needs the --out of the unfinished search");
  target.how.history = !folder.empty();
  if (!folder.empty()) {
    require_gnuplot();
    target.how.journal = folder / kJournal;
    const bool begun = fs::exists(target.how.journal);
    if (resume && !begun)
      throw UsageError("'" + folder.string() + "' holds no unfinished search" +
                       (fs::exists(folder / kResult) ? ": that one has ended" : ""));
    if (!resume && !force && begun)
      throw UsageError("'" + folder.string() + "' holds an unfinished search: --resume goes on, --force begins anew");
    if (!resume && !force && fs::exists(folder / kResult))
      throw UsageError("'" + folder.string() + "' holds a search; add --force to replace it");
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw std::runtime_error("cannot write '" + folder.string() + "': " + system_reason(error.value()));
    if (!resume) fs::remove(target.how.journal);
  }
  const std::string go_on =
      folder.empty() ? "nothing is kept without --out"
                     : "every evaluation is kept in '" + folder.string() + "', and the same call with --resume goes on";
  const std::string last_words = "stopped; " + go_on;
  const Interruptible scope(last_words.c_str());
  Display display(quiet, given["watch"].as<bool>(), problem);
  target.how.callback = [&](const MinimizeProgress& now) {
    display(now);
    return !interrupted();
  };
  MinimizeResult found;
  std::error_code ignored;  // a folder that was there before and holds other things stays
  try {
    found = minimize(target.f, problem, target.how);
  } catch (const EvaluationError& failure) {
    display.clear();
    const bool nothing = failure.so_far.evaluations == 0;
    if (!quiet && !nothing) std::cout << report(target, specs[0].label, failure.so_far, problem.noisy);
    if (nothing && !folder.empty()) fs::remove(target.how.journal), fs::remove(folder, ignored);
    throw std::runtime_error(failure.what() + std::string(folder.empty() || nothing ? "" : "; " + go_on));
  }
  display.clear();
  if (!quiet) std::cout << report(target, specs[0].label, found, problem.noisy);
  if (interrupted()) {
    std::cerr << "rover: " << last_words << std::endl;
    return 130;
  }
  if (folder.empty()) return 0;
  OutputSet files;
  numbers_of(target, specs[0], problem, found).write(files.place(folder / kResult), CheckpointKind::result);
  write_file(files.place(folder / kTable), csv(found, problem.low.size()));
  if (!found.point.empty()) write_figure(picture(target, specs[0].label, found), files.place(folder / kPicture));
  files.publish();
  fs::remove(target.how.journal);
  return 0;
}

}  // namespace rover
