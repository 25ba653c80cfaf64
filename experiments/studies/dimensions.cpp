// Test functions in 10 to 1000 dimensions and a larger network: the Rover in both modes and its peers at equal
// evaluations; and whether pairs chosen by the gain that their slices predict beat random ones.
#include <algorithm>
#include <cmath>

#include "env/landscapes/registry.h"
#include "experiments/studies/high_dimensions.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

const std::vector<std::string> functions{"rosenbrock", "rastrigin", "ackley", "griewank", "styblinski"};

/// A surface a start: moved by up to a fifth of its box, since a box symmetric about the optimum favours agents that
/// look at its middle, and, if asked for, turned, since slices along coordinates favour sums over coordinates.
struct Size {
  std::string title, file;
  std::size_t dimension, starts;
  bool rotated = false;
  std::uint64_t budget = 1000;  ///< evaluations a dimension
};

Contest contest_of(const std::string& id, const Size& size, std::uint64_t seed) {
  Contest contest;
  contest.name = id;
  const bool network = id == "iris" || id == "mlp", drawn = id == "guyon";
  const auto trial = [&](std::uint64_t k) {
    LandscapeOptions options{.seed = derive_seed(seed, k, id)};
    if (!network) options.dimension = size.dimension, options.shifted = !drawn, options.rotated = size.rotated;
    return draw_trial(landscapes().make(id, to_settings(options)), derive_seed(seed, k, "trial " + id));
  };
  for (std::size_t k = 0; k < size.starts; ++k) contest.trials.push_back(trial(k));
  for (std::size_t k = 0; k < 3; ++k) { contest.tuning.push_back(trial(1000 + k)); }
  return contest;
}

/// Evaluations a dimension that CMA-ES gets in more than 50 dimensions, where its eigenvectors cost far more than the
/// function.
constexpr std::uint64_t afford = 100;

/// The paper's Rover: its first look is a little wider than the box where the box means something, else as wide
/// as the starts.
AgentSpec paper_mode(const std::string& id) {
  AgentSpec out = ours_in_many_dimensions();
  if (std::ranges::find(functions, id) != functions.end()) out.settings.erase("window");
  return out;
}

std::vector<Player> players(const std::string& id, std::size_t dimension, std::uint64_t budget) {
  std::vector<Player> out{{paper_mode(id), unlimited, budget, false}};
  // With ten thousand weights a matching of all would cost more than the budget; and a value takes the time of a
  // hundred cells of a slice, too long for rover-search.
  if (dimension > 1000) out[0].spec.settings["pair_count"] = "500";
  else out.push_back({{"rover-search", {}, "rover-search"}, unlimited, budget, false});
  for (const char* peer : {"gd", "adam", "l-bfgs"}) out.push_back({{peer, {}, peer}, unlimited, budget, true});
  const bool small = dimension <= 50;
  if (dimension <= 100)
    out.push_back({{"cma-es", {}, "cma-es"}, unlimited, small ? budget : afford * dimension, small});
  return out;
}

/// One row of panels, two tables and the lines of one dimension.
void compare(StudyPlace& place, const Size& size, const std::vector<std::string>& ids, StudyResult& result) {
  const std::uint64_t budget = size.budget * size.dimension;
  Figure figure;
  const bool network = ids[0] == "mlp";
  std::vector<std::vector<std::string>> values{{size.title + ", " + std::to_string(budget) + " evaluations"}},
      seconds{{"seconds"}};
  for (const auto& id : ids) {
    Contest contest = contest_of(id, size, place.seed);
    contest.players = players(id, size.dimension, budget);
    const Evaluation played = kept_contest(place, "dimensions-" + size.file + "-" + id, contest);
    figure.panels.push_back(
        contest_panel(played, static_cast<double>(budget),
                      {.clock = CurveClock::evaluations, .y_label = network ? "cross-entropy" : "normalised regret"}));
    values[0].push_back(id), seconds[0].push_back(id);
    const auto agents = agents_of(played);  // the same for all functions
    values.resize(agents.size() + 1), seconds.resize(agents.size() + 1);
    for (std::size_t a = 0; a < agents.size(); ++a) {
      auto reached = scores(played, agents[a], {Mark::Clock::evaluations, budget});
      if (values[a + 1].empty()) values[a + 1] = seconds[a + 1] = {agents[a]};
      values[a + 1].push_back(short_number(median(reached)));
      seconds[a + 1].push_back(short_number(seconds_of(played, agents[a])));
      result.lines.push_back(
          median_line(id + ", " + size.title + ": " + agents[a], network ? "nats" : "regret", std::move(reached)));
    }
  }
  figure.title = size.title,
  figure.note = "Median over starts, all runs shaded, at equal evaluations; a gradient costs 2d of them.";
  write_figures(figure, place.folder, "dimensions-" + size.file);
  result.text += aligned(values);
  if (size.dimension > 50 && size.dimension <= 100)
    result.text += "cma-es: " + std::to_string(afford * size.dimension) +
                   " evaluations, since its own arithmetic takes the time\n";
  result.text += "\n" + aligned(seconds) + "\n";
}

