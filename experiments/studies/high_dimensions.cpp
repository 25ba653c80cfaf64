#include "experiments/studies/high_dimensions.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>

#include "agents/runner.h"
#include "core/parallel.h"
#include "env/surface_env.h"

namespace rover {
namespace {

constexpr std::uint64_t dense_iterations = 500;
constexpr double rounding = 1e-16;

/// Of this thread; other programs on the machine do not count.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Writes what a run shows into two curves, one a clock.
class Recording {
 public:
  Recording(EvaluationCurve& curve, EvaluationCurve& clock)
      : curve_(curve), clock_(clock), begin_(processor_seconds()) {}

  void operator()(const Action& action, const StepResult& result, const EpisodeInfo& info) {
    if (started_ && result.truncated && info.evaluations == evaluations_)
      return;  // the budget did not pay: nothing happened
    // A look in the middle of an iteration belongs to the iteration that it is part of.
    iterations_ = !started_ || action.ends_iteration ? info.iterations : info.iterations + 1;
    evaluations_ = info.evaluations, best_ = std::min(info.best_value, curve_.start_value);
    micros_ = static_cast<std::uint64_t>(1e6 * (processor_seconds() - begin_));
    const bool dense = action.ends_iteration && iterations_ <= dense_iterations;
    if (!started_ || dense || evaluations_ > kept_ + kept_ / 100) keep();
    started_ = true;
  }
  void finish() {
    if (started_) keep();
  }

 private:
  void keep() {
    kept_ = evaluations_;
    if (!curve_.iterations.empty() && curve_.iterations.back() == iterations_ &&
        curve_.evaluations.back() == evaluations_)
      return;
    for (EvaluationCurve* curve : {&curve_, &clock_})
      curve->iterations.push_back(iterations_), curve->best_value.push_back(best_);
    curve_.evaluations.push_back(evaluations_), clock_.evaluations.push_back(micros_);
  }

