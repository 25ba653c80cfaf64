#include "experiments/studies/high_dimensions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "agents/trials.h"
#include "core/executor.h"

namespace rover {
namespace {

constexpr std::uint64_t dense_iterations = 500;
constexpr double rounding = 1e-16;

/// 161 moments, evenly spaced in the logarithm; iterations are few enough to take them all.
std::vector<double> moments(double first, double last) {
  std::vector<double> out;
  for (int k = 0; k <= 160; ++k) out.push_back(first * std::pow(last / first, k / 160.0));
  return out;
}

double score(const EvaluationCurve& curve, double value) {
  return std::isnan(curve.optimum) ? value : std::max(normalized_regret(curve, value), rounding);
}

double end_of(const EvaluationCurve& curve, CurveClock clock) {
  if (clock == CurveClock::seconds) return curve.seconds.empty() ? 0 : curve.seconds.back();
  return static_cast<double>((clock == CurveClock::iterations ? curve.iterations : curve.evaluations).back());
}

double value_at(const EvaluationCurve& curve, CurveClock clock, double moment) {
  if (clock == CurveClock::seconds) return point_at_seconds(curve, moment).best_value;
  return point_at(curve, {clock == CurveClock::iterations ? Mark::Clock::iterations : Mark::Clock::evaluations,
                          static_cast<std::uint64_t>(std::llround(moment))})
      .best_value;
}

// An agent's place here is its colour.
const std::vector<std::string> order{"rover",  "rover, subset k = 10", "gd", "adam", "newton", "l-bfgs",
                                     "cma-es", "rover-search"};

}  // namespace

Trial draw_trial(const std::shared_ptr<const Landscape>& landscape, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "start");
  return draw_trial(landscape, stream);
}

Evaluation play_contest(const Contest& contest, std::uint64_t seed, std::size_t threads) {
  const auto executor = make_thread_executor(threads);
  std::vector<Entrant> entrants;
  for (const Player& player : contest.players)
    entrants.push_back({"'" + player.spec.label + "' on '" + contest.name + "'",
                        player.spec.id,
                        player.spec.settings,
                        {player.evaluations, player.iterations, contest.clamp}});
  const auto settings = executor->map(entrants.size(), [&](std::size_t p) {
    const Player& player = contest.players[p];
    if (!player.tuned || contest.tuning.empty()) return player.spec.settings;
    RunLimits limits = entrants[p].limits;
    if (player.tune_iterations > 0) limits.iterations = player.tune_iterations;
    return tune(player.spec.id, contest.tuning, limits, player.spec.settings).settings;
  });
  Evaluation out;
  std::vector<TrialRun> runs;
  for (std::size_t p = 0; p < entrants.size(); ++p) {
    entrants[p].settings = settings[p];
    std::string& text = out.settings[contest.players[p].spec.label + "|" + contest.name];
    for (const auto& [key, value] : settings[p]) text += (text.empty() ? "" : ";") + key + "=" + value;
    for (std::size_t k = 0; k < contest.trials.size(); ++k)
      runs.push_back({p, &contest.trials[k], derive_seed(seed, k, "contest"), "start " + std::to_string(k)});
  }
  TrialPlayer player(entrants, {.iterations = dense_iterations, .improvements = false, .growth = 0.01},
                     executor->workers());
  auto curves =
      executor->map(runs.size(), [&](std::size_t k, std::size_t worker) { return player.play(runs[k], worker); });
  for (std::size_t k = 0; k < runs.size(); ++k) {
    TrialCurve& played = curves[k];
    if (!played.failure.empty())
      throw std::runtime_error(entrants[runs[k].entrant].name + ", " + runs[k].where + ": " + played.failure);
    out.curves.push_back({contest.players[runs[k].entrant].spec.label, contest.name, k % contest.trials.size(), 0,
                          runs[k].trial->optimum_value, runs[k].trial->start_value, std::move(played.iterations),
                          std::move(played.evaluations), std::move(played.best_value), std::move(played.seconds)});
  }
  return out;
}

Evaluation kept_contest(StudyPlace& place, const std::string& file, const Contest& contest) {
  return place.evaluation(file, [&] { return play_contest(contest, place.seed, place.threads); });
}

