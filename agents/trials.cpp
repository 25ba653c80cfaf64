#include "agents/trials.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <limits>

#include "agents/runner.h"
#include "env/bad_value.h"

namespace rover {
namespace {

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Keeps what a curve needs of a run.
class CurveRecorder {
 public:
  CurveRecorder(TrialCurve& curve, const Trial& trial, bool noisy, const CurveDetail& detail)
      : curve_(curve),
        landscape_(*trial.landscape),
        noise_free_(noisy && landscape_.is_noisy()),
        costly_(noise_free_ && landscape_.noise_free_cost() > cheap),
        validates_(detail.validation && landscape_.has_validation()),
        detail_(detail),
        last_{0, 0, trial.start_value} {
    if (validates_) best_point_ = trial.start;
  }

  void operator()(const Action& action, const StepResult& result, const EpisodeInfo& info) {
    stopped_ = result.terminated;
    if (noise_free_) pose_.assign(result.observation.pose.begin(), result.observation.pose.end());
    if (started_ && info.evaluations == last_.evaluations && (result.truncated || result.terminated))
      return;  // the budget did not pay, or the agent stopped: nothing happened
    Point now{info.iterations, info.evaluations, 0};
    if (started_ && !action.ends_iteration) ++now.iterations;  // a look in the middle of an iteration is part of it
    for (; next_mark_ < detail_.evaluation_marks.size() && now.evaluations > detail_.evaluation_marks[next_mark_];
         ++next_mark_)
      if (started_) measure(), keep();
    const double before = last_.best;
    const bool is_mark = action.ends_iteration && std::ranges::binary_search(detail_.iteration_marks, now.iterations);
    now.best = before;
    last_ = now;
    if (costly_ && !is_mark && !(action.ends_iteration && is_due(now.iterations)))
      point_ = info.look_point, measured_ = false;
    else take(info), measured_at_ = now.iterations;
    if (is_mark) measure();
    if (!started_ || is_mark || (detail_.improvements && last_.best < before) ||
        (action.ends_iteration && now.iterations <= detail_.iterations) ||
        static_cast<double>(now.evaluations - kept_) > detail_.growth * static_cast<double>(kept_))
      keep();
    started_ = true;
  }

  /// Records a failed look: it was charged, and its finite values count.
  void fail(const EpisodeInfo& info) {
    last_ = {std::max(info.iterations, last_.iterations), info.evaluations, last_.best};
    take(info);
  }

  void finish(const RunLimits& limits) {
    measure(), keep();
    if (!pose_.empty()) curve_.answer = untimed([&] { return landscape_.value(pose_); });
    if (!stopped_) return;
    if (limits.evaluations < unlimited) last_.evaluations = limits.evaluations;
    if (limits.iterations < unlimited) last_.iterations = limits.iterations;
    keep();
  }

 private:
  struct Point {
    std::uint64_t iterations, evaluations;
    double best, validation = std::numeric_limits<double>::quiet_NaN();
  };

  /// Cheaper than this many looks, and every one is measured.
  static constexpr double cheap = 4;
  bool is_due(std::uint64_t iterations) const {
    std::uint64_t digit = iterations;
    while (digit > 0 && digit % 10 == 0) digit /= 10;
    return (digit == 1 || digit == 2 || digit == 5) &&
           static_cast<double>(iterations - measured_at_) >= landscape_.noise_free_cost();
  }

  /// The last look's lowest sample, by its noise-free value.
  void take(const EpisodeInfo& info) {
    measured_ = true;
    if (!std::isfinite(info.look_value)) return;
    improve(noise_free_ ? untimed([&] { return landscape_.value(info.look_point); }) : info.look_value,
            info.look_point);
  }

  void improve(double value, Reals point) {
    if (!(value < last_.best)) return;
    last_.best = value;
    if (validates_) best_point_.assign(point.begin(), point.end());
  }

  /// What was left out at the last look, and the validation loss.
  void measure() {
    if (!measured_) improve(untimed([&] { return landscape_.value(point_); }), point_);
    measured_ = true;
    if (validates_ && std::isnan(last_.validation))
      last_.validation = untimed([&] { return landscape_.validation(best_point_); });
  }

  /// The time that measuring takes is not the agent's.
  template <class Measure>
  double untimed(Measure&& call) {
    const double before = processor_seconds(), value = call();
    begin_s_ += processor_seconds() - before;
    return value;
  }

  void keep() {
    kept_ = last_.evaluations;
    if (curve_.evaluations.empty() || curve_.evaluations.back() != last_.evaluations ||
        curve_.iterations.back() != last_.iterations) {  // else a look that cost nothing replaces the last point
      curve_.iterations.push_back(last_.iterations);
      curve_.evaluations.push_back(last_.evaluations);
      curve_.seconds.push_back(processor_seconds() - begin_s_);
      curve_.best_value.emplace_back();
      if (validates_) curve_.validation.emplace_back();
    }
    curve_.best_value.back() = last_.best;
    if (validates_) curve_.validation.back() = last_.validation;
  }

  TrialCurve& curve_;
  const Landscape& landscape_;
  bool noise_free_, costly_, validates_;
  const CurveDetail& detail_;
  bool measured_ = true;  // the last look, that is
  std::uint64_t measured_at_ = 0;
  std::vector<double> pose_, point_, best_point_;  // of the last look that was not measured; of the best value
  double begin_s_ = processor_seconds();
  std::size_t next_mark_ = 0;
  bool started_ = false, stopped_ = false;
  Point last_;
  std::uint64_t kept_ = 0;
};

}  // namespace

TrialCurve play_trial(Agent& agent, const Trial& trial, const RunLimits& limits, std::uint64_t seed,
                      const CurveDetail& detail) {
  const auto env = make_surface_env(trial.landscape, {.budget = limits.evaluations,
                                                      .clamp = limits.clamp,
                                                      .noisy = limits.noisy,
                                                      .start = trial.start,
                                                      .on_bad_value = limits.on_bad_value,
                                                      .gradient_evaluations = limits.gradient_evaluations});
  TrialCurve curve;
  CurveRecorder recorder(curve, trial, limits.noisy, detail);
  try {
    play(agent, *env, seed, limits.iterations, std::ref(recorder));
  } catch (const BadValueError& error) {
    curve.failure = error.what();
    recorder.fail(env->info());
  }
  recorder.finish(limits);
  return curve;
}

TrialPlayer::TrialPlayer(std::vector<Entrant> entrants, CurveDetail detail, std::size_t workers)
    : entrants_(std::move(entrants)), detail_(std::move(detail)), teams_(workers) {}

TrialCurve TrialPlayer::play(const TrialRun& run, std::size_t worker) {
  const Entrant& entrant = entrants_.at(run.entrant);
  return named(entrant.name + (run.where.empty() ? "" : ", " + run.where), [&] {
    auto& agent = teams_.at(worker)[{entrant.id, entrant.settings}];
    if (!agent) agent = agents().make(entrant.id, entrant.settings);
    return play_trial(*agent, *run.trial, entrant.limits, run.seed, detail_);
  });
}

}  // namespace rover
