#include "experiments/evaluation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "agents/classical/tuning.h"
#include "agents/trials.h"
#include "core/executor.h"

namespace rover {
namespace {

constexpr std::uint64_t dense_iterations = 100;  // every one of these is in a curve
constexpr std::uint64_t evaluation_marks[] = {100, 200, 1000, 6400};
constexpr std::size_t tuning_starts = 10;

/// report_marks() of runs that end after so many iterations, or, where that is 0, so many evaluations.
std::vector<Mark> marks_of(std::uint64_t iterations, std::uint64_t budget) {
  std::vector<Mark> marks;
  if (iterations > 0) {
    for (const std::uint64_t at : {10, 50, 100, 200, 500, 1000, 2000, 5000, 10000})
      if (at < iterations) marks.push_back({Mark::Clock::iterations, at});
    marks.push_back({Mark::Clock::iterations, iterations});
    return marks;
  }
  for (const std::uint64_t at : {10, 30, 100}) marks.push_back({Mark::Clock::iterations, at});
  for (const std::uint64_t at : evaluation_marks)
    if (at < budget) marks.push_back({Mark::Clock::evaluations, at});
  marks.push_back({Mark::Clock::evaluations, budget});
  return marks;
}

std::string settings_text(const Settings& settings) {
  std::string out;
  for (const auto& [key, value] : settings) out += (out.empty() ? "" : ";") + key + "=" + value;
  return out;
}

std::string spec_text(const AgentSpec& spec) {
  return spec.id + (spec.settings.empty() ? "" : ":" + settings_text(spec.settings));
}

/// Candidates that tuning plays; 1: there is nothing to tune.
std::size_t candidates_of(const AgentSpec& spec) {
  std::size_t count = 1;
  for (const auto& [key, values] : tuning_grid(spec.id))
    if (!spec.settings.contains(key)) count *= values.size();
  return count;
}

class Engine {
 public:
  Engine(const std::vector<AgentSpec>& specs, const Suite& suite, const EvaluationOptions& options,
         const EvaluationCompany& company)
      : specs_(specs),
        suite_(suite),
        options_(options),
        company_(company),
        executor_(make_thread_executor(std::min<std::size_t>(options.threads, 256))) {
    if (specs.empty()) throw UsageError("an evaluation needs at least one agent");
    if (options.starts == 0 || options.seeds == 0)
      throw UsageError("an evaluation needs at least one start and one seed");
    if (options.budget == 0) throw UsageError("the budget must be at least one function evaluation");
  }

  Evaluation run() {
    for (const auto& function : suite_.functions)
      trials_.push_back(suite_.draw(function, options_.starts, options_.seed));
    for (std::size_t k = 0; k < specs_.size() * functions(); ++k) {
      const AgentSpec& spec = specs_[k / functions()];
      entrants_.push_back(
          {"'" + spec.label + "' on '" + suite_.functions[k % functions()] + "'", spec.id, spec.settings, limits()});
    }
    try_all();
    runs_total_ = entrants_.size() * options_.seeds * options_.starts;
    if (options_.tune) tune_all();
    play_all();
    describe();
    return std::move(out_);
  }

 private:
  std::size_t functions() const { return suite_.functions.size(); }
  RunLimits limits() const {
    RunLimits out{
        .evaluations = options_.budget, .clamp = suite_.clamp, .noisy = true, .on_bad_value = options_.on_bad_value};
    if (options_.iterations > 0) out.evaluations = unlimited, out.iterations = options_.iterations;
    return out;
  }

  /// Plays one look of every agent on every function, so that what does not fit throws before the long run.
  void try_all() {
    for (const AgentSpec& spec : specs_)
      named("'" + spec.label + "'", [&] { return agents().make(spec.id, spec.settings); });
    std::vector<Entrant> entrants = entrants_;
    for (Entrant& entrant : entrants) entrant.limits.iterations = 0;
    TrialPlayer player(std::move(entrants), {}, 1);
    for (std::size_t k = 0; k < entrants_.size(); ++k) player.play({k, &trials_[k % functions()][0], 0, ""}, 0);
  }

