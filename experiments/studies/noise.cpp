// rover-search among noise, and with several evaluations at a time, beside the classical field: fresh
// surfaces of the families that searches are tuned on, in 2, 5 and 10 dimensions.
#include <algorithm>
#include <cmath>

#include "agents/trials.h"
#include "core/executor.h"
#include "env/landscapes/noisy.h"
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

/// The first `part` of the surfaces of each seed.
std::vector<std::size_t> first_of_each(std::size_t surfaces, std::size_t seeds, std::size_t part) {
  std::vector<std::size_t> out;
  for (std::size_t k = 0; k < surfaces; ++k)
    if (k % (surfaces / seeds) < part) out.push_back(k);
  return out;
}

std::vector<double> at(const std::vector<double>& values, const std::vector<std::size_t>& where) {
  std::vector<double> out;
  for (const std::size_t k : where) out.push_back(values[k]);
  return out;
}

// ---- Among noise.

struct Level {
  const char* name;
  double share;  // the noise's deviation in the start's regret
};
constexpr Level levels[] = {{"0.1%", 0.001}, {"1%", 0.01}, {"10%", 0.1}};
constexpr const char* main_level = "1%";
constexpr std::uint64_t noisy_evaluations = 1000;
constexpr double least_regret = 1e-8;  // what is lower counts as this

struct Entrant {
  std::string label, id;
  Settings settings = {};
  int colour = -1;  // in the picture; -1: not in it
};
constexpr int cma_es_colour = 2, bobyqa_colour = 3;

std::vector<Entrant> field() {
  const std::string search = ours;
  std::vector<Entrant> all{{search, search, {}, 0},
                           {search + ", noise ignored", search, {{"noise.average", "false"}}, 0}};
  const std::vector<std::pair<std::string, int>> peers{{"cma-es", cma_es_colour},
                                                       {"bobyqa", bobyqa_colour},
                                                       {"nelder-mead", 4},
                                                       {"crs2", -1},
                                                       {"direct-l", -1},
                                                       {"particle-swarm", 5},
                                                       {"differential-evolution", 6},
                                                       {"simulated-annealing", -1},
                                                       {"replica-exchange", -1},
                                                       {"random", 7}};
  for (const auto& [id, colour] : peers)
    if (agents().contains(id)) all.push_back({id, id, {}, colour});
  return all;
}

/// Noise-free regret of the answers over the start's.
std::vector<double> regrets(StudyPlace& place, const std::string& cell, const Entrant& entrant, double share,
                            const std::vector<Trial>& trials, const std::vector<std::size_t>& which) {
  return place.cell(cell, [&] {
    return make_thread_executor(place.threads)->map(which.size(), [&](std::size_t i) {
      Trial trial = trials[which[i]];
      const double regret = trial.start_value - trial.optimum_value;
      trial.landscape = std::make_shared<Noisy>(trial.landscape, share * regret);
      const auto agent = agents().make(entrant.id, entrant.settings);
      const TrialCurve curve =
          play_trial(*agent, trial, {.evaluations = noisy_evaluations, .noisy = true},
                     derive_seed(place.seed, which[i], "noisy run"), {.iterations = 0, .improvements = false});
      return std::max((curve.answer - trial.optimum_value) / regret, least_regret);
    });
  });
}

/// One dimension at one level.
struct Standings {
  std::vector<Entrant> entrants;
  std::vector<std::vector<double>> regrets;  ///< [entrant][surface]
  /// The peer with the lowest geometric mean on these surfaces: neither ours nor its ablation.
  std::size_t best_peer(const std::vector<std::size_t>& surfaces) const {
    std::size_t best = 2;
    for (std::size_t e = 3; e < entrants.size(); ++e)
      if (geometric_mean(at(regrets[e], surfaces)) < geometric_mean(at(regrets[best], surfaces))) best = e;
    return best;
  }
};

double share_above(const std::vector<double>& values, double limit) {
  return static_cast<double>(std::ranges::count_if(values, [&](double value) { return value > limit; })) /
         static_cast<double>(values.size());
}

std::vector<std::size_t> first(std::size_t count) { return first_of_each(count, 1, count); }

std::string among(std::size_t dimension, const Level& level) {
  return "d = " + std::to_string(dimension) + ", noise " + level.name;
}

using Rows = std::vector<std::vector<std::string>>;

