// The Rover that counts its evaluations: against common choices, part by part, and learned control against the tuned
// rule.
#include <algorithm>
#include <cmath>

#include "agents/models.h"
#include "agents/search/learned_controller.h"
#include "experiments/evaluation.h"
#include "experiments/figure.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr const char* learned = "learned control";

struct Player {
  std::string name, agent;
  Settings settings;
};

Player rule() { return {"tuned rule", "rover-search", {}}; }

/// One part switched off or replaced at a time.
std::vector<Player> ablated() {
  const auto change = [](const char* name, Settings settings) {
    Player player = rule();
    player.name = name;
    for (const auto& [key, value] : settings) player.settings[key] = value;
    return player;
  };
  return {change("the window does not follow the best sample", {{"recentre", "false"}}),
          change("no try", {{"tries", "0"}}),
          change("no doubled try", {{"tries", "1"}}),
          change("every look in full", {{"top_up", "0"}}),
          change("fits see the near samples only", {{"reach", "1.2"}}),
          change("fits without weights", {{"decay", "0"}}),
          change("gradient heading", {{"heading", "gradient"}}),
          change("random heading", {{"heading", "random"}}),
          change("round window", {{"aspect", "1"}}),
          change("grid of 3×3 as stencil", {{"stencil", "grid"}, {"stencil_size", "3"}}),
          change("grid of 4×4 as stencil", {{"stencil", "grid"}, {"stencil_size", "4"}}),
          change("no first look at the box", {{"first_look", "0"}}),
          change("descents never abandoned", {{"abandon", "0"}}),
          change("no points over the box", {{"halton", "0"}}),
          change("no hops", {{"hops", "0"}}),
          change("resolution halves without gain", {{"resolution", "halve"}}),
          change("random resolution", {{"resolution", "random"}}),
          change("random control", {{"control", "random"}})};
}

/// "grid-of-3-3-as-stencil": cells are named by content, not by place in a list.
std::string file_name(const std::string& name) {
  std::string out;
  for (const char c : name)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) out += c;
    else if (!out.empty() && out.back() != '-') out += '-';
  return out;
}

/// The first evaluation at which the best value had a normalised regret of 1e-3 or less; the budget if there was none.
double evaluations_to_solve(const EvaluationCurve& curve, std::uint64_t budget) {
  for (std::size_t k = 0; k < curve.best_value.size(); ++k)
    if (normalized_regret(curve, curve.best_value[k]) <= 1e-3)
      return static_cast<double>(std::max<std::uint64_t>(curve.evaluations[k], 1));
  return static_cast<double>(budget);
}

/// Shares of runs solved (regret ≤ 1e-3) at the marks, then by gap ≤ 1e-3, then the mean of ln(evaluations to regret
/// 1e-3).
std::vector<double> play(const Player& player, const Suite& suite, const EvaluationOptions& options,
                         const std::vector<std::uint64_t>& marks) {
  const Evaluation evaluation = evaluate({{player.agent, player.settings, player.name}}, suite, options);
  std::vector<double> out;
  for (const bool by_gap : {false, true})
    for (const std::uint64_t mark : marks) {
      const Statistics at = statistics(evaluation, player.name, "", {Mark::Clock::evaluations, mark});
      out.push_back(by_gap ? at.solved_1e3 : at.regret_1e3);
    }
  double log = 0;
  for (const auto& curve : evaluation.curves) log += std::log(evaluations_to_solve(curve, options.budget));
  out.push_back(log / static_cast<double>(evaluation.curves.size()));
  return out;
}

class PerEvaluation {
 public:
  explicit PerEvaluation(StudyPlace& place) : place_(place) {}

  StudyResult run() {
    require_gnuplot();
    std::vector<Player> players{rule()};
    if (find_shipped_model("controller")) {
      players.push_back({learned, "rover-search", {{"from", "controller"}}});
      players.push_back(rule_of_controller());
    }
    players.push_back({"random control", "rover-search", {{"control", "random"}}});
    for (const char* peer : {"direct-l", "bobyqa", "nelder-mead", "cma-es", "differential-evolution", "particle-swarm",
                             "l-bfgs", "random"})
      players.push_back({peer, peer, {}});
    const auto parts = ablated();
    place_.expect((3 * players.size() + parts.size()) * place_.seeds, 0);

    compare("paper", players, {200, 1000, 6400}, {.90, .98, 1.00}, place_.quick ? 20 : 100, 6400);
    compare("shifted", players, {200, 1000, 6400}, {}, place_.quick ? 20 : 100, 6400);
    compare("extended", players, {100, 200, 1000}, {.89, .94, .99}, place_.quick ? 40 : 300, 1000);
    ablate(parts, place_.quick ? 40 : 300);
    return std::move(result_);
  }

 private:
  /// The shipped controller's search without the controller: the rule with the constants that it was trained on.
  static Player rule_of_controller() {
    return {"its rule alone", "rover-search",
            to_settings(ControllerModel::load(Checkpoint::read(shipped_model("controller"))).search)};
  }

  /// [seed][number]
  std::vector<std::vector<double>> all_seeds(const std::string& cell, const Player& player, const Suite& suite,
                                             std::size_t starts, std::uint64_t budget,
                                             const std::vector<std::uint64_t>& marks) {
    std::vector<std::vector<double>> out;
    for (std::size_t k = 0; k < place_.seeds; ++k)
      out.push_back(place_.cell(cell + "-" + std::to_string(k), [&] {
        return play(
            player, suite,
            {.starts = starts, .seed = place_.seed + k, .budget = budget, .tune = true, .threads = place_.threads},
            marks);
      }));
    return out;
  }