  void tune_all() {
    std::vector<std::size_t> pairs;
    for (std::size_t k = 0; k < entrants_.size(); ++k)
      if (candidates_of(specs_[k / functions()]) > 1) pairs.push_back(k);
    std::vector<std::vector<Trial>> cases(functions());
    for (std::size_t f = 0; f < functions(); ++f)
      cases[f] = suite_.draw(suite_.functions[f], tuning_starts, derive_seed(options_.seed, 0, "tuning"));
    for (const std::size_t k : pairs) work_total_ += tuning_work(k);
    RunLimits until = limits();
    until.on_bad_value = BadValue::fail;
    if (options_.iterations == 0) until.iterations = options_.tune_iterations, until.noisy = false;
    const auto chosen = parts<Settings>(
        "tuning", pairs.size(),
        [&](std::size_t p) {
          const std::size_t k = pairs[p];
          return named("tuning " + entrants_[k].name, [&] {
            const AgentSpec& spec = specs_[k / functions()];
            return tune(spec.id, cases[k % functions()], until, spec.settings).settings;
          });
        },
        [&](std::size_t p) { return tuning_work(pairs[p]); });
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const std::size_t k = pairs[p];
      entrants_[k].settings = chosen[p];
      out_.settings[specs_[k / functions()].label + "|" + suite_.functions[k % functions()]] =
          settings_text(entrants_[k].settings);
    }
  }

  double tuning_work(std::size_t pair) const {
    return static_cast<double>(candidates_of(specs_[pair / functions()]) * tuning_starts);
  }

  void play_all() {
    // Start by start, all agents in turn, so that the runs left cost about what those done did, and the time left is
    // right.
    std::vector<TrialRun> runs;
    std::vector<std::size_t> curve_of;
    for (std::size_t repetition = 0; repetition < options_.seeds; ++repetition)
      for (std::size_t start = 0; start < options_.starts; ++start)
        for (std::size_t pair = 0; pair < entrants_.size(); ++pair) {
          const std::string& function = suite_.functions[pair % functions()];
          runs.push_back(
              {pair, &trials_[pair % functions()][start],
               derive_seed(derive_seed(options_.seed, repetition, "repetition"), start, "episode " + function),
               "start " + std::to_string(start)});
          curve_of.push_back((pair * options_.seeds + repetition) * options_.starts + start);
        }
    CurveDetail detail{.iterations = dense_iterations, .validation = true};
    for (const Mark& mark : marks_of(options_.iterations, options_.budget))
      if (mark.clock == Mark::Clock::iterations) detail.iteration_marks.push_back(mark.at);
      else if (mark.at < options_.budget) detail.evaluation_marks.push_back(mark.at);
    TrialPlayer player(entrants_, detail, executor_->workers());
    auto curves = parts<TrialCurve>(
        "evaluating", runs.size(), [&](std::size_t k, std::size_t worker) { return player.play(runs[k], worker); },
        [](std::size_t) { return 1.0; });
    out_.curves.resize(runs.size());
    std::size_t failed = 0;
    std::string first;
    for (std::size_t k = 0; k < runs.size(); ++k) {
      TrialCurve& played = curves[k];
      const std::size_t pair = runs[k].entrant;
      if (!played.failure.empty() && failed++ == 0)
        first = entrants_[pair].name + ", " + runs[k].where + ": " + played.failure;
      out_.curves[curve_of[k]] = {specs_[pair / functions()].label, suite_.functions[pair % functions()],
                                  curve_of[k] % options_.starts,    curve_of[k] / options_.starts % options_.seeds,
                                  runs[k].trial->optimum_value,     runs[k].trial->start_value,
                                  std::move(played.iterations),     std::move(played.evaluations),
                                  std::move(played.best_value),     std::move(played.seconds),
                                  std::move(played.validation),     runs[k].trial->landscape->dimension()};
    }
    if (failed > 0)
      out_.attributes["failed_runs"] =
          std::to_string(failed) + " of " + std::to_string(runs.size()) + ", the first: " + first;
  }

