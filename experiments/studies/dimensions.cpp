// Test functions in 10 to 1000 dimensions and a larger network: the Rover in both modes and its peers at equal evaluations; and whether
// pairs that are chosen by what their slices promised beat random ones.
#include <algorithm>
#include <cmath>

#include "env/landscapes/registry.h"
#include "experiments/studies/high_dimensions.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr double rounding = 1e-16;
const std::vector<std::string> functions{"rosenbrock", "rastrigin", "ackley", "griewank", "styblinski"};

/// Starts on one surface, or on as many as there are starts where it is drawn (`drawn`).
Contest contest_of(const std::string& id, std::size_t dimension, std::size_t starts, std::uint64_t seed, bool drawn) {
  Contest contest;
  contest.name = id;
  const auto make = [&](std::uint64_t k) -> std::shared_ptr<const Landscape> {
    const bool own_size = id == "iris" || id == "mlp";
    const LandscapeOptions options{.dimension = own_size ? LandscapeOptions{}.dimension : dimension, .seed = derive_seed(seed, k, id)};
    return landscapes().make(id, to_settings(options));
  };
  std::shared_ptr<const Landscape> landscape = make(0);
  for (std::size_t k = 0; k < starts; ++k)
    contest.trials.push_back(draw_trial(drawn ? make(k) : landscape, derive_seed(seed, k, "trial " + id)));
  for (std::size_t k = 0; k < 3; ++k) {
    if (drawn) landscape = make(1000 + k);
    contest.tuning.push_back({landscape, draw_trial(landscape, derive_seed(seed, k, "tuning " + id)).start});
  }
  return contest;
}

std::vector<Player> players(const std::string& id, std::size_t dimension, std::uint64_t budget) {
  std::vector<Player> out{{ours_in_many_dimensions(), unlimited, budget, false}};
  if (id != "mlp") out.push_back({{"rover", {{"mode", "per-evaluation"}}, "rover, per evaluation"}, unlimited, budget, false});
  for (const char* peer : {"gd", "adam", "l-bfgs"}) out.push_back({{peer, {}, peer}, unlimited, budget, true});
  if (dimension <= 100) out.push_back({{"cma-es", {}, "cma-es"}, unlimited, budget, dimension <= 50});
  return out;
}

double seconds_of(const Evaluation& clock, const std::string& agent) {
  std::vector<double> out;
  for (const auto& curve : clock.curves)
    if (curve.agent == agent) out.push_back(1e-6 * static_cast<double>(curve.evaluations.back()));
  return median(out);
}

/// One row of panels, two tables and the lines of one dimension.
void compare(StudyPlace& place, const std::string& title, const std::vector<std::string>& ids, std::size_t dimension, std::uint64_t budget,
             StudyResult& result) {
  Figure figure;
  std::vector<std::vector<std::string>> regrets{{title + ", " + std::to_string(budget) + " evaluations"}}, seconds{{title + ", seconds"}};
  for (const auto& id : ids) {
    Contest contest = contest_of(id, dimension, place.quick ? 3 : 5, place.seed, false);
    contest.players = players(id, dimension, budget);
    const Played played = kept_contest(place, "dimensions-" + id + "-" + std::to_string(dimension), contest);
    figure.panels.push_back(contest_panel(
        played.evaluation, budget, {.clock = Mark::Clock::evaluations, .y_label = id == "mlp" ? "cross-entropy" : "normalised regret"}));
    regrets[0].push_back(id), seconds[0].push_back(id);
    const auto agents = agents_of(played.evaluation);
    regrets.resize(std::max(regrets.size(), agents.size() + 1)), seconds.resize(regrets.size());
    for (std::size_t a = 0; a < agents.size(); ++a) {
      auto values = scores(played.evaluation, agents[a], {Mark::Clock::evaluations, budget});
      regrets[a + 1].resize(1), seconds[a + 1].resize(1);
      regrets[a + 1][0] = seconds[a + 1][0] = agents[a];
      regrets[a + 1].resize(regrets[0].size() - 1), seconds[a + 1].resize(regrets[0].size() - 1);
      regrets[a + 1].push_back(short_number(median(values)));
      seconds[a + 1].push_back(short_number(seconds_of(played.clock, agents[a])));
      result.lines.push_back(median_line(id + ", " + title + ": " + agents[a], id == "mlp" ? "nats" : "regret", std::move(values)));
    }
  }
  figure.title = title, figure.note = "Median over starts, all runs shaded, at equal evaluations; a gradient costs 2d of them.";
  write_figures(figure, place.folder, "dimensions-" + std::to_string(dimension));
  result.text += aligned(regrets) + "\n" + aligned(seconds) + "\n";
}

