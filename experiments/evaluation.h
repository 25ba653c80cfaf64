#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "env/surface_env.h"
#include "experiments/agent_spec.h"
#include "experiments/suites.h"
#include "storage/evaluation.h"
#include "storage/journal.h"

namespace rover {

// ---- playing

struct EvaluationOptions {
  std::uint64_t starts = 20;    ///< a function, the same for every agent
  std::uint64_t seeds = 1;      ///< repetitions from each start under other seeds of the agent and of the noise
  std::uint64_t seed = 0;       ///< draws starts, instances and every run's seed
  std::uint64_t budget = 6400;  ///< function evaluations a run
  /// An agent's iterations a run, whatever the evaluations; 0: runs end by the budget.
  std::uint64_t iterations = 0;
  bool tune = false;  ///< classical agents choose their settings on ten other starts of the function
  /// … by the best value after the budget or so many of their own iterations. Runs that are compared by iterations need
  /// it: a step size for a long run is not the best for a short one.
  std::uint64_t tune_iterations = std::numeric_limits<std::uint64_t>::max();
  BadValue on_bad_value = BadValue::fail;  ///< what a surface's NaN and infinity are to the agents
  std::size_t threads = 1;                 ///< 0: one a core; the result does not depend on it
};

/// Progress of an evaluation: choices of the tuning, then runs.
struct EvaluationProgress {
  const char* phase;
  std::size_t done, total;
  double share;  ///< of all the work, tuning included, counted in runs
};

/// What does not change an evaluation's result.
struct EvaluationCompany {
  std::function<void(const EvaluationProgress&)> progress = {};  ///< one call at a time, from any thread
  std::function<bool()> stop = {};  ///< asked before each part; true: Stopped is thrown when those under way have ended
  Journal* journal = nullptr;       ///< finished parts are kept there, and those that are there are not played again
};

/// All that an evaluation's result depends on, as text: the purpose of its journal.
std::string evaluation_purpose(const std::vector<AgentSpec>& agents, const Suite& suite,
                               const EvaluationOptions& options);

/// Plays every agent on every function of the suite from the same starts; all values are noise-free. Curves are in the
/// order agent, function, seed, start. Every agent is given the start: f(x₀) counts as seen before the first look. A
/// curve holds a point where the best value improved, at the end of each of the first 100 iterations, at each of the
/// report's marks and at the end, so that it loses nothing; a look in the middle of an iteration counts as that
/// iteration's. At the marks the validation loss is measured, too, where there is one. A run whose surface returned NaN
/// or infinity ends there and is reported in the attribute `failed_runs`. Throws UsageError when an agent does not fit
/// a function (before anything is played), std::runtime_error when a run fails in another way.
Evaluation evaluate(const std::vector<AgentSpec>& agents, const Suite& suite, const EvaluationOptions& options,
                    const EvaluationCompany& company = {});

// ---- statistics

/// A moment of a run: after so many of the agent's iterations, or when so many function evaluations are spent.
struct Mark {
  enum class Clock { iterations, evaluations } clock;
  std::uint64_t at;
  friend bool operator==(const Mark&, const Mark&) = default;
};
std::string to_text(const Mark& mark);  ///< "100 it", "6400 ev"

/// The iterations of a run, where that is what ends it; else 0.
std::uint64_t iterations_of(const Evaluation& evaluation);

/// Where runs end by iterations: those of 10, 50, 100, 200, 500, 1000, … before the last, and the last. Else iterations
/// 10, 30 and 100; evaluations 100, 200, 1000 and 6400 as far as the budget goes, and the budget.
std::vector<Mark> report_marks(const Evaluation& evaluation);

/// The last point of the curve at or before the mark; the start (0, 0, f(x₀)) if there is none.
struct CurvePoint {
  std::uint64_t iterations, evaluations;
  double seconds;  ///< NaN: not measured
  double best_value;
  double validation = std::numeric_limits<double>::quiet_NaN();  ///< NaN: not measured
};
CurvePoint point_at(const EvaluationCurve& curve, const Mark& mark);
/// The same when so many seconds of processor time are spent.
CurvePoint point_at_seconds(const EvaluationCurve& curve, double seconds);

inline double gap(const EvaluationCurve& curve, double value) { return value - curve.optimum; }
/// Whether the optimum is known of all runs on the function: else gaps and regrets are NaN, and values are compared.
bool knows_optimum(const Evaluation& evaluation, const std::string& landscape);
/// Whether validation losses were measured on the function.
bool has_validation(const Evaluation& evaluation, const std::string& landscape);
/// (f − f*) / (f(x₀) − f*); 0 where the start was the optimum.
double normalized_regret(const EvaluationCurve& curve, double value);

/// Quantile q ∈ [0, 1] with linear interpolation; NaN if a value is, or if there are none.
double quantile(std::vector<double> values, double q);

/// The same at 0, 25, 50, 75 and 100 %.
struct Spread {
  double minimum, low, median, high, maximum;
};
Spread spread(std::vector<double> values);

/// Statistics of one agent's curves at one mark.
struct Statistics {
  Spread best_value, gap, regret;
  Spread validation;                      ///< NaN where a run measured none
  double solved_1e3 = 0, solved_1e6 = 0;  ///< share of runs whose absolute gap is ≤ 1e-3, ≤ 1e-6
  double regret_1e3 = 0;                  ///< share of runs whose normalised regret is ≤ 1e-3
  std::size_t runs = 0;
};
/// Over starts and seeds; `landscape` empty: over all functions.
Statistics statistics(const Evaluation& evaluation, const std::string& agent, const std::string& landscape,
                      const Mark& mark);

std::vector<std::string> agents_of(const Evaluation& evaluation);  ///< labels, in the order of their first curves
std::vector<std::string> landscapes_of(const Evaluation& evaluation);

}  // namespace rover