Panel contest_panel(const Evaluation& evaluation, double last, const CurveStyle& style) {
  const bool iterations = style.clock == CurveClock::iterations, seconds = style.clock == CurveClock::seconds;
  std::vector<double> at;
  if (iterations)
    for (double t = 0; t <= last; ++t) at.push_back(t);
  else at = moments(seconds ? 1e-4 : 10, last);
  Panel panel;
  panel.title = evaluation.curves.at(0).landscape, panel.log_y = true, panel.log_x = !iterations;
  panel.x_label = iterations ? "iteration" : seconds ? "seconds of one processor" : "function evaluations";
  panel.y_label = style.y_label;
  panel.x_range = {{at.front(), at.back()}};
  for (const auto& agent : agents_of(evaluation)) {
    Curve curve;
    curve.label = agent;
    // An agent that ended earlier, at its number of iterations, is not drawn beyond it.
    double end = 0;
    for (const auto& run : evaluation.curves)
      if (run.agent == agent) end = std::max(end, end_of(run, style.clock));
    for (const double moment : at) {
      if (moment > 1.02 * end) break;
      std::vector<double> values;
      for (const auto& run : evaluation.curves)
        if (run.agent == agent) values.push_back(score(run, value_at(run, style.clock, moment)));
      for (double& value : values) value = std::max(value, style.floor);
      curve.x.push_back(moment), curve.y.push_back(median(values));
      curve.low.push_back(std::ranges::min(values)), curve.high.push_back(std::ranges::max(values));
    }
    if (const auto place = std::ranges::find(order, agent); place != order.end())
      curve.colour = static_cast<int>(place - order.begin());
    panel.curves.push_back(std::move(curve));
  }
  panel.curves[0].thick = true;
  return panel;
}

Evaluation only(const Evaluation& from, const std::vector<std::string>& agents) {
  Evaluation out;
  for (const auto& agent : agents)
    for (const auto& curve : from.curves)
      if (curve.agent == agent) out.curves.push_back(curve);
  return out;
}

void append(Evaluation& to, const Evaluation& from) {
  to.curves.insert(to.curves.end(), from.curves.begin(), from.curves.end());
  to.settings.insert(from.settings.begin(), from.settings.end());
}

std::vector<double> scores(const Evaluation& evaluation, const std::string& agent, const Mark& mark) {
  std::vector<double> out;
  for (const auto& curve : evaluation.curves)
    if (curve.agent == agent) out.push_back(score(curve, point_at(curve, mark).best_value));
  return out;
}

std::uint64_t evaluations_after(const Evaluation& evaluation, const std::string& agent, std::uint64_t iterations) {
  std::uint64_t out = 0;
  for (const auto& curve : evaluation.curves)
    if (curve.agent == agent) out = std::max(out, point_at(curve, {Mark::Clock::iterations, iterations}).evaluations);
  return out;
}

AgentSpec ours_in_many_dimensions() { return {"rover", {{"pairs", "matching"}, {"window", "0.1"}}, "rover"}; }

AgentSpec papers_in_many_dimensions(Settings sampling, std::string label) {
  Settings settings{{"window", "0.1"}, {"line_search", "0"}, {"safeguard", "false"}, {"memory", "pairs"}};
  settings.merge(sampling);
  return {"rover", settings, std::move(label)};
}

double median(std::vector<double> values) { return spread(std::move(values)).median; }

double seconds_of(const Evaluation& evaluation, const std::string& agent) {
  std::vector<double> out;
  for (const auto& curve : evaluation.curves)
    if (curve.agent == agent)
      out.push_back(curve.seconds.empty() ? std::numeric_limits<double>::quiet_NaN() : curve.seconds.back());
  return median(std::move(out));
}

double seconds_after(const Evaluation& evaluation, const std::string& agent, std::uint64_t iterations) {
  double out = 0;
  for (const auto& curve : evaluation.curves)
    if (curve.agent == agent) out = std::max(out, point_at(curve, {Mark::Clock::iterations, iterations}).seconds);
  return out;
}

ResultLine median_line(std::string name, std::string unit, std::vector<double> seeds) {
  ResultLine line;
  line.name = std::move(name), line.unit = std::move(unit), line.ours = median(seeds), line.seeds = std::move(seeds);
  return line;
}

}  // namespace rover
