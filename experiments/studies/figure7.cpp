// Figure 7: a 4-10-10-3 network on Fisher's irises, d = 193, and which two-dimensional slices a step looks at.
#include <algorithm>
#include <array>

#include "env/landscapes/registry.h"
#include "experiments/studies/high_dimensions.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::uint64_t early = 100, late = 500;
constexpr std::uint64_t dear = 10'000;  // evaluations a step: what costs more is played for T = 100 only
constexpr const char* layers = "50,110,33";

struct Sampling {
  std::string panel, legend;
  AgentSpec spec;
  std::uint64_t pairs;  // a step
};

/// The paper's three strategies at three strengths each, and ours.
std::vector<Sampling> samplings(bool quick) {
  static constexpr const char* strengths[] = {"weakest", "middle", "strongest"};
  constexpr std::uint64_t d = 193;
  std::vector<Sampling> out;
  const auto paper = [&](const std::string& panel, const std::string& label, Settings settings,
                         std::array<std::uint64_t, 3> counts) {
    for (std::size_t s = 0; s < (quick ? 2 : 3); ++s) {
      const std::uint64_t count = counts[s];
      settings["pair_count"] = std::to_string(count);
      const bool subset = settings["pairs"] == "subset";
      out.push_back({panel, strengths[s], papers_in_many_dimensions(settings, label + std::to_string(count)),
                     subset ? count * (count - 1) / 2 : count * d});
    }
  };
  paper("k dimensions, all pairs among them (7a)", "subset k = ", {{"pairs", "subset"}}, {10, 20, 50});
  paper("l pairs for each dimension (7b)", "per dimension l = ", {{"pairs", "per-dimension"}}, {1, 2, 5});
  paper("l pairs within the layer (7c)", "layer l = ", {{"pairs", "layer"}, {"layers", layers}}, {1, 2, 5});
  const auto ours = [&](const std::string& pairs, const std::string& label) {
    AgentSpec spec = ours_in_many_dimensions();
    spec.settings["pairs"] = pairs, spec.label = label;
    if (pairs == "layer") spec.settings["layers"] = layers;
    out.push_back({"with a line search (ours)", label, std::move(spec), pairs == "layer" ? d : (d + 1) / 2});
  };
  ours("matching", "matching"), ours("adaptive", "adaptive"), ours("layer", "layer l = 1, line search");
  return out;
}

Contest contest_of(const StudyPlace& place) {
  Contest contest;
  contest.name = "iris";
  const std::shared_ptr<const Landscape> landscape = landscapes().make("iris", to_settings(LandscapeOptions{}));
  for (std::size_t k = 0; k < (place.quick ? 2 : 3); ++k)
    contest.trials.push_back(draw_trial(landscape, derive_seed(place.seed, k, "trial")));
  for (std::size_t k = 0; k < 5; ++k)
    contest.tuning.push_back(draw_trial(landscape, derive_seed(place.seed, k, "tuning")));
  return contest;
}

}  // namespace

