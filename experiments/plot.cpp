#include <algorithm>
#include <iostream>

#include "core/settings.h"
#include "experiments/benchmark.h"
#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/picture.h"
#include "experiments/training_figure.h"
#include "storage/atomic_file.h"
#include "storage/run_log.h"

namespace rover {
namespace po = boost::program_options;
namespace fs = std::filesystem;
namespace {

/// Those of `all` that `list` names, in its order; all when it is empty.
std::vector<std::string> chosen(const std::string& list, const std::vector<std::string>& all, const std::string& what) {
  const auto names = split_list(list);
  for (const auto& name : names)
    if (std::ranges::find(all, name) == all.end()) throw UsageError(unknown_name(what, name, all));
  return names.empty() ? all : names;
}

Figure evaluation_figure(const fs::path& file, const po::variables_map& given) {
  Evaluation all = read_evaluation(file), some;
  if (all.curves.empty()) throw UsageError("'" + file.string() + "' holds no runs");
  some.attributes = all.attributes;
  const auto agents = chosen(given["agents"].as<std::string>(), agents_of(all), "agent");
  const auto functions = chosen(given["functions"].as<std::string>(), landscapes_of(all), "function");
  for (const auto& agent : agents)
    for (const auto& function : functions)
      for (auto& curve : all.curves)
        if (curve.agent == agent && curve.landscape == function) some.curves.push_back(curve);
  if (is_benchmark(some) && given["functions"].as<std::string>().empty()) return benchmark_picture(some, {});
  // Agents that were asked for by name are all drawn.
  return picture(some,
                 given["x"].as<std::string>() == "iterations" ? Mark::Clock::iterations : Mark::Clock::evaluations,
                 parse_curves(given["agents"].defaulted() ? given["curves"].as<std::string>() : "all"));
}

/// The file to read and whether it is a training's log.
std::pair<fs::path, bool> find_source(const std::string& name) {
  const fs::path path = fs::path(name + (fs::is_directory(name) ? "/" : "")).lexically_normal();
  if (!fs::is_directory(path)) {
    require_readable(path);
    try {
      read_run_log(path);
      return {path, true};
    } catch (const std::exception&) { return {path, false}; }
  }
  if (!fs::exists(path / "run.h5")) throw UsageError("'" + name + "' is no run folder: it holds no run.h5");
  return {path / "run.h5", true};
}

}  // namespace

int plot_command(std::span<const std::string> arguments) {
  const auto text = [](const char* name) { return po::value<std::string>()->default_value("", "")->value_name(name); };
  po::options_description options("options", 120), all;
  options.add_options()("out", text("FILE"), "where to, .svg or .png; without it beside the results, both")(
      "x", po::value<std::string>()->default_value("evaluations")->value_name("CLOCK"), "evaluations, or iterations")(
      "curves", po::value<std::string>()->default_value("8")->value_name("N"),
      "at most so many curves in a panel, the Rover's and the best; or all")(
      "agents", text("LIST"), "only these agents, the first on top")("functions", text("LIST"), "only these functions")(
      "help,h", po::bool_switch(), "this text");
  all.add(options).add_options()("results", po::value<std::vector<std::string>>());
  const po::variables_map given = parse_arguments(all, "results", arguments);
  if (given["help"].as<bool>()) {
    std::cout << "usage: rover plot RESULTS.h5|RUN_FOLDER [options]\n\n"
              << options
              << "\nDraws the results of rover evaluate, a panel a function: median gap and quartiles. Of a training's "
                 "folder it draws what was\n"
                 "measured during the training. It needs gnuplot (apt-get install gnuplot-nox), and no display. Files "
                 "are replaced.\n";
    return 0;
  }
  if (!given.count("results")) throw UsageError("plot what? rover plot RESULTS.h5|RUN_FOLDER");
  const auto names = given["results"].as<std::vector<std::string>>();
  if (names.size() > 1) throw UsageError("one figure at a time: '" + names[0] + "' or '" + names[1] + "'");
  const std::string clock = given["x"].as<std::string>(), out = given["out"].as<std::string>();
  if (clock != "evaluations" && clock != "iterations")
    throw UsageError(unknown_name("clock", clock, {"evaluations", "iterations"}));
  if (const auto extension = fs::path(out).extension(); !out.empty() && extension != ".svg" && extension != ".png")
    throw UsageError("a picture is a .svg or a .png, not '" + out + "'");

  const auto [file, is_run] = find_source(names[0]);
  if (is_run && (!given["x"].defaulted() || !given["agents"].defaulted() || !given["functions"].defaulted()))
    throw UsageError("--x, --agents and --functions are for evaluations, and '" + names[0] + "' is a training");
  const Figure figure = is_run ? training_figure(read_run_log(file), file.string()) : evaluation_figure(file, given);
  std::vector<fs::path> files{out};
  if (out.empty()) files = {fs::path(file).replace_extension(".svg"), fs::path(file).replace_extension(".png")};
  for (const auto& path : files) {
    write_figure(figure, path);
    std::cout << path.string() << '\n';
  }
  return 0;
}

}  // namespace rover