struct Sparse {
  std::string name;
  std::size_t divisor;  ///< pairs a step: d / divisor
};

/// Adaptive pairs against matchings and subsets with as many pairs a step and the same line search, at equal evaluations.
void compare_pairs(StudyPlace& place, StudyResult& result) {
  const std::size_t starts = place.quick ? 4 : 10;
  std::vector<std::string> ids{"guyon", "iris"};
  ids.insert(ids.end(), functions.begin(), functions.end());
  std::vector<std::vector<std::string>> table{
      {"log10 regret, adaptive over …", "pairs a step", "matching", "± 2 s.e.", "", "subset", "± 2 s.e.", ""}};
  Bars bars;
  for (const Sparse& sparse : {Sparse{"every coordinate", 2}, Sparse{"a fifth of them", 10}})
    for (const auto& id : ids) {
      const std::size_t d = id == "iris" ? 193 : 50, count = std::max<std::size_t>((d + 1) / sparse.divisor, 2);
      const std::uint64_t budget = (place.quick ? 300 : 1000) * d;
      const auto subset = static_cast<std::uint64_t>(std::llround(0.5 + std::sqrt(2.0 * static_cast<double>(count))));
      Contest contest = contest_of(id, d, starts, derive_seed(place.seed, 0, "pairs"), id == "guyon");
      for (const char* pairs : {"matching", "adaptive", "subset"}) {
        AgentSpec spec = ours_in_many_dimensions();
        spec.label = pairs, spec.settings["pairs"] = pairs;
        spec.settings["pair_count"] = std::to_string(spec.label == "subset" ? subset : count);
        contest.players.push_back({std::move(spec), unlimited, budget, false});
      }
      const Evaluation played = kept_contest(place, "pairs-" + id + "-" + std::to_string(sparse.divisor), contest).evaluation;
      const auto values = [&](const std::string& agent) { return scores(played, agent, {Mark::Clock::evaluations, budget}); };
      const std::string what = id + ", d = " + std::to_string(d);
      table.push_back({what, std::to_string(count)});
      for (const char* other : {"matching", "subset"}) {
        std::vector<double> ratios;
        const auto adaptive = values("adaptive"), random = values(other);
        for (std::size_t k = 0; k < starts; ++k)
          ratios.push_back(std::log10(std::max(adaptive[k], rounding) / std::max(random[k], rounding)));
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
          line.target = 0;
        }
        result.lines.push_back(std::move(line));
      }
    }
  Figure figure;
  figure.columns = 1;
  figure.note = "Mean over starts ± 2 standard errors, at equal evaluations; below 0 the adaptive pairs are better.";
  Panel& panel = figure.panels.emplace_back();
  panel.title = "adaptive pairs against random matchings", panel.y_label = "log10 of the ratio of regrets", panel.bars = {bars};
  write_figures(figure, place.folder, "pairs");
  result.text += aligned(table);
}

}  // namespace

StudyResult run_dimensions(StudyPlace& place) {
  require_gnuplot();
  const std::vector<std::size_t> dimensions = place.quick ? std::vector<std::size_t>{10, 50} : std::vector<std::size_t>{10, 100, 1000};
  place.expect(functions.size() * dimensions.size() + 2 * (functions.size() + 2) + !place.quick);
  StudyResult result;
  for (const std::size_t d : dimensions) compare(place, "d = " + std::to_string(d), functions, d, (place.quick ? 500 : 2000) * d, result);
  if (!place.quick) compare(place, "d = 10062", {"mlp"}, 10062, 100 * 10062, result);
  compare_pairs(place, result);
  return result;
}

}  // namespace rover