/// A row a family: ours beside the peer that is best there, and the peer with the fewest misses. `behind` gets a row
/// for each family where that peer is ahead.
Rows by_family(std::size_t dimension, const Level& level, const std::vector<Trial>& trials, const Standings& standings,
               Rows& behind) {
  Rows rows{{"d = " + std::to_string(dimension), ours, "missed", "best peer", "", "missed", ours + std::string(" / it"),
             "fewest missed", ""}};
  for (std::size_t f = 0; f < varied_families().size(); ++f) {
    std::vector<std::size_t> own;
    for (const std::size_t k : first(trials.size()))
      if (trials[k].family == f) own.push_back(k);
    const std::size_t best = standings.best_peer(own);
    const auto here = at(standings.regrets[0], own), there = at(standings.regrets[best], own);
    const auto missed = [&](std::size_t e) { return share_above(at(standings.regrets[e], own), level.share); };
    std::size_t least = 2;
    for (std::size_t e = 3; e < standings.entrants.size(); ++e)
      if (missed(e) < missed(least)) least = e;
    const std::string family = varied_families()[f], peer = standings.entrants[best].label;
    rows.push_back({family, short_number(geometric_mean(here)), percent(missed(0)), peer,
                    short_number(geometric_mean(there)), percent(missed(best)), quotient_text(here, there),
                    standings.entrants[least].label, percent(missed(least))});
    if (quotient(here, there) > 1)
      behind.push_back({among(dimension, level) + ", " + family, peer, quotient_text(here, there)});
  }
  return rows;
}

/// LIPO takes seconds a run, ever more in more dimensions: on a part of the surfaces, at the main level, in a sentence.
constexpr std::size_t most_lipo_dimensions = 5;
void add_lipo(StudyPlace& place, std::size_t dimension, std::size_t each, const std::vector<Trial>& trials,
              const std::vector<double>& own, StudyResult& result) {
  if (!agents().contains("lipo")) return;
  const auto some = first_of_each(trials.size(), place.seeds, each);
  const auto lipo =
      regrets(place, "lipo-" + std::to_string(dimension), {"lipo", "lipo"}, levels[1].share, trials, some);
  result.text += "lipo on " + std::to_string(some.size()) + " of the surfaces, " + among(dimension, levels[1]) + ": " +
                 interval_text(lipo) + "; " + ours + " over it " + quotient_text(at(own, some), lipo) + "\n";
  result.lines.push_back(
      ratio_line(among(dimension, levels[1]) + ": " + ours + " / lipo", at(own, some), lipo, place.seeds));
}

/// Part one, a dimension at a time.
class AmongNoise {
 public:
  AmongNoise(StudyPlace& place, StudyResult& result) : place_(place), result_(result), each_(place.quick ? 9 : 180) {
    for (const auto& entrant : entrants_) main_.push_back({entrant.label}), by_level_.push_back({entrant.label});
  }

  Panel play(std::size_t dimension) {
    const auto trials = fresh_surfaces(place_, varied_families(), dimension, each_, "noise study");
    Panel panel = empty_panel(dimension);
    for (const Level& level : levels) {
      const Standings standings = play(dimension, level, trials);
      add(dimension, level, standings, panel);
      const Rows families = by_family(dimension, level, trials, standings, behind_);
      if (level.name != std::string(main_level)) continue;
      families_.text += aligned(families) + "\n";
      if (!place_.quick && dimension <= most_lipo_dimensions)
        add_lipo(place_, dimension, 18, trials, standings.regrets[0], families_);
    }
    return panel;
  }

  void finish() {
    result_.text += "Noise-free regret of the answer over the start's after " + std::to_string(noisy_evaluations) +
                    " evaluations, geometric mean over " + std::to_string(each_ * place_.seeds) +
                    " surfaces a dimension, 95 % intervals; missed: share of answers whose regret is above the noise's "
                    "deviation\n" +
                    aligned_within(main_, 1, 120) + "\nBy the noise's deviation in parts of the start's regret\n" +
                    aligned_within(by_level_, 1, 120) + "\nBy family, noise 1%: beside the peer that is best there\n" +
                    families_.text + "\nWhere the peer that is best on a family is ahead\n" + aligned(behind_) + "\n";
    result_.lines.insert(result_.lines.end(), families_.lines.begin(), families_.lines.end());
  }