  static std::vector<double> column(const std::vector<std::vector<double>>& numbers, std::size_t index,
                                    double factor = 1) {
    std::vector<double> out;
    for (const auto& seed : numbers) out.push_back(factor * seed.at(index));
    return out;
  }

  void compare(const std::string& suite_name, const std::vector<Player>& players,
               const std::vector<std::uint64_t>& marks, const std::vector<double>& targets, std::size_t starts,
               std::uint64_t budget) {
    const Suite suite = find_suite(suite_name);
    std::vector<std::vector<std::string>> table{{suite_name}};
    for (const auto& mark : marks) table[0].push_back("regret @" + std::to_string(mark));
    for (const auto& mark : marks) table[0].push_back("gap @" + std::to_string(mark));
    table[0].push_back("evaluations to 1e-3");
    std::vector<double> learned_logs;
    for (std::size_t p = 0; p < players.size(); ++p) {
      const auto numbers =
          all_seeds(suite_name + "-" + file_name(players[p].name), players[p], suite, starts, budget, marks);
      std::vector<std::string> row{players[p].name};
      for (std::size_t m = 0; m < 2 * marks.size(); ++m) {
        const bool by_gap = m >= marks.size();
        ResultLine line = mean_line(suite_name + ": " + players[p].name + ", solved (" + (by_gap ? "gap" : "regret") +
                                        " 1e-3) at " + std::to_string(marks[m % marks.size()]) + " evaluations",
                                    "%", column(numbers, m, 100));
        line.smaller_is_better = false;
        if (p == 0 && !by_gap && !targets.empty()) line.target = 100 * targets[m];
        row.push_back(short_number(line.ours));
        if (!by_gap || suite_name != "extended") result_.lines.push_back(std::move(line));
      }
      const ResultLine log = mean_line("", "", column(numbers, 2 * marks.size()));
      row.push_back(short_number(std::exp(log.ours)));
      const std::vector<double> logs = column(numbers, 2 * marks.size());
      if (p == 0) reference_ = logs;
      else if (players[p].agent == "rover-search")
        add_ratio(suite_name + ": " + players[p].name + " over the tuned rule", logs, reference_);
      if (players[p].name == learned) learned_logs = logs;
      if (players[p].name == "its rule alone")
        add_ratio(suite_name + ": " + learned + " over its rule alone", learned_logs, logs);
      table.push_back(std::move(row));
    }
    result_.text += aligned(table) + "\nShares in per cent of runs; evaluations: geometric mean, the budget of " +
                    std::to_string(budget) + " where it was not reached.\n\n";
  }

  void add_ratio(const std::string& what, const std::vector<double>& logs, const std::vector<double>& reference) {
    std::vector<double> ratios;
    for (std::size_t k = 0; k < logs.size(); ++k) ratios.push_back(std::exp(logs[k] - reference[k]));
    ResultLine line = mean_line(what + ", evaluations to regret 1e-3", "ratio", std::move(ratios));
    if (what.starts_with(std::string("extended: ") + learned)) line.target = 0.9;
    result_.lines.push_back(std::move(line));
  }

  void ablate(const std::vector<Player>& parts, std::size_t starts) {
    const Suite suite = find_suite("extended");
    const std::vector<std::uint64_t> marks{100, 200, 1000};
    std::vector<std::vector<std::string>> table{
        {"one part changed, extended", "solved @100", "@200", "@1000", "evaluations", "[least", "greatest]"}};
    Bars bars;
    for (std::size_t p = 0; p < parts.size(); ++p) {
      const auto numbers = all_seeds("part-" + file_name(parts[p].name), parts[p], suite, starts, 1000, marks);
      std::vector<double> ratios;
      const auto logs = column(numbers, 2 * marks.size());
      for (std::size_t k = 0; k < logs.size(); ++k) ratios.push_back(std::exp(logs[k] - reference_[k]));
      const auto [low, high] = std::ranges::minmax(ratios);
      const ResultLine line =
          mean_line("part: " + parts[p].name + ", evaluations to regret 1e-3 over the tuned rule's", "ratio", ratios);
      std::vector<std::string> row{parts[p].name};
      for (std::size_t m = 0; m < marks.size(); ++m)
        row.push_back(short_number(mean_line("", "", column(numbers, m, 100)).ours));
      row.insert(row.end(), {short_number(line.ours), short_number(low), short_number(high)});
      bars.labels.push_back(parts[p].name), bars.y.push_back(line.ours), bars.low.push_back(low),
          bars.high.push_back(high);
      result_.lines.push_back(line);
      table.push_back(std::move(row));
    }
    result_.text += aligned(table);
    Figure figure;
    figure.columns = 1;
    figure.title = "What each part of rover-search is worth";
    figure.note = "Evaluations to regret 1e-3 on fresh surfaces: mean over seeds, least, greatest.";
    Panel panel;
    panel.y_label = "evaluations over the tuned rule's (above 1: the part pays)";
    panel.level = 1;
    panel.bars = {std::move(bars)};
    figure.panels.push_back(std::move(panel));
    write_figures(figure, place_.folder, "per-evaluation");
  }

  StudyPlace& place_;
  StudyResult result_;
  std::vector<double> reference_;  // the tuned rule's mean ln evaluations, a value a seed, of the suite compared last
};

}  // namespace

StudyResult run_per_evaluation(StudyPlace& place) { return PerEvaluation(place).run(); }

}  // namespace rover
