// For whom the paper's Rover is worth its looks: per look, per evaluation and per round trip, with and without noise,
// beside random actions, a rule on the same looks, and searches that count their evaluations.
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "agents/rover/rover_agent.h"
#include "agents/runner.h"
#include "core/executor.h"
#include "env/landscapes/noisy.h"
#include "env/surface_env.h"
#include "experiments/figure.h"
#include "experiments/studies/policy_runs.h"
#include "experiments/studies/rounds.h"
#include "experiments/studies/studies.h"
#include "experiments/suites.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::uint64_t budget = 6400;
/// Points that are evaluated at once.
constexpr std::array<std::uint64_t, 4> processors{1, 4, 16, 64};
/// Answers are looked at after so many evaluations of agents that ask one at a time, and so many rounds of the others.
constexpr std::uint64_t answer_evaluations = 1000, answer_rounds = 30;

/// Functions to play: the suite's, with noise of this share of f(x₀) − f*; what counts as reached.
struct Case {
  std::string name, suite;
  double noise;
  std::array<double, 2> targets;  ///< gaps f − f*; with noise, regrets
  const char* unit;               ///< of the targets
};
const std::vector<Case>& cases() {
  static const std::vector<Case> all{{"paper", "paper", 0, {1e-3, 1e-6}, "gap"},
                                     {"shifted", "shifted", 0, {1e-3, 1e-6}, "gap"},
                                     {"noise-1", "shifted", 0.01, {1e-2, 1e-3}, "regret"},
                                     {"noise-10", "shifted", 0.1, {1e-1, 1e-2}, "regret"}};
  return all;
}

struct Player {
  std::string name, agent;
  Settings settings;
  std::string batch = {};      ///< the setting that says how many points are asked for at a time, if there is one
  std::uint64_t smallest = 1;  ///< its least value
  Together together = Together::look;
  bool answers_with_pose = false;  ///< where looks are noisy; else its answer is the lowest sample
};

/// What runs came to, over all trials.
struct Came {
  std::array<double, 2> looks{}, reached{};  ///< mean ln of the agent's iterations; share of runs
  /// Mean ln of the rounds on so many processors: a query of m points takes ⌈m/p⌉.
  std::array<std::array<double, processors.size()>, 2> rounds{};
  double within_100 = 0;                           ///< share of runs at the first target within 100 iterations
  double after_evaluations = 0, after_rounds = 0;  ///< mean log10 regret of the answer (regrets below 1e-10: 1e-10)
  template <class Visit>
  void parts(Visit&& visit) {
    for (auto* pair : {&looks, &reached})
      for (double& number : *pair) visit(number);
    for (auto& row : rounds)
      for (double& number : row) visit(number);
    visit(within_100), visit(after_evaluations), visit(after_rounds);
  }
};