  EvaluationCurve &curve_, &clock_;
  double begin_;
  bool started_ = false;
  std::uint64_t iterations_ = 0, evaluations_ = 0, micros_ = 0, kept_ = 0;
  double best_ = 0;
};

/// 161 moments, evenly spaced in the logarithm; iterations are few enough to take them all.
std::vector<double> moments(double first, double last) {
  std::vector<double> out;
  for (int k = 0; k <= 160; ++k) out.push_back(first * std::pow(last / first, k / 160.0));
  return out;
}

double score(const EvaluationCurve& curve, double value) {
  return std::isnan(curve.optimum) ? value : std::max(normalized_regret(curve, value), rounding);
}

// An agent's colour is its place.
const std::vector<std::string> order{"rover",  "rover, subset k = 10", "gd", "adam", "newton", "l-bfgs",
                                     "cma-es", "rover-search"};

}  // namespace

Trial draw_trial(const std::shared_ptr<const Landscape>& landscape, std::uint64_t seed) {
  Trial trial{landscape, std::vector<double>(landscape->dimension()), 0, std::numeric_limits<double>::quiet_NaN()};
  RandomStream stream = make_stream(seed, 0, "start");
  landscape->sample_start(stream, trial.start);
  trial.start_value = landscape->value(trial.start);
  if (const auto optimum = landscape->optimum()) trial.optimum_value = optimum->value;
  return trial;
}

Played play_contest(const Contest& contest, std::uint64_t seed, std::size_t threads) {
  const std::size_t starts = contest.trials.size(), players = contest.players.size();
  Played out;
  std::vector<Settings> settings(players);
  in_parallel(players, threads, [&](std::size_t p, std::size_t) {
    const Player& player = contest.players[p];
    settings[p] = player.spec.settings;
    if (player.tuned && !contest.tuning.empty())
      settings[p] = tune(player.spec.id, contest.tuning, std::min(player.evaluations, unlimited), contest.clamp,
                         player.spec.settings, player.tune_iterations ? player.tune_iterations : player.iterations)
                        .settings;
  });
  for (std::size_t p = 0; p < players; ++p) {
    std::string text;
    for (const auto& [key, value] : settings[p]) text += (text.empty() ? "" : ";") + key + "=" + value;
    out.evaluation.settings[contest.players[p].spec.label + "|" + contest.name] = text;
  }
  out.evaluation.curves.resize(players * starts), out.clock.curves.resize(players * starts),
      out.wall_seconds.resize(players * starts);
  in_parallel(players * starts, threads, [&](std::size_t k, std::size_t) {
    const Player& player = contest.players[k / starts];
    const Trial& trial = contest.trials[k % starts];
    EvaluationCurve& curve = out.evaluation.curves[k];
    curve = {player.spec.label, contest.name, k % starts, 0, trial.optimum_value, trial.start_value, {}, {}, {}};
    out.clock.curves[k] = curve;
    const auto agent = agents().make(player.spec.id, settings[k / starts]);
    const auto env =
        make_surface_env(trial.landscape, {.budget = player.evaluations, .clamp = contest.clamp, .start = trial.start});
    const auto begin = std::chrono::steady_clock::now();
    Recording recording(curve, out.clock.curves[k]);
    play(*agent, *env, derive_seed(seed, k % starts, "contest"), player.iterations, std::ref(recording));
    recording.finish();
    out.wall_seconds[k] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  });
  return out;
}

Played kept_contest(StudyPlace& place, const std::string& file, const Contest& contest) {
  const auto clock_path = place.folder / (file + "-seconds.h5");
  Played out;
  out.evaluation = place.evaluation(file, [&] {
    const Played played = play_contest(contest, place.seed, place.threads);
    write_evaluation(clock_path, played.clock);
    return played.evaluation;
  });
  out.clock = read_evaluation(clock_path);
  return out;
}

Panel contest_panel(const Evaluation& evaluation, std::uint64_t last, const CurveStyle& style) {
  const bool iterations = style.clock == Mark::Clock::iterations;
  const double unit = style.seconds ? 1e-6 : 1;
  std::vector<double> at;
  if (iterations)
    for (std::uint64_t t = 0; t <= last; ++t) at.push_back(static_cast<double>(t));
  else at = moments(style.seconds ? 100 : 10, static_cast<double>(last));
  Panel panel;
  panel.title = evaluation.curves.at(0).landscape, panel.log_y = true, panel.log_x = !iterations;
  panel.x_label = iterations ? "iteration" : style.seconds ? "seconds of one processor" : "function evaluations";
  panel.y_label = style.y_label;
  panel.x_range = {{at.front() * unit, at.back() * unit}};
  for (const auto& agent : agents_of(evaluation)) {
    Curve curve;
    curve.label = agent;
    // An agent that ended earlier because it had its iterations is not drawn beyond them.
    std::uint64_t end = 0;
    for (const auto& run : evaluation.curves)
      if (run.agent == agent) end = std::max(end, (iterations ? run.iterations : run.evaluations).back());
    for (const double moment : at) {
      if (moment > 1.02 * static_cast<double>(end)) break;
      auto values = scores(evaluation, agent, {style.clock, static_cast<std::uint64_t>(std::llround(moment))});
      for (double& value : values) value = std::max(value, style.floor);
      curve.x.push_back(moment * unit), curve.y.push_back(median(values));
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

double seconds_of(const Evaluation& clock, const std::string& agent) {
  std::vector<double> out;
  for (const auto& curve : clock.curves)
    if (curve.agent == agent) out.push_back(1e-6 * static_cast<double>(curve.evaluations.back()));
  return median(std::move(out));
}

ResultLine median_line(std::string name, std::string unit, std::vector<double> seeds) {
  ResultLine line;
  line.name = std::move(name), line.unit = std::move(unit), line.ours = median(seeds), line.seeds = std::move(seeds);
  return line;
}

}  // namespace rover