 private:
  Panel empty_panel(std::size_t dimension) const {
    Panel panel;
    panel.title = "d = " + std::to_string(dimension) + ", among noise", panel.log_x = panel.log_y = true;
    panel.x_label = "deviation of the noise / regret of the start";
    if (dimension == dimensions[0]) panel.y_label = "regret of the answer / of the start";
    for (const auto& entrant : entrants_)
      if (entrant.colour >= 0) {
        Curve& curve = panel.curves.emplace_back();
        curve.label = entrant.label, curve.colour = entrant.colour;
      }
    panel.curves[0].thick = panel.curves[0].points = true, panel.curves[1].dashed = true;
    return panel;
  }

  Standings play(std::size_t dimension, const Level& level, const std::vector<Trial>& trials) {
    Standings out{entrants_, {}};
    for (const auto& entrant : entrants_) {
      std::string cell = "noise-" + std::to_string(dimension) + "-" + level.name + "-" + entrant.label;
      std::erase_if(cell, [](char c) { return c == ' ' || c == ',' || c == '%'; });
      out.regrets.push_back(regrets(place_, cell, entrant, level.share, trials, first(trials.size())));
    }
    return out;
  }

  void add(std::size_t dimension, const Level& level, const Standings& standings, Panel& panel) {
    const bool is_main = level.name == std::string(main_level);
    const std::string group = "d = " + std::to_string(dimension) + ": ";
    const auto& own = standings.regrets[0];
    by_level_[0].push_back(group + level.name);
    if (is_main) main_[0].insert(main_[0].end(), {group + "regret", ours + std::string(" / it"), "missed"});
    auto curve = panel.curves.begin();
    for (std::size_t e = 0; e < entrants_.size(); ++e) {
      const auto& values = standings.regrets[e];
      by_level_[e + 1].push_back(short_number(geometric_mean(values)));
      if (is_main)
        main_[e + 1].insert(main_[e + 1].end(), {interval_text(values), e == 0 ? "" : quotient_text(own, values),
                                                 percent(share_above(values, level.share))});
      if (entrants_[e].colour < 0) continue;
      curve->x.push_back(level.share), curve->y.push_back(geometric_mean(values));
      ++curve;
    }
    const std::size_t best = standings.best_peer(first(own.size()));
    const std::string what = among(dimension, level) + ": " + ours + " / ";
    result_.lines.push_back(
        ratio_line(what + "the best peer, " + entrants_[best].label, own, standings.regrets[best], place_.seeds));
    if (is_main) result_.lines.back().target = 1;
    result_.lines.push_back(ratio_line(what + "with noise ignored", own, standings.regrets[1], place_.seeds));
  }

  StudyPlace& place_;
  StudyResult& result_;
  std::size_t each_;
  std::vector<Entrant> entrants_ = field();
  Rows main_{{"noise 1%"}}, by_level_{{"regret"}}, behind_{{"surfaces", "peer", ours + std::string(" / it")}};
  StudyResult families_;
};

// ---- Several evaluations at a time.

constexpr std::size_t batches[] = {1, 2, 4, 8, 16};
constexpr std::uint64_t evaluations_a_coordinate = 1000;

Costs costs(StudyPlace& place, const std::string& cell, const std::string& id, const Settings& settings,
            Together together, std::size_t at_once, const std::vector<Trial>& trials) {
  return costs_to_fifty_targets(place, cell, id, settings, trials, evaluations_a_coordinate, together, at_once);
}

/// CMA-ES' own population, rounded up to whole rounds.
std::size_t population(std::size_t dimension, std::size_t at_once) {
  const auto usual = static_cast<std::size_t>(4 + std::floor(3 * std::log(static_cast<double>(dimension))));
  return (usual + at_once - 1) / at_once * at_once;
}