Came play_one(Agent& agent, const Player& player, const Case& played, Trial trial, std::uint64_t seed) {
  const double gap = trial.start_value - trial.optimum_value, unit = played.noise > 0 ? gap : 1;
  const auto surface = trial.landscape;
  if (played.noise > 0) trial.landscape = std::make_shared<Noisy>(surface, played.noise * gap);
  const auto env = make_surface_env(trial.landscape,
                                    {.budget = budget, .clamp = true, .noisy = played.noise > 0, .start = trial.start});
  Came came;
  std::vector<RoundClock> clocks(processors.begin(), processors.end());
  RoundClock batches(budget);
  std::uint64_t evaluations = 0;
  double lowest = trial.start_value, answer = trial.start_value;
  const auto log10_regret = [&] { return std::log10(std::max((answer - trial.optimum_value) / gap, 1e-10)); };
  const auto keep = [&](std::size_t target, std::uint64_t iterations) {
    came.looks[target] = std::log(static_cast<double>(std::max<std::uint64_t>(iterations, 1)));
    for (std::size_t k = 0; k < clocks.size(); ++k)
      came.rounds[target][k] = std::log(static_cast<double>(std::max<std::uint64_t>(clocks[k].rounds(), 1)));
  };
  play(agent, *env, seed, std::numeric_limits<std::uint64_t>::max(),
       [&](const Action& action, const StepResult& result, const EpisodeInfo& info) {
         const std::uint64_t points = info.evaluations - evaluations;
         if (points == 0) return;
         if (info.evaluations > answer_evaluations && evaluations <= answer_evaluations)
           came.after_evaluations = log10_regret();
         const std::uint64_t before = batches.rounds();
         const bool ends_batch = player.together == Together::look || action.ends_iteration;
         batches.ask(points, ends_batch);
         if (before <= answer_rounds && batches.rounds() > answer_rounds) came.after_rounds = log10_regret();
         evaluations = info.evaluations;
         for (RoundClock& clock : clocks) clock.ask(points, ends_batch);
         lowest = std::min(lowest, surface->value(info.look_point));
         answer = surface->value(player.answers_with_pose && played.noise > 0 ? result.observation.pose
                                                                              : Reals(info.best_point));
         const std::uint64_t iterations = info.iterations + (action.ends_iteration ? 0 : 1);
         for (std::size_t q = 0; q < 2; ++q) {
           if (came.reached[q] > 0 || lowest - trial.optimum_value > played.targets[q] * unit) continue;
           came.reached[q] = 1;
           keep(q, iterations);
           if (q == 0) came.within_100 = iterations <= 100;
         }
       });
  for (std::size_t q = 0; q < 2; ++q)  // a run that does not get there counts with all that it spent
    if (came.reached[q] == 0) keep(q, env->info().iterations);
  if (evaluations <= answer_evaluations) came.after_evaluations = log10_regret();
  if (batches.rounds() <= answer_rounds) came.after_rounds = log10_regret();
  return came;
}

class Looks {
 public:
  explicit Looks(StudyPlace& place) : place_(place) {}

  StudyResult run() {
    require_gnuplot();
    std::vector<StudyTraining> trainings;
    for (std::uint64_t k = 0; k < (place_.quick ? 1 : place_.seeds); ++k)
      trainings.push_back({k == 0 ? "rover" : "rover-" + std::to_string(place_.seed + k),
                           place_.quick ? "quick" : "full",
                           {},
                           place_.seed + k});
    const std::size_t counting = 1 + 2 * processors.size();
    place_.expect(cases().size() * (2 * trainings.size() + 1 + counting), trainings.size());
    runs_ = place_.train_all(trainings);
    n_ = load_policy(runs_.front()).grid_size;
    for (const Case& played : cases()) compare(played);
    draw();
    return std::move(result_);
  }

 private:
  Came kept(const std::string& name, const Player& player, const Case& played) {
    const auto numbers = place_.cell(played.name + "-" + name, [&] {
      std::vector<double> out;
      play_all(player, played).parts([&](double& number) { out.push_back(number); });
      return out;
    });
    Came came;
    std::size_t k = 0;
    came.parts([&](double& number) { number = numbers.at(k++); });
    return came;
  }

  Came play_all(const Player& player, const Case& played) {
    const Suite suite = find_suite(played.suite);
    const std::size_t starts = place_.quick ? 20 : 50;
    std::vector<Trial> trials;
    for (const auto& function : suite.functions)
      for (Trial& trial : suite.draw(function, starts, place_.seed)) trials.push_back(std::move(trial));
    const auto executor = make_thread_executor(place_.threads);
    std::vector<std::unique_ptr<Agent>> team(executor->workers());
    const auto each = executor->map(trials.size(), [&](std::size_t k, std::size_t worker) {
      if (!team[worker]) team[worker] = agents().make(player.agent, player.settings);
      std::vector<double> out;
      play_one(*team[worker], player, played, trials[k], derive_seed(place_.seed, k, "looks"))
          .parts([&](double& number) { out.push_back(number); });
      return out;
    });
    Came mean;
    std::size_t k = 0;
    mean.parts([&](double& number) {
      for (const auto& numbers : each) number += numbers[k] / static_cast<double>(each.size());
      ++k;
    });
    return mean;
  }