  /// The results of `count` jobs: read from the journal where it has them, else played and written to it.
  template <class Result, class Job, class Work>
  std::vector<Result> parts(const char* phase, std::size_t count, Job&& job, Work&& work) {
    std::vector<Result> out(count);
    std::vector<std::size_t> missing;
    const auto key = [&](std::size_t k) { return phase + (" " + std::to_string(k)); };
    for (std::size_t k = 0; k < count; ++k) {
      const Bytes* kept = company_.journal ? company_.journal->find(key(k)) : nullptr;
      if (kept) out[k] = from_bytes<Result>(*kept), work_done_ += work(k);
      else missing.push_back(k);
    }
    std::size_t done = count - missing.size();
    const auto tell = [&] {
      const double total = work_total_ + static_cast<double>(runs_total_);
      if (company_.progress) company_.progress({phase, done, count, work_done_ / total});
    };
    tell();
    executor_->map(
        missing.size(),
        [&](std::size_t m, std::size_t worker) {
          if constexpr (std::invocable<Job, std::size_t, std::size_t>) return job(missing[m], worker);
          else return job(missing[m]);
        },
        [&](std::size_t m, const Result& result) {
          out[missing[m]] = result;
          if (company_.journal) company_.journal->put(key(missing[m]), to_bytes(result));
          ++done, work_done_ += work(missing[m]);
          tell();
        },
        company_.stop);
    return out;
  }

  void describe() {
    std::string list;
    for (const auto& spec : specs_) list += (list.empty() ? "" : ",") + spec_text(spec);
    out_.attributes.insert({{"agents", list},
                            {"suite", suite_.name},
                            {"clamp", suite_.clamp ? "true" : "false"},
                            {"starts", std::to_string(options_.starts)},
                            {"seeds", std::to_string(options_.seeds)},
                            {"seed", std::to_string(options_.seed)},
                            {options_.iterations > 0 ? "iterations" : "budget",
                             std::to_string(options_.iterations > 0 ? options_.iterations : options_.budget)},
                            {"tune", options_.tune ? "true" : "false"}});
    if (options_.on_bad_value == BadValue::penalise) out_.attributes["on_bad_value"] = "penalise";
    if (!suite_.details.empty()) out_.attributes["suite_settings"] = suite_.details;
    if (options_.tune && options_.tune_iterations < unlimited)
      out_.attributes["tune_iterations"] = std::to_string(options_.tune_iterations);
  }

  const std::vector<AgentSpec>& specs_;
  const Suite& suite_;
  const EvaluationOptions& options_;
  const EvaluationCompany& company_;
  std::unique_ptr<Executor> executor_;
  std::vector<std::vector<Trial>> trials_;  // [function][start]
  std::vector<Entrant> entrants_;           // agent · functions + function
  double work_total_ = 0, work_done_ = 0;   // in runs; work_total_: of the tuning
  std::size_t runs_total_ = 0;
  Evaluation out_;
};

/// The last of the curve's first `count` points.
CurvePoint point_after(const EvaluationCurve& curve, std::size_t count) {
  if (count == 0) return {0, 0, 0, curve.start_value};
  const std::size_t k = count - 1;
  return {curve.iterations[k], curve.evaluations[k],
          curve.seconds.empty() ? std::numeric_limits<double>::quiet_NaN() : curve.seconds[k], curve.best_value[k],
          curve.validation.empty() ? std::numeric_limits<double>::quiet_NaN() : curve.validation[k]};
}

/// False when there are none, or one is NaN.
bool sort_numbers(std::vector<double>& values) {
  if (values.empty() || std::ranges::any_of(values, [](double x) { return std::isnan(x); })) return false;
  std::ranges::sort(values);
  return true;
}

double sorted_quantile(const std::vector<double>& values, double q) {
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const double rest = place - static_cast<double>(below);
  return rest == 0 ? values[below] : values[below] + rest * (values[below + 1] - values[below]);
}

template <class Field>
std::vector<std::string> names_of(const Evaluation& evaluation, Field field) {
  std::vector<std::string> out;
  for (const auto& curve : evaluation.curves)
    if (std::ranges::find(out, curve.*field) == out.end()) out.push_back(curve.*field);
  return out;
}

}  // namespace

Evaluation evaluate(const std::vector<AgentSpec>& agents, const Suite& suite, const EvaluationOptions& options,
                    const EvaluationCompany& company) {
  return Engine(agents, suite, options, company).run();
}

std::string evaluation_purpose(const std::vector<AgentSpec>& agents, const Suite& suite,
                               const EvaluationOptions& options) {
  std::string out = "rover " ROVER_VERSION ", agents";
  for (const AgentSpec& agent : agents) out += " " + spec_text(agent) + ";label=" + agent.label;
  out += ", suite " + suite.name + (suite.details.empty() ? "" : " (" + suite.details + ")");
  for (const auto& [name, value] : {std::pair{"starts", options.starts},
                                    {"seeds", options.seeds},
                                    {"seed", options.seed},
                                    {"budget", options.budget},
                                    {"iterations", options.iterations}})
    out += ", " + std::string(name) + " " + std::to_string(value);
  if (options.tune) out += ", tuned by " + std::to_string(options.tune_iterations) + " iterations";
  if (options.on_bad_value == BadValue::penalise) out += ", bad values are penalised";
  return out;
}

