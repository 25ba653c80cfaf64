// Figure 6: linear classifiers on Guyon's data, cross-entropy, in 10, 50 and 200 dimensions.
#include <algorithm>
#include <cmath>

#include "env/landscapes/registry.h"
#include "experiments/studies/high_dimensions.h"
#include "experiments/studies/studies.h"
#include "experiments/text.h"

namespace rover {
namespace {

constexpr std::uint64_t horizon = 100, judged = 60;
constexpr std::uint64_t newton_iterations = 30;  // it has converged long before, and a Hessian is expensive
constexpr std::uint64_t enough = 1000;  // evaluations a dimension: those without gradients have converged long before

std::vector<std::shared_ptr<const Landscape>> data_sets(std::size_t dimension, std::size_t count, std::uint64_t seed) {
  std::vector<std::shared_ptr<const Landscape>> out;
  for (std::size_t k = 0; k < count; ++k) {
    const LandscapeOptions options{.dimension = dimension, .seed = derive_seed(seed, k, "figure 6")};
    out.push_back(landscapes().make("guyon", to_settings(options)));
  }
  return out;
}

/// `starts` on each of the data sets; peers are tuned on other data sets.
Contest contest_of(const StudyPlace& place, std::size_t dimension) {
  Contest contest;
  contest.name = "d = " + std::to_string(dimension);
  const std::size_t starts = place.quick || dimension > 50 ? 2 : 5;  // a run at d = 200 takes seconds
  const auto played = data_sets(dimension, place.seeds, derive_seed(place.seed, dimension, "data"));
  for (std::size_t k = 0; k < starts * played.size(); ++k)
    contest.trials.push_back(draw_trial(played[k % played.size()], derive_seed(place.seed, k, "trial")));
  const std::uint64_t other = derive_seed(place.seed, dimension, "tuning");
  for (const auto& landscape : data_sets(dimension, 3, other))
    contest.tuning.push_back(draw_trial(landscape, derive_seed(other, contest.tuning.size(), "trial")));
  return contest;
}

/// All agents for as many iterations as the Rover, tuned for T = 60.
std::vector<Player> by_iterations(std::size_t dimension) {
  std::vector<Player> out;
  const auto add = [&](AgentSpec spec, std::uint64_t iterations, bool tuned) {
    out.push_back({std::move(spec), iterations, unlimited, tuned, judged});
  };
  add(ours_in_many_dimensions(), horizon, false);
  add(papers_in_many_dimensions({{"pairs", "subset"}, {"pair_count", "10"}}, "rover, subset k = 10"), horizon, false);
  add({"gd", {}, "gd"}, horizon, true);
  add({"adam", {}, "adam"}, horizon, true);
  add({"newton", {}, "newton"}, newton_iterations, false);
  add({"l-bfgs", {}, "l-bfgs"}, horizon, false);
  if (dimension <= 50) add({"cma-es", {}, "cma-es"}, horizon, true);
  return out;
}

/// The others at equal evaluations: tuned for as many as the Rover spent. A Newton step costs 2d + 2d².
std::vector<Player> by_evaluations(std::size_t dimension, std::uint64_t evaluations) {
  const std::uint64_t enough_here = std::min(evaluations, enough * dimension);
  std::vector<Player> out = by_iterations(dimension);
  out.front() = {{"rover-search", {}, "rover-search"}, unlimited, enough_here, false};
  for (Player& player : out) {
    if (player.spec.id != "newton") player.iterations = unlimited;
    player.tune_iterations = 0;
    player.evaluations = player.spec.id == "cma-es" ? enough_here : std::min(player.evaluations, evaluations);
  }
  return out;
}

/// Processor seconds of a whole run, one at a time and nothing else in this program running.
std::vector<double> clocked(const StudyPlace& place, Contest contest) {
  contest.players = {{ours_in_many_dimensions(), horizon, unlimited, false}};
  std::vector<double> out;
  for (const auto& curve : play_contest(contest, place.seed, 1).curves) out.push_back(curve.seconds.back());
  return out;
}

}  // namespace

StudyResult run_figure6(StudyPlace& place) {
  require_gnuplot();
  const std::vector<std::size_t> dimensions =
      place.quick ? std::vector<std::size_t>{10, 50} : std::vector<std::size_t>{10, 50, 200};
  place.expect(2 * dimensions.size() + 1, 0);
  StudyResult result;
  Figure iterations, evaluations, seconds;
  std::vector<std::vector<std::string>> table{
      {"median normalised regret", "", "T = 60", "T = 100", "equal evaluations", "seconds"}};
  const std::string ours = ours_in_many_dimensions().label;
  for (const std::size_t d : dimensions) {
    Contest contest = contest_of(place, d);
    const std::string file = "figure6-d" + std::to_string(d);
    contest.players = by_iterations(d);
    const Evaluation first = kept_contest(place, file + "-iterations", contest);
    const std::uint64_t budget = evaluations_after(first, ours, horizon),
                        early = evaluations_after(first, ours, judged);
    contest.players = by_evaluations(d, budget);
    Evaluation second = only(first, {ours});
    const Evaluation others = kept_contest(place, file + "-evaluations", contest);
    append(second, others);
    double longest = 0;
    for (const auto& agent : agents_of(second)) longest = std::max(longest, seconds_of(second, agent));

    const auto clock = Mark::Clock::evaluations;
    iterations.panels.push_back(contest_panel(first, static_cast<double>(horizon), {}));
    evaluations.panels.push_back(
        contest_panel(second, static_cast<double>(budget), {.clock = CurveClock::evaluations}));
    seconds.panels.push_back(contest_panel(second, longest, {.clock = CurveClock::seconds}));

    const auto at = [&](const std::string& agent, std::uint64_t t) {
      return scores(first, agent, {Mark::Clock::iterations, t});
    };
    const auto line = [&](const std::string& name, std::vector<double> values) -> ResultLine& {
      return result.lines.emplace_back(mean_line(contest.name + ": " + name, "regret", std::move(values)));
    };
    ResultLine& main = line("rover, T = 60", at(ours, judged));
    if (d == 50) main.target = 4e-3;
    line("rover, subset k = 10, T = 60", at("rover, subset k = 10", judged));
    const auto gd = at("gd", judged), rover = at(ours, judged);
    line("tuned gradient descent, T = 60", gd);
    std::vector<double> ratios;
    for (std::size_t k = 0; k < gd.size(); ++k) ratios.push_back(std::log10(rover[k] / gd[k]));
    ResultLine& ratio = line("rover over tuned gradient descent, T = 60", ratios);
    ratio.unit = "log10", ratio.target = 0;
    for (const char* agent : {"gd", "l-bfgs"})
      line(std::string(agent) + " at the evaluations of the rover's T = 60", scores(second, agent, {clock, early}));
    if (d == 50) {
      ResultLine& second_hand = result.lines.emplace_back(median_line(
          contest.name + ": rover, T = 100, clock", "s", place.cell("clock", [&] { return clocked(place, contest); })));
      second_hand.paper = 60, second_hand.target = 1;
    }
    for (const auto& agent : agents_of(second)) {
      const auto known = agents_of(first);
      const bool both = std::ranges::find(known, agent) != known.end();
      table.push_back({agent, contest.name, both ? short_number(median(at(agent, judged))) : "",
                       both ? short_number(median(at(agent, horizon))) : "",
                       short_number(median(scores(second, agent, {clock, budget}))),
                       short_number(seconds_of(second, agent))});
    }
  }
  const std::string runs = "Median over data sets and starts, all runs shaded. ";
  iterations.note = runs + "L-BFGS: a gradient is an iteration.";
  evaluations.note = runs + "A gradient costs 2d evaluations.";
  seconds.note = runs + "Gradients are analytic.";
  write_figures(iterations, place.folder, "figure6-iterations");
  write_figures(evaluations, place.folder, "figure6-evaluations");
  write_figures(seconds, place.folder, "figure6-seconds");
  result.text = aligned(table);
  return result;
}

}  // namespace rover