void in_rounds(StudyPlace& place, Figure& figure, StudyResult& result) {
  const std::size_t each = place.quick ? 9 : 45;
  std::vector<std::vector<std::string>> rows{{"agent", "at a time"}};
  for (const std::size_t d : dimensions) {
    const auto trials = fresh_surfaces(place, varied_families(), d, each, "noise study");
    const std::string name = "d = " + std::to_string(d), group = name + ": ";
    rows[0].insert(rows[0].end(), {group + "evaluations", "/ one at a time", "rounds", "/ one at a time", "reached"});
    Panel panel;
    panel.title = name + ", without noise", panel.log_x = panel.log_y = true, panel.x_label = "evaluations at a time";
    if (d == dimensions[0]) panel.y_label = "rounds to fifty targets";
    Costs one;
    std::size_t row = 0;
    const auto add = [&](const std::string& agent, std::size_t at_once, const Costs& costs) {
      if (++row == rows.size()) rows.push_back({agent, at_once == 0 ? "any" : std::to_string(at_once)});
      const auto there = [&](const std::vector<double>& a, const std::vector<double>& b) {
        return &costs == &one ? "1" : quotient_text(a, b);
      };
      rows[row].insert(
          rows[row].end(),
          {short_number(geometric_mean(costs.evaluations)), there(costs.evaluations, one.evaluations),
           short_number(geometric_mean(costs.rounds)), there(costs.rounds, one.rounds), percent(mean(costs.reached))});
    };
    const auto draw = [&](Curve& curve, std::size_t at_once, const Costs& costs) {
      curve.x.push_back(static_cast<double>(at_once)), curve.y.push_back(geometric_mean(costs.rounds));
    };
    std::vector<Costs> own;
    Curve& search = panel.curves.emplace_back();
    search.label = ours, search.colour = 0, search.thick = search.points = true;
    for (const std::size_t k : batches) {
      own.push_back(costs(place, "rounds-" + std::to_string(d) + "-" + ours + "-" + std::to_string(k), ours,
                          {{"batch", std::to_string(k)}}, Together::look, k, trials));
      if (k == 1) one = own[0], add(ours, k, one);
      else add(ours, k, own.back());
      draw(search, k, own.back());
      if (k == 1) continue;
      const std::string what = name + ", " + std::to_string(k) + " at a time: ";
      result.lines.push_back(
          ratio_line(what + "evaluations / one at a time", own.back().evaluations, one.evaluations, place.seeds));
      result.lines.push_back(ratio_line(what + "rounds / one at a time", own.back().rounds, one.rounds, place.seeds));
    }
    if (agents().contains("cma-es")) {
      Curve& curve = panel.curves.emplace_back();
      curve.label = "cma-es", curve.colour = cma_es_colour;
      for (std::size_t b = 0; b < own.size(); ++b) {
        const std::size_t k = batches[b];
        const Costs peer = costs(place, "rounds-" + std::to_string(d) + "-cma-es-" + std::to_string(k), "cma-es",
                                 {{"population", std::to_string(population(d, k))}}, Together::iteration, k, trials);
        add("cma-es", k, peer), draw(curve, k, peer);
        result.lines.push_back(ratio_line(name + ", " + std::to_string(k) + " at a time: rounds / cma-es'",
                                          own[b].rounds, peer.rounds, place.seeds));
      }
    }
    if (agents().contains("bobyqa")) {
      Curve& curve = panel.curves.emplace_back();
      curve.label = "bobyqa", curve.colour = bobyqa_colour;
      const Costs peer =
          costs(place, "rounds-" + std::to_string(d) + "-bobyqa", "bobyqa", {}, Together::look, 1, trials);
      add("bobyqa", 0, peer);
      for (const std::size_t k : batches) draw(curve, k, peer);
    }
    figure.panels.push_back(std::move(panel));
  }
  result.text += "Evaluations and rounds to fifty targets, even in the logarithm down to 1e-8 of the start's regret, " +
                 std::to_string(evaluations_a_coordinate) + "·d evaluations, no noise: geometric means over " +
                 std::to_string(each * place.seeds) + " surfaces; / what " + ours +
                 " needs with one at a time, 95 % intervals; share of the targets that were reached\n" +
                 aligned_within(rows, 2, 120) + "\n";
}

}  // namespace

StudyResult run_noise(StudyPlace& place) {
  require_gnuplot();
  constexpr std::size_t count = std::size(dimensions);
  place.expect(count * (field().size() * std::size(levels) + 2 * std::size(batches) + 1) + (place.quick ? 0 : 2), 0);
  StudyResult result;
  Figure figure;
  figure.columns = 3;
  AmongNoise noise(place, result);
  for (const std::size_t d : dimensions) figure.panels.push_back(noise.play(d));
  noise.finish();
  in_rounds(place, figure, result);
  figure.note = "Above: noise-free regret of the answer after " + std::to_string(noisy_evaluations) +
                " noisy evaluations. Below: rounds to fifty targets down to 1e-8 of the start's regret, no noise. " +
                "Geometric means over surfaces of nine families.";
  write_figures(figure, place.folder, "noise");
  return result;
}

}  // namespace rover