std::uint64_t iterations_of(const Evaluation& evaluation) {
  std::uint64_t out = 0;
  if (const auto found = evaluation.attributes.find("iterations"); found != evaluation.attributes.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), out);
  return out;
}

std::string to_text(const Mark& mark) {
  return std::to_string(mark.at) + (mark.clock == Mark::Clock::iterations ? " it" : " ev");
}

std::vector<Mark> report_marks(const Evaluation& evaluation) {
  std::uint64_t budget = std::ranges::max(evaluation_marks);
  if (const auto found = evaluation.attributes.find("budget"); found != evaluation.attributes.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), budget);
  return marks_of(iterations_of(evaluation), budget);
}

CurvePoint point_at(const EvaluationCurve& curve, const Mark& mark) {
  const auto& clock = mark.clock == Mark::Clock::iterations ? curve.iterations : curve.evaluations;
  const auto after = std::ranges::upper_bound(clock, mark.at) - clock.begin();
  return point_after(curve, static_cast<std::size_t>(after));
}

CurvePoint point_at_seconds(const EvaluationCurve& curve, double seconds) {
  return point_after(
      curve, static_cast<std::size_t>(std::ranges::upper_bound(curve.seconds, seconds) - curve.seconds.begin()));
}

bool knows_optimum(const Evaluation& evaluation, const std::string& landscape) {
  return std::ranges::none_of(evaluation.curves, [&](const EvaluationCurve& curve) {
    return curve.landscape == landscape && std::isnan(curve.optimum);
  });
}

bool has_validation(const Evaluation& evaluation, const std::string& landscape) {
  return std::ranges::any_of(evaluation.curves, [&](const EvaluationCurve& curve) {
    return curve.landscape == landscape && !curve.validation.empty();
  });
}

double normalized_regret(const EvaluationCurve& curve, double value) {
  const double reach = curve.start_value - curve.optimum;
  return reach == 0 ? 0 : (value - curve.optimum) / reach;
}

double quantile(std::vector<double> values, double q) {
  return sort_numbers(values) ? sorted_quantile(values, q) : std::numeric_limits<double>::quiet_NaN();
}

Spread spread(std::vector<double> values) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (!sort_numbers(values)) return {nan, nan, nan, nan, nan};
  return {values.front(), sorted_quantile(values, 0.25), sorted_quantile(values, 0.5), sorted_quantile(values, 0.75),
          values.back()};
}

Statistics statistics(const Evaluation& evaluation, const std::string& agent, const std::string& landscape,
                      const Mark& mark) {
  std::vector<double> values, gaps, regrets, validations;
  Statistics out;
  for (const auto& curve : evaluation.curves) {
    if (curve.agent != agent || (!landscape.empty() && curve.landscape != landscape)) continue;
    const CurvePoint point = point_at(curve, mark);
    const double best = point.best_value;
    validations.push_back(point.validation);
    values.push_back(best), gaps.push_back(gap(curve, best)), regrets.push_back(normalized_regret(curve, best));
    out.solved_1e3 += gaps.back() <= 1e-3, out.solved_1e6 += gaps.back() <= 1e-6,
        out.regret_1e3 += regrets.back() <= 1e-3;
  }
  out.runs = values.size();
  if (out.runs > 0)
    for (double* share : {&out.solved_1e3, &out.solved_1e6, &out.regret_1e3}) *share /= static_cast<double>(out.runs);
  out.best_value = spread(std::move(values)), out.gap = spread(std::move(gaps)),
  out.regret = spread(std::move(regrets)), out.validation = spread(std::move(validations));
  return out;
}

std::vector<std::string> agents_of(const Evaluation& evaluation) {
  return names_of(evaluation, &EvaluationCurve::agent);
}
std::vector<std::string> landscapes_of(const Evaluation& evaluation) {
  return names_of(evaluation, &EvaluationCurve::landscape);
}

}  // namespace rover