  /// One agent of a case, played by all trained Rovers or with every batch.
  struct Row {
    std::string name;
    std::vector<Came> seeds;  ///< a value a trained Rover; agents that need none: one
    /// [target][processors], geometric means, over the seeds, too
    std::array<std::array<double, processors.size()>, 2> rounds{};
    double after_rounds = 0;  ///< mean log10 regret when the agent asks for n² points at a time, if it can
    double mean(double Came::*part) const {
      double sum = 0;
      for (const Came& seed : seeds) sum += seed.*part / static_cast<double>(seeds.size());
      return sum;
    }
  };

  Row by_rovers(const std::string& name, const std::string& policy, const Case& played) {
    Row row{name, {}};
    for (std::size_t s = 0; s < runs_.size(); ++s)
      row.seeds.push_back(kept(policy + "-" + std::to_string(s),
                               {name, "rover", {{"from", runs_[s].string()}, {"policy", policy}}}, played));
    fill(row);
    return row;
  }

  Row by_player(Player player, const Case& played) {
    Row row{player.name, {}};
    if (player.batch.empty()) {
      row.seeds.push_back(kept(player.name, player, played));
      fill(row);
      return row;
    }
    for (std::size_t k = 0; k < processors.size(); ++k) {
      player.settings[player.batch] = std::to_string(std::max(processors[k], player.smallest));
      const Came came = kept(player.name + "-" + std::to_string(processors[k]), player, played);
      if (k == 0) row.seeds.push_back(came);
      for (std::size_t q = 0; q < 2; ++q) row.rounds[q][k] = std::exp(came.rounds[q][k]);
      row.after_rounds = came.after_rounds;  // the last: with the most points at a time
    }
    return row;
  }

  static void fill(Row& row) {
    for (std::size_t q = 0; q < 2; ++q)
      for (std::size_t k = 0; k < processors.size(); ++k) {
        double sum = 0;
        for (const Came& seed : row.seeds) sum += seed.rounds[q][k] / static_cast<double>(row.seeds.size());
        row.rounds[q][k] = std::exp(sum);
      }
    row.after_rounds = row.mean(&Came::after_rounds);
  }

  void compare(const Case& played) {
    std::vector<Row> rows{by_rovers("rover", "learned", played), by_rovers("random actions", "random", played),
                          by_player({"patsearch", "patsearch", {{"grid_size", std::to_string(n_)}}}, played),
                          by_player({"rover-search", "rover-search", {}, "batch", 1, Together::look, true}, played)};
    if (agents().contains("cma-es"))
      rows.push_back(by_player({"cma-es", "cma-es", {}, "population", 6, Together::iteration, true}, played));
    over_random(played, rows[0], rows[1]);
    tabulate(played, rows);
    drawn_[played.name] = std::move(rows);
  }

  /// Lines: looks over those of random actions, a value a trained Rover. The figure to reach holds for each of them, so
  /// `ours` is the worst.
  void over_random(const Case& played, const Row& learned, const Row& random) {
    const auto worst = [&](const std::string& what, const char* unit, std::vector<double> seeds, bool smaller) {
      ResultLine line;
      line.name = played.name + ": " + what + ", worst Rover", line.unit = unit, line.smaller_is_better = smaller;
      line.ours = smaller ? std::ranges::max(seeds) : std::ranges::min(seeds);
      line.seeds = std::move(seeds);
      result_.lines.push_back(std::move(line));
    };
    std::vector<double> ratio[2], more;
    for (std::size_t s = 0; s < runs_.size(); ++s) {
      for (std::size_t q = 0; q < 2; ++q)
        ratio[q].push_back(std::exp(learned.seeds[s].looks[q] - random.seeds[s].looks[q]));
      more.push_back(100 * (learned.seeds[s].within_100 - random.seeds[s].within_100));
    }
    for (std::size_t q = 0; q < 2; ++q) {
      worst(
          "looks to a " + std::string(played.unit) + " of " + short_number(played.targets[q]) + " over random actions'",
          "ratio", ratio[q], true);
      if (played.noise == 0) result_.lines.back().target = q == 0 ? 0.70 : 0.55;
    }
    worst("solved within 100 looks, more than by random actions", "points", more, false);
    if (played.noise == 0) result_.lines.back().target = 0;
  }