StudyResult run_figure7(StudyPlace& place) {
  require_gnuplot();
  const std::uint64_t horizon = place.quick ? early : late;
  const auto all = samplings(place.quick);
  Contest contest = contest_of(place);
  const std::size_t n2 = 64;  // at most: the grids that ship have 6² or 8² cells
  place.expect(all.size() + 3, 0);
  Evaluation played;
  std::vector<std::string> panels;
  for (std::size_t k = 0; k < all.size(); ++k) {
    contest.players = {{all[k].spec, all[k].pairs * n2 > dear ? early : horizon, unlimited, false}};
    const Evaluation part = kept_contest(place, "figure7-rover-" + std::to_string(k), contest);
    append(played, part);
    if (std::ranges::find(panels, all[k].panel) == panels.end()) panels.push_back(all[k].panel);
  }
  // Peers are tuned for each horizon, and for as many evaluations as matching took until T = 100.
  const std::uint64_t budget = evaluations_after(played, "matching", early);
  const auto peers = [&](std::uint64_t iterations, std::uint64_t evaluations) {
    contest.players = {{{"gd", {}, "gd"}, iterations, evaluations, true},
                       {{"adam", {}, "adam"}, iterations, evaluations, true}};
    if (evaluations < unlimited) {
      contest.players.push_back({{"l-bfgs", {}, "l-bfgs"}, iterations, evaluations, false});
      contest.players.push_back({{"rover-search", {}, "rover-search"}, iterations, evaluations, false});
    }
  };
  peers(early, unlimited);
  const Evaluation first = kept_contest(place, "figure7-peers-100", contest);
  peers(late, unlimited);
  const Evaluation second = kept_contest(place, "figure7-peers-500", contest);
  peers(unlimited, budget);
  const Evaluation equal = kept_contest(place, "figure7-peers-equal", contest);

  const CurveStyle style{.y_label = "cross-entropy", .floor = 1e-6};
  Figure iterations;
  iterations.columns = 2;
  for (const auto& name : panels) {
    Evaluation part;
    std::vector<std::string> legends;
    for (const auto& sampling : all)
      if (sampling.panel == name) append(part, only(played, {sampling.spec.label})), legends.push_back(sampling.legend);
    append(part, horizon == late ? second : first);
    Panel& panel = iterations.panels.emplace_back(contest_panel(part, static_cast<double>(horizon), style));
    panel.title = name, panel.curves[0].thick = legends[0] == "matching";
    for (std::size_t c = 0; c < panel.curves.size(); ++c) {
      const bool peer = c >= legends.size(), own = legends[0] == "matching";
      if (!peer) panel.curves[c].label = legends[c];
      panel.curves[c].colour = static_cast<int>(peer ? 6 + c - legends.size() : own ? c : 3 + c);
    }
  }
  iterations.note =
      "Median over starts, all runs shaded. Weakest, middle, strongest: k = 10, 20, 50; l = 1, 2, 5, the dear ones "
      "until T = 100.";
  write_figures(iterations, place.folder, "figure7-iterations");

  Evaluation dearest = only(played, {"matching", "subset k = 10", "per dimension l = 1", "layer l = 1"});
  append(dearest, equal);
  Figure evaluations;
  evaluations.panels = {contest_panel(dearest, static_cast<double>(budget),
                                      {.clock = CurveClock::evaluations, .y_label = "cross-entropy", .floor = 1e-6})};
  evaluations.panels[0].title = "at equal evaluations", evaluations.columns = 1;
  for (std::size_t c = 0; c < evaluations.panels[0].curves.size(); ++c)
    evaluations.panels[0].curves[c].colour = static_cast<int>(c);
  evaluations.note = "Median over starts, all runs shaded. A gradient costs 2d = 386 evaluations.";
  write_figures(evaluations, place.folder, "figure7-evaluations");

  StudyResult result;
  std::vector<std::vector<std::string>> table{
      {"median cross-entropy", "T = 100", "evaluations", "seconds", "T = 500", "evaluations", "seconds"}};
  const auto row = [&](const std::string& agent, const Evaluation& at_early, const Evaluation& at_late) {
    table.push_back({agent});
    for (const auto& [t, runs] : {std::pair{early, &at_early}, {late, &at_late}}) {
      const auto reached = [&](const EvaluationCurve& curve) {
        return curve.agent == agent && curve.iterations.back() >= t;
      };
      if (std::ranges::none_of(runs->curves, reached)) continue;
      auto values = scores(*runs, agent, {Mark::Clock::iterations, t});
      table.back().insert(table.back().end(),
                          {short_number(median(values)), std::to_string(evaluations_after(*runs, agent, t)),
                           short_number(seconds_after(*runs, agent, t))});
      ResultLine line = median_line(agent + ", T = " + std::to_string(t), "nats", std::move(values));
      if (agent == "matching") line.target = t == early ? 0.016 : 0.002;
      result.lines.push_back(std::move(line));
    }
  };
  for (const auto& sampling : all) row(sampling.spec.label, played, played);
  for (const char* agent : {"gd", "adam"}) row(agent, first, second);
  for (const auto& agent : agents_of(equal))
    result.lines.push_back(
        median_line(agent + " at the evaluations of matching's T = 100 (" + std::to_string(budget) + ")", "nats",
                    scores(equal, agent, {Mark::Clock::evaluations, budget})));
  result.text = aligned(table);
  return result;
}

}  // namespace rover
