#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <iostream>

#include "agents/classical/tuning.h"
#include "core/executor.h"
#include "core/interrupt.h"
#include "experiments/agent_spec.h"
#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/suites.h"
#include "experiments/text.h"
#include "storage/atomic_file.h"

namespace rover {
namespace po = boost::program_options;
namespace {

TuneSearch parse_search(const std::string& text) {
  if (text == "attention") return TuneSearch::attention;
  if (text == "random") return TuneSearch::random;
  if (text == "grid") return TuneSearch::grid;
  throw UsageError(unknown_name("value of --search", text, {"attention", "random", "grid"}) +
                   " (attention, random or grid)");
}

std::string settings_text(const Settings& settings) {
  std::string out;
  for (const auto& [key, value] : settings) out += (out.empty() ? "" : ";") + key + "=" + value;
  return out.empty() ? "the defaults" : out;
}

std::string score_text(double score) {
  return std::isfinite(score) ? short_number(std::round(1000 * score) / 1000) : "diverged";
}

}  // namespace

int tune_command(std::span<const std::string> arguments) {
  const auto text = [](const char* name, const char* value) {
    return po::value<std::string>()->default_value(value)->value_name(name);
  };
  po::options_description options("options", 120), all;
  options.add_options()("suite", text("NAME", "extended"), "training functions: a suite that may be tuned on")(
      "dimension", po::value<std::string>()->default_value("", "")->value_name("D"),
      "number of coordinates, where the suite leaves them open")("starts", text("N", "10"), "starts a function")(
      "budget", text("B", "1000"), "function evaluations a run")(
      "search", text("HOW", "attention"), "how settings are chosen from the agent's grid: attention, random or grid")(
      "candidates", text("N", "40"), "settings that are tried at most, the defaults among them")(
      "seed", text("S", "0"), "draws starts and candidates")("threads", text("N", "0"), "threads; 0: one a core")(
      "out", po::value<std::string>()->default_value("", "")->value_name("FILE.cfg"),
      "the best settings; as ID:@FILE.cfg an agent takes them from there")(
      "quiet", po::bool_switch(), "print nothing but errors")("help,h", po::bool_switch(), "this text");
  all.add(options).add_options()("agent", po::value<std::vector<std::string>>());
  const po::variables_map given = parse_arguments(all, "agent", arguments);
  if (given["help"].as<bool>()) {
    std::cout << "usage: rover tune AGENT [options]\n\n"
              << options
              << "\nTries settings of an agent's grid (rover list agents ID shows it) on training functions and ranks "
                 "them by the mean of\nlog10 of the normalised regret that a run ends with. Settings that AGENT names "
                 "(ID:key=value) stay as they are.\n"
                 "  rover tune cma-es --suite extended --out tuned.cfg\n"
                 "  rover evaluate --agents cma-es,cma-es:@tuned.cfg --suite paper\n";
    return 0;
  }
  const auto named = given.count("agent") ? given["agent"].as<std::vector<std::string>>() : std::vector<std::string>{};
  if (named.size() != 1) throw UsageError("which agent? rover tune AGENT (rover list agents)");
  const auto specs = parse_agent_specs(named[0]);
  if (specs.size() != 1) throw UsageError("one agent is tuned at a time, not " + std::to_string(specs.size()));
  const AgentSpec& agent = specs[0];
  Settings changes;
  if (const auto d = given["dimension"].as<std::string>(); !d.empty()) changes["dimension"] = d;
  const Suite suite = find_suite(given["suite"].as<std::string>(), changes);
  if (suite.reports_only) throw UsageError("the suite '" + suite.name + "' is for reporting: nothing is tuned on it");
  const std::uint64_t seed = whole_number(given, "seed"), starts = whole_number(given, "starts", 1, 100'000);
  RunLimits limits;
  limits.evaluations = whole_number(given, "budget", 1, 1'000'000'000), limits.clamp = suite.clamp;
  std::vector<Trial> trials;
  for (const auto& function : suite.functions)
    for (Trial& trial : suite.draw(function, starts, derive_seed(seed, 0, "tuning")))
      trials.push_back(std::move(trial));

  const bool quiet = given["quiet"].as<bool>(), terminal = isatty(STDERR_FILENO) != 0;
  TuneOptions how;
  how.search = parse_search(given["search"].as<std::string>());
  how.candidates = whole_number(given, "candidates", 1, 1'000'000);
  how.seed = seed, how.threads = whole_number(given, "threads", 0, kMaxThreads), how.stop = interrupted;
  how.progress = [&](std::size_t done) {
    if (quiet) return;
    std::cerr << (terminal ? "\r" : "") << "tuning: " << done << " of at most " << how.candidates << " settings, "
              << trials.size() << " runs each" << (terminal ? "\033[K" : "\n") << std::flush;
  };
  const Interruptible scope("stopped; nothing is kept of an unfinished tuning");
  std::vector<TuneCandidate> found;
  try {
    found = tune_search(agent.id, trials, limits, agent.settings, how);
  } catch (const Stopped&) {
    std::cerr << "\nrover: stopped; nothing is kept of an unfinished tuning" << std::endl;
    return 130;
  }
  if (!quiet && terminal) std::cerr << "\r\033[K" << std::flush;

  if (!quiet) {
    std::vector<std::vector<std::string>> rows{{"score", "settings"}};
    constexpr std::size_t shown = 5;
    for (std::size_t k = 0; k < std::min(shown, found.size()); ++k)
      rows.push_back({score_text(found[k].score), settings_text(found[k].settings)});
    const auto defaults = std::ranges::find(found, agent.settings, &TuneCandidate::settings);
    if (defaults - found.begin() >= static_cast<std::ptrdiff_t>(shown))
      rows.push_back({score_text(defaults->score), settings_text(defaults->settings)});
    std::cout << agent.id << " on suite " << suite.name << ": " << found.size() << " settings, " << trials.size()
              << " runs of " << limits.evaluations
              << " evaluations each\nscore: mean log10 of the normalised regret, less is better\n"
              << folded(rows);
  }
  if (const auto out = given["out"].as<std::string>(); !out.empty()) {
    std::string lines = "# " + agent.id + " on suite " + suite.name + ", " + std::to_string(limits.evaluations) +
                        " evaluations, " + std::to_string(found.size()) + " settings tried by " +
                        given["search"].as<std::string>() + ": score " + score_text(found[0].score) + "\n";
    for (const auto& [key, value] : found[0].settings) lines += key + " = " + value + "\n";
    write_file(out, lines);
  }
  return 0;
}

}  // namespace rover