struct Sparse {
  std::string name;
  std::size_t divisor;  ///< pairs a step: d / divisor
};

/// Adaptive pairs against matchings and subsets with as many pairs a step and the same line search, at equal
/// evaluations.
void compare_pairs(StudyPlace& place, StudyResult& result) {
  const std::size_t starts = place.quick ? 4 : 10;
  std::vector<std::string> ids{"guyon", "iris"};
  ids.insert(ids.end(), functions.begin(), functions.end());
  std::vector<std::vector<std::string>> table{
      {"log10 regret, adaptive over …", "pairs a step", "matching", "± 2 s.e.", "", "subset", "± 2 s.e.", ""}};
  Bars bars;
  double balance = 0;
  for (const Sparse& sparse : {Sparse{"every coordinate", 2}, Sparse{"a fifth of them", 10}})
    for (const auto& id : ids) {
      const std::size_t d = id == "iris" ? 193 : 50, count = std::max<std::size_t>((d + 1) / sparse.divisor, 2);
      const std::uint64_t budget = (place.quick ? 300 : 1000) * d;
      const auto subset = static_cast<std::uint64_t>(std::llround(0.5 + std::sqrt(2.0 * static_cast<double>(count))));
      Contest contest = contest_of(id, {"", "", d, starts}, derive_seed(place.seed, 0, "pairs"));
      for (const char* pairs : {"matching", "adaptive", "subset"}) {
        AgentSpec spec = paper_mode(id);
        spec.label = pairs, spec.settings["pairs"] = pairs;
        spec.settings["pair_count"] = std::to_string(spec.label == "subset" ? subset : count);
        contest.players.push_back({std::move(spec), unlimited, budget, false});
      }
      const Evaluation played = kept_contest(place, "pairs-" + id + "-" + std::to_string(sparse.divisor), contest);
      const auto values = [&](const std::string& agent) {
        return scores(played, agent, {Mark::Clock::evaluations, budget});
      };
      const std::string what = id + ", d = " + std::to_string(d);
      table.push_back({what, std::to_string(count)});
      for (const char* other : {"matching", "subset"}) {
        std::vector<double> ratios;
        const auto adaptive = values("adaptive"), random = values(other);
        for (std::size_t k = 0; k < starts; ++k) ratios.push_back(std::log10(adaptive[k] / random[k]));
        ResultLine line = mean_line(what + ", " + sparse.name + ": adaptive over " + other, "log10", ratios);
        double square = 0;
        for (const double ratio : ratios) square += (ratio - line.ours) * (ratio - line.ours);
        const double error = 2 * std::sqrt(square / static_cast<double>(starts * (starts - 1)));
        table.back().insert(table.back().end(), {short_number(line.ours), short_number(error),
                                                 line.ours + error < 0   ? "pays"
                                                 : line.ours - error > 0 ? "costs"
                                                                         : "tie"});
        if (std::string(other) == "matching") {
          bars.labels.push_back(id + ", " + sparse.name), bars.y.push_back(line.ours);
          bars.low.push_back(line.ours - error), bars.high.push_back(line.ours + error);
          balance += line.ours + error < 0 ? 1 : line.ours - error > 0 ? -1 : 0;
        }
        result.lines.push_back(std::move(line));
      }
    }
  ResultLine& line = result.lines.emplace_back();
  line.name = "adaptive over matching: where it pays less where it costs, of " + std::to_string(bars.y.size());
  line.unit = "surfaces", line.ours = balance, line.smaller_is_better = false;
  Figure figure;
  figure.columns = 1;
  figure.note = "Mean over starts ± 2 standard errors; below 0 the adaptive pairs are better.";
  Panel& panel = figure.panels.emplace_back();
  panel.title = "adaptive pairs against random matchings", panel.y_label = "log10 of the ratio of regrets",
  panel.bars = {bars};
  write_figures(figure, place.folder, "pairs");
  result.text += aligned(table);
}

}  // namespace

StudyResult run_dimensions(StudyPlace& place) {
  require_gnuplot();
  std::vector<Size> sizes{{"d = 10", "10", 10, place.quick ? 3u : 10u},
                          {"d = 10, turned", "10-turned", 10, place.quick ? 3u : 10u, true}};
  if (place.quick) sizes.push_back({"d = 50", "50", 50, 3, false, 300});
  else sizes.insert(sizes.end(), {{"d = 100", "100", 100, 3, false, 1000}, {"d = 1000", "1000", 1000, 3, false, 300}});
  place.expect(functions.size() * sizes.size() + 2 * (functions.size() + 2) + !place.quick, 0);
  StudyResult result;
  for (const Size& size : sizes) compare(place, size, functions, result);
  if (!place.quick) compare(place, {"d = 10062", "mlp", 10062, 2, false, 30}, {"mlp"}, result);
  compare_pairs(place, result);
  return result;
}

}  // namespace rover