  void tabulate(const Case& played, const std::vector<Row>& rows) {
    std::vector<std::vector<std::string>> table{{played.name}};
    for (const double target : played.targets) {
      const std::string to = short_number(target);
      table[0].insert(table[0].end(),
                      {to + ": looks", "evaluations", "rounds of " + std::to_string(processors.back()), "reached"});
    }
    table[0].insert(table[0].end(), {"log10 regret after " + std::to_string(answer_evaluations) + " evaluations",
                                     "after " + std::to_string(answer_rounds) + " rounds"});
    for (const Row& row : rows) {
      auto& cells = table.emplace_back(1, row.name);
      for (std::size_t q = 0; q < 2; ++q) {
        double looks = 0, reached = 0;
        for (const Came& seed : row.seeds) {
          looks += seed.looks[q] / static_cast<double>(row.seeds.size());
          reached += seed.reached[q] / static_cast<double>(row.seeds.size());
        }
        cells.insert(cells.end(), {short_number(std::exp(looks)), short_number(row.rounds[q].front()),
                                   short_number(row.rounds[q].back()), percent(reached)});
        for (const std::size_t k : {std::size_t{0}, processors.size() - 1}) {
          ResultLine line;
          line.name = played.name + ": " + row.name + ", to a " + played.unit + " of " +
                      short_number(played.targets[q]) + (k == 0 ? ", evaluations" : ", rounds of 64 evaluations");
          line.unit = k == 0 ? "evaluations" : "rounds", line.ours = row.rounds[q][k];
          result_.lines.push_back(std::move(line));
        }
      }
      cells.insert(cells.end(), {short_number(row.mean(&Came::after_evaluations)), short_number(row.after_rounds)});
    }
    result_.text += aligned_within(table) +
                    "\nGeometric means; a run that does not get there counts with all that it spent. Looks are the "
                    "agent's iterations.\n\n";
  }

  void draw() {
    Figure figure;
    figure.columns = 2;
    figure.title = "What the paper's looks cost where points are evaluated side by side";
    figure.note =
        "A query of m points takes ⌈m/p⌉ rounds on p processors. Geometric means over six functions. "
        "rover-search and CMA-ES ask for p points at a time.";
    for (const char* name : {"shifted", "noise-1"})
      for (std::size_t q = 0; q < 2; ++q) {
        const auto played = std::ranges::find(cases(), name, &Case::name);
        Panel panel;
        panel.title = (played->noise > 0 ? "noise of 1 %: " : "no noise: ") + std::string("to a ") + played->unit +
                      " of " + short_number(played->targets[q]);
        panel.log_x = panel.log_y = true;
        panel.x_label = "processors", panel.y_label = "rounds";
        panel.x_range = {{1, static_cast<double>(processors.back())}};
        for (const Row& row : drawn_.at(name)) {
          Curve curve;
          curve.label = row.name;
          curve.thick = row.name == "rover", curve.dashed = row.name == "random actions";
          for (std::size_t k = 0; k < processors.size(); ++k)
            curve.x.push_back(static_cast<double>(processors[k])), curve.y.push_back(row.rounds[q][k]);
          panel.curves.push_back(std::move(curve));
        }
        figure.panels.push_back(std::move(panel));
      }
    write_figures(figure, place_.folder, "looks");
  }

  StudyPlace& place_;
  StudyResult result_;
  std::vector<std::filesystem::path> runs_;
  std::size_t n_ = 0;
  std::map<std::string, std::vector<Row>> drawn_;
};

}  // namespace

StudyResult run_looks(StudyPlace& place) { return Looks(place).run(); }

}  // namespace rover
