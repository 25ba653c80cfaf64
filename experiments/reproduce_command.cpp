#include <algorithm>
#include <csignal>
#include <iostream>

#include <unistd.h>

#include "core/settings.h"
#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/program.h"
#include "experiments/reproduce.h"

namespace rover {
namespace po = boost::program_options;
namespace {

using Texts = std::vector<std::string>;

void print_help(const po::options_description& options) {
  std::cout << "usage: rover reproduce NAME... [options]\n\nWhat the paper shows, beside what comes out here: text, "
               "HDF5, pictures and "
               "result.json in FOLDER/NAME.\n"
               "The same command goes on with an interrupted run.\n\n"
            << options << "\nstudies:\n";
  for (const Study& study : studies()) std::cout << "  " << study.name << ": " << study.summary << '\n';
  std::cout << "  rover-paper: every table and figure of the paper\n";
}

std::vector<const Study*> chosen(const Texts& names) {
  Texts known{"rover-paper"};
  for (const Study& study : studies()) known.push_back(study.name);
  for (const auto& name : names)
    if (std::ranges::find(known, name) == known.end())
      throw UsageError(unknown_name("study", name, known) + " (rover reproduce --help)");
  const auto named = [&](const std::string& name) { return std::ranges::find(names, name) != names.end(); };
  std::vector<const Study*> out;
  for (const Study& study : studies())
    if (named(study.name) || (study.of_paper && named("rover-paper"))) out.push_back(&study);
  return out;
}

/// Every file is whole at any moment, so ending at once loses no more than the cell that is being made. Trainings have
/// a handler of their own while they run, which writes a checkpoint first.
extern "C" void end_at_once(int) {
  constexpr char text[] = "\nstopped; the same command goes on\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text, sizeof text - 1);
  ::_exit(130);
}

class EndAtOnce {
 public:
  EndAtOnce() : interrupt_(std::signal(SIGINT, end_at_once)), terminate_(std::signal(SIGTERM, end_at_once)) {}
  EndAtOnce(const EndAtOnce&) = delete;
  EndAtOnce& operator=(const EndAtOnce&) = delete;
  ~EndAtOnce() { std::signal(SIGINT, interrupt_), std::signal(SIGTERM, terminate_); }

 private:
  void (*interrupt_)(int);
  void (*terminate_)(int);
};

}  // namespace

int reproduce_command(std::span<const std::string> arguments) {
  const auto text = [](const char* name, const char* value) {
    return po::value<std::string>()->default_value(value)->value_name(name);
  };
  po::options_description options("options", 120), all;
  options.add_options()("out", text("FOLDER", "reproduce"),
                        "where each study gets a folder of its own, and trainings go to runs/")(
      "preset", text("NAME", "full"), "quick (minutes) or full (hours)")("strict", po::bool_switch(),
                                                                         "exit with 1 when a target is missed")(
      "seeds", text("N", "3"), "repetitions, where a study trains or draws")("seed", text("N", "0"), "the first seed")(
      "threads", text("N", "0"), "threads; 0: one a core. The results do not depend on it")(
      "quiet", po::bool_switch(), "print nothing but results and errors")("help,h", po::bool_switch(), "this text");
  all.add(options).add_options()("studies", po::value<Texts>());
  const po::variables_map given = parse_arguments(all, "studies", arguments);
  if (given["help"].as<bool>()) {
    print_help(options);
    return 0;
  }
  if (!given.count("studies")) throw UsageError("reproduce what? rover reproduce NAME... (rover reproduce --help)");
  const auto preset = given["preset"].as<std::string>();
  if (preset != "quick" && preset != "full")
    throw UsageError(unknown_name("preset", preset, {"quick", "full"}) + " (quick or full)");
  const ReproduceOptions how{.out = given["out"].as<std::string>(),
                             .quick = preset == "quick",
                             .seed = whole_number(given, "seed"),
                             .seeds = whole_number(given, "seeds", 1, 10'000),
                             .threads = whole_number(given, "threads", 0, kMaxThreads),
                             .quiet = given["quiet"].as<bool>()};
  const auto list = chosen(given["studies"].as<Texts>());
  go_on_with_libtorch();  // most studies train
  const EndAtOnce signals;
  std::size_t misses = 0;
  try {
    for (const Study* study : list) {
      const StudyResult result = reproduce(*study, how);
      std::cout << result_text(*study, result) << std::flush;
      misses += static_cast<std::size_t>(
          std::ranges::count_if(result.lines, [](const ResultLine& line) { return !line.passes(); }));
    }
  } catch (const StudyInterrupted&) {
    std::cerr << "stopped; the same command goes on\n";
    return 130;
  }
  if (!given["strict"].as<bool>() || misses == 0) return 0;
  std::cerr << "rover: " << misses << (misses == 1 ? " target is missed\n" : " targets are missed\n");
  return 1;
}

}  // namespace rover
