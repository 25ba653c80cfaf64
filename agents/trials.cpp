#include "agents/trials.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>

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
        noise_free_of_(noisy && trial.landscape->is_noisy() ? trial.landscape.get() : nullptr),
        cost_(noise_free_of_ ? noise_free_of_->noise_free_cost() : 0),
        detail_(detail),
        last_{0, 0, trial.start_value} {}

  void operator()(const Action& action, const StepResult& result, const EpisodeInfo& info) {
    if (started_ && info.evaluations == last_.evaluations && (result.truncated || result.terminated))
      return;  // the budget did not pay, or the agent stopped: nothing happened
    Point now{info.iterations, info.evaluations, last_.best};
    if (started_ && !action.ends_iteration) ++now.iterations;  // a look in the middle of an iteration is part of it
    measured_ = !is_costly() || (action.ends_iteration && is_mark(now.iterations));
    if (measured_) now.best = best_with(info), measured_at_ = now.iterations;
    else point_ = info.look_point;
    for (; next_mark_ < detail_.evaluation_marks.size() && now.evaluations > detail_.evaluation_marks[next_mark_];
         ++next_mark_)
      if (started_) keep();
    const bool improved = !started_ || now.best < last_.best;
    last_ = now;
    if (!started_ || (detail_.improvements && improved) ||
        (action.ends_iteration && now.iterations <= detail_.iterations) ||
        static_cast<double>(now.evaluations - kept_) > detail_.growth * static_cast<double>(kept_))
      keep();
    started_ = true;
  }

  /// Records a failed look: it was charged, and its finite values count.
  void fail(const EpisodeInfo& info) {
    last_ = {std::max(info.iterations, last_.iterations), info.evaluations, best_with(info)};
  }

  void finish() {
    if (!measured_) last_.best = std::min(last_.best, noise_free(point_));
    keep();
  }

 private:
  struct Point {
    std::uint64_t iterations, evaluations;
    double best;
  };

  /// Cheaper than this many looks, and every one is measured.
  static constexpr double cheap = 4;
  bool is_costly() const { return cost_ > cheap; }
  bool is_mark(std::uint64_t iterations) const {
    std::uint64_t digit = iterations;
    while (digit > 0 && digit % 10 == 0) digit /= 10;
    return (digit == 1 || digit == 2 || digit == 5) && static_cast<double>(iterations - measured_at_) >= cost_;
  }

  double best_with(const EpisodeInfo& info) const {
    if (!std::isfinite(info.look_value)) return last_.best;
    return std::min(last_.best, noise_free_of_ ? noise_free(info.look_point) : info.look_value);
  }

  /// The time that it takes is not the agent's.
  double noise_free(Reals point) const {
    const double before = processor_seconds(), value = noise_free_of_->value(point);
    begin_s_ += processor_seconds() - before;
    return value;
  }

  void keep() {
    kept_ = last_.evaluations;
    if (!curve_.evaluations.empty() && curve_.evaluations.back() == last_.evaluations &&
        curve_.iterations.back() == last_.iterations) {
      curve_.best_value.back() = last_.best;  // a look that cost nothing replaces the last point
      return;
    }
    curve_.iterations.push_back(last_.iterations);
    curve_.evaluations.push_back(last_.evaluations);
    curve_.seconds.push_back(processor_seconds() - begin_s_);
    curve_.best_value.push_back(last_.best);
  }

  TrialCurve& curve_;
  const Landscape* noise_free_of_;
  double cost_;
  bool measured_ = true;
  std::uint64_t measured_at_ = 0;
  std::vector<double> point_;  // the last that was not measured
  const CurveDetail& detail_;
  mutable double begin_s_ = processor_seconds();
  std::size_t next_mark_ = 0;
  bool started_ = false;
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
                                                      .on_bad_value = limits.on_bad_value});
  TrialCurve curve;
  CurveRecorder recorder(curve, trial, limits.noisy, detail);
  try {
    play(agent, *env, seed, limits.iterations, std::ref(recorder));
  } catch (const BadValueError& error) {
    curve.failure = error.what();
    recorder.fail(env->info());
  }
  recorder.finish();
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
