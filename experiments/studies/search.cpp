// rover-search in 2, 5 and 10 dimensions: beside the classical field, part by part, and steered by policies that never
// saw the families that they are judged on.
#include <algorithm>
#include <cmath>

#include "agents/agent.h"
#include "env/landscapes/varied.h"
#include "experiments/figure.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/studies/search_contest.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr const char* ours = "rover-search";
constexpr std::size_t dimensions[] = {2, 5, 10};
constexpr std::uint64_t evaluations_a_coordinate = 1000;

struct Player {
  std::string name, id;
  Settings settings = {};
};

std::vector<Player> field() {
  std::vector<Player> out{{ours, ours}, {"random control", ours, {{"control", "random"}}}};
  for (const char* id :
       {"bobyqa", "nelder-mead", "cma-es", "direct-l", "crs2", "differential-evolution", "particle-swarm", "random"})
    if (agents().contains(id)) out.push_back({id, id});
  return out;
}

/// One part switched off or replaced at a time.
std::vector<Player> ablated() {
  return {{"round window", ours, {{"descent.metric", "0"}}},
          {"ball-shaped models", ours, {{"descent.fit.prior", "0.01"}}},
          {"hardly any ridge", ours, {{"descent.fit.prior", "1000"}}},
          {"fits see near samples only", ours, {{"descent.fit.reach", "2"}}},
          {"fits without weights", ours, {{"descent.fit.decay", "0"}}},
          {"every look in full", ours, {{"descent.need", "3"}, {"descent.fresh", "3"}}},
          {"precision is never asked for", ours, {{"descent.fit.finest", "1"}}},
          {"misses change nothing", ours, {{"descent.need_noise", "0"}, {"descent.fit.adapt", "0"}}},
          {"descents are never given up", ours, {{"descent.abandon", "1e9"}}},
          {"no populations", ours, {{"populations", "0"}}},
          {"populations without surrogate", ours, {{"population.agreement", "1"}}},
          {"populations from the beginning", ours, {{"alone", "0"}}},
          {"no sweeps", ours, {{"sweeps", "false"}}}};
}

/// "round-window": cells are named by content.
std::string cell_name(const std::string& name, std::size_t d) {
  std::string out = name + "-" + std::to_string(d);
  std::ranges::replace(out, ' ', '-');
  return out;
}

std::string in(std::size_t d) { return "d = " + std::to_string(d) + ": "; }

class SearchStudy {
 public:
  explicit SearchStudy(StudyPlace& place) : place_(place), each_(place.quick ? 9 : 63) {}

  StudyResult run() {
    require_gnuplot();
    const auto peers = field(), parts = ablated();
    place_.expect(std::size(dimensions) * (peers.size() + parts.size()), 0);
    std::vector<std::vector<std::string>> standings{{"agent"}}, changed{{"one part changed"}};
    for (const auto& player : peers) standings.push_back({player.name});
    for (const auto& player : parts) changed.push_back({player.name});
    Figure figure;
    figure.columns = 3;
    for (const std::size_t d : dimensions) {
      const auto trials = fresh_surfaces(place_, varied_families(), d, each_, "search study");
      const auto play = [&](const Player& player) {
        return costs_to_fifty_targets(place_, cell_name(player.name, d), player.id, player.settings, trials,
                                      evaluations_a_coordinate);
      };
      const Costs own = play(peers[0]);
      standings[0].insert(standings[0].end(), {in(d) + "evaluations", "/ ours", "to the last", "reached"});
      for (std::size_t p = 0; p < peers.size(); ++p) {
        const Costs costs = p == 0 ? own : play(peers[p]);
        standings[p + 1].insert(standings[p + 1].end(),
                                {short_number(geometric_mean(costs.evaluations)),
                                 p == 0 ? "1" : quotient_text(costs.evaluations, own.evaluations),
                                 short_number(geometric_mean(costs.last)), percent(mean(costs.reached))});
        if (p > 0) add_line(d, "over " + peers[p].name + "'s", own.evaluations, costs.evaluations);
      }
      changed[0].insert(changed[0].end(), {in(d) + "evaluations / all parts'", "to the last", "reached"});
      Panel panel;
      panel.title = "d = " + std::to_string(d);
      if (d == dimensions[0]) panel.y_label = "evaluations over those of all parts (above 1: it pays)";
      panel.level = 1;
      Bars& bars = panel.bars.emplace_back();
      for (std::size_t p = 0; p < parts.size(); ++p) {
        const Costs costs = play(parts[p]);
        const RatioInterval ratio = quotient_interval(costs.evaluations, own.evaluations);
        changed[p + 1].insert(changed[p + 1].end(),
                              {quotient_text(costs.evaluations, own.evaluations), quotient_text(costs.last, own.last),
                               percent(mean(costs.reached))});
        bars.labels.push_back(parts[p].name), bars.y.push_back(ratio.ratio);
        bars.low.push_back(ratio.low), bars.high.push_back(ratio.high);
        ResultLine line =
            ratio_line(in(d) + parts[p].name + " / all parts", costs.evaluations, own.evaluations, place_.seeds);
        result_.lines.push_back(std::move(line));
      }
      figure.panels.push_back(std::move(panel));
    }
    result_.text = "Evaluations to fifty targets, even in the logarithm down to 1e-8 of the start's regret, " +
                   std::to_string(evaluations_a_coordinate) + "·d evaluations: geometric means over " +
                   std::to_string(each_ * place_.seeds) +
                   " surfaces a dimension, a target that was not reached at 1.5 times that; 95 % intervals\n" +
                   aligned_within(standings, 1, 120) + "\n" + aligned_within(changed, 1, 120) + "\n";
    figure.title = "What each part of rover-search is worth";
    figure.note = "Evaluations to fifty targets down to 1e-8 of the start's regret, geometric means over " +
                  std::to_string(each_ * place_.seeds) + " fresh surfaces of nine families; 95 % intervals.";
    write_figures(figure, place_.folder, "search");
    return std::move(result_);
  }

 private:
  void add_line(std::size_t d, const std::string& what, const std::vector<double>& a, const std::vector<double>& b) {
    result_.lines.push_back(ratio_line(in(d) + "evaluations " + what, a, b, place_.seeds));
  }

  StudyPlace& place_;
  StudyResult result_;
  std::size_t each_;
};

}  // namespace

StudyResult run_search(StudyPlace& place) { return SearchStudy(place).run(); }

}  // namespace rover
