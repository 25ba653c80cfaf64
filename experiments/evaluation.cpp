#include "experiments/evaluation.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>

#include "agents/classical/tuning.h"
#include "agents/runner.h"
#include "core/parallel.h"
#include "env/surface_env.h"

namespace rover {
namespace {

constexpr std::uint64_t dense_iterations = 100;  // every one of these is in a curve
constexpr std::uint64_t evaluation_marks[] = {100, 200, 1000, 6400};
constexpr std::size_t tuning_starts = 10;

/// in_parallel, and progress after each job.
void with_progress(std::size_t count, std::size_t threads, const char* phase, const Progress& progress,
                   const std::function<void(std::size_t job, std::size_t thread)>& job) {
  std::mutex mutex;
  std::size_t done = 0;
  in_parallel(count, threads, [&](std::size_t k, std::size_t thread) {
    job(k, thread);
    const std::lock_guard lock(mutex);
    ++done;
    if (progress) progress(done, count, phase);
  });
}

/// What `call` throws, with who and where before it; but memory that runs out is nobody's.
template <class Call>
auto named(const std::string& who, Call&& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) { throw; } catch (const UsageError& error) {
    throw UsageError(who + ": " + error.what());
  } catch (const std::exception& error) { throw std::runtime_error(who + ": " + error.what()); }
}

std::string settings_text(const Settings& settings) {
  std::string out;
  for (const auto& [key, value] : settings) out += (out.empty() ? "" : ";") + key + "=" + value;
  return out;
}

/// Keeps what a curve needs of a run.
class CurveRecorder {
 public:
  CurveRecorder(EvaluationCurve& curve, const Landscape& landscape, std::uint64_t budget)
      : curve_(curve), landscape_(landscape), best_(curve.start_value) {
    for (const std::uint64_t mark : evaluation_marks)
      if (mark < budget) marks_.push_back(mark);
  }

  void operator()(const Action& action, const StepResult& result, const EpisodeInfo& info) {
    const bool at_start = !started_;
    if (!at_start && result.truncated && info.evaluations == last_.evaluations)
      return;  // the budget did not pay: nothing happened
    // What was seen may be noisy: then the curve holds the noise-free values of the lowest samples, which nobody pays.
    if (std::isfinite(info.look_value))
      best_ = std::min(best_, landscape_.is_noisy() ? landscape_.value(info.look_point) : info.look_value);
    // A look in the middle of an iteration belongs to the iteration that it is part of.
    const CurvePoint now{at_start || action.ends_iteration ? info.iterations : info.iterations + 1, info.evaluations,
                         best_};
    for (; next_mark_ < marks_.size() && now.evaluations > marks_[next_mark_]; ++next_mark_)
      if (started_) keep(last_);
    const bool improved = at_start || now.best_value < last_.best_value;
    last_ = now, started_ = true;
    if (improved || (action.ends_iteration && now.iterations <= dense_iterations)) keep(now);
  }

  void finish() {
    if (started_) keep(last_);
  }

 private:
  void keep(const CurvePoint& point) {
    if (!curve_.evaluations.empty() && curve_.evaluations.back() == point.evaluations &&
        curve_.iterations.back() == point.iterations) {
      curve_.best_value.back() = point.best_value;  // looks that cost nothing
      return;
    }
    curve_.iterations.push_back(point.iterations);
    curve_.evaluations.push_back(point.evaluations);
    curve_.best_value.push_back(point.best_value);
  }

  EvaluationCurve& curve_;
  const Landscape& landscape_;
  double best_;
  std::vector<std::uint64_t> marks_;
  std::size_t next_mark_ = 0;
  bool started_ = false;
  CurvePoint last_{};
};

class Engine {
 public:
  Engine(const std::vector<AgentSpec>& specs, const Suite& suite, const EvaluationOptions& options,
         const Progress& progress)
      : specs_(specs), suite_(suite), options_(options), progress_(progress) {
    const std::size_t cores = std::max(1u, std::thread::hardware_concurrency());
    threads_ = std::min<std::size_t>(options.threads == 0 ? cores : options.threads, 256);
    if (specs.empty()) throw UsageError("an evaluation needs at least one agent");
    if (options.starts == 0 || options.seeds == 0)
      throw UsageError("an evaluation needs at least one start and one seed");
    if (options.budget == 0) throw UsageError("the budget must be at least one function evaluation");
  }

  Evaluation run() {
    for (const auto& function : suite_.functions)
      trials_.push_back(suite_.draw(function, options_.starts, options_.seed));
    settings_.assign(specs_.size() * functions(), {});
    for (std::size_t k = 0; k < settings_.size(); ++k) settings_[k] = specs_[k / functions()].settings;
    make_agents(1);
    try_all();
    if (options_.tune) tune_all();
    make_agents(threads_);
    out_.curves.resize(settings_.size() * options_.seeds * options_.starts);
    with_progress(out_.curves.size(), threads_, "evaluating", progress_,
                  [this](std::size_t k, std::size_t thread) { play_one(k, thread); });
    describe();
    return std::move(out_);
  }

 private:
  std::size_t functions() const { return suite_.functions.size(); }
  std::string name(std::size_t pair) const {
    return "'" + specs_[pair / functions()].label + "' on '" + suite_.functions[pair % functions()] + "'";
  }

  /// agents_[thread][pair], pair = agent · functions + function. Pairs with the same settings share an agent.
  void make_agents(std::size_t threads) {
    agents_.assign(threads, std::vector<std::shared_ptr<Agent>>(settings_.size()));
    for (auto& team : agents_)
      for (std::size_t k = 0; k < team.size(); ++k)
        if (k % functions() != 0 && settings_[k] == settings_[k - 1]) team[k] = team[k - 1];
        else
          team[k] = named("'" + specs_[k / functions()].label + "'",
                          [&] { return agents().make(specs_[k / functions()].id, settings_[k]); });
  }

  EpisodeInfo play_trial(std::size_t pair, std::size_t thread, std::size_t start, std::uint64_t seed,
                         std::uint64_t iterations, const Recorder& recorder) {
    const Trial& trial = trials_[pair % functions()][start];
    const auto env = make_surface_env(
        trial.landscape, {.budget = options_.budget, .clamp = suite_.clamp, .noisy = true, .start = trial.start});
    return play(*agents_[thread][pair], *env, seed, iterations, recorder);
  }

  /// One look by every agent on every function: what does not fit is said before the long run.
  void try_all() {
    for (std::size_t pair = 0; pair < settings_.size(); ++pair)
      named(name(pair), [&] { play_trial(pair, 0, 0, 0, 0, {}); });
  }

  void tune_all() {
    std::vector<std::vector<TuningCase>> cases(functions());
    for (std::size_t f = 0; f < functions(); ++f)
      for (const Trial& trial :
           suite_.draw(suite_.functions[f], tuning_starts, derive_seed(options_.seed, 0, "tuning")))
        cases[f].push_back({trial.landscape, trial.start});
    std::vector<Tuned> tuned(settings_.size());
    with_progress(tuned.size(), threads_, "tuning", progress_, [&](std::size_t k, std::size_t) {
      const AgentSpec& spec = specs_[k / functions()];
      tuned[k] = named("tuning " + name(k), [&] {
        return tune(spec.id, cases[k % functions()], options_.budget, suite_.clamp, spec.settings,
                    options_.tune_iterations);
      });
    });
    for (std::size_t k = 0; k < tuned.size(); ++k) {
      if (tuned[k].candidates <= 1) continue;
      settings_[k] = tuned[k].settings;
      out_.settings[specs_[k / functions()].label + "|" + suite_.functions[k % functions()]] =
          settings_text(tuned[k].settings);
    }
  }

  void play_one(std::size_t k, std::size_t thread) {
    const std::size_t start = k % options_.starts, repetition = k / options_.starts % options_.seeds;
    const std::size_t pair = k / options_.starts / options_.seeds;
    const std::string& function = suite_.functions[pair % functions()];
    const Trial& trial = trials_[pair % functions()][start];
    EvaluationCurve& curve = out_.curves[k];
    curve = {specs_[pair / functions()].label,
             function,
             start,
             repetition,
             trial.optimum_value,
             trial.start_value,
             {},
             {},
             {}};
    CurveRecorder recorder(curve, *trial.landscape, options_.budget);
    const std::uint64_t seed =
        derive_seed(derive_seed(options_.seed, repetition, "repetition"), start, "episode " + function);
    named(name(pair) + ", start " + std::to_string(start), [&] {
      play_trial(pair, thread, start, seed, std::numeric_limits<std::uint64_t>::max(), std::ref(recorder));
    });
    recorder.finish();
  }

  void describe() {
    std::string list;
    for (const auto& spec : specs_)
      list += (list.empty() ? "" : ",") + spec.id + (spec.settings.empty() ? "" : ":" + settings_text(spec.settings));
    out_.attributes = {{"agents", list},
                       {"suite", suite_.name},
                       {"clamp", suite_.clamp ? "true" : "false"},
                       {"starts", std::to_string(options_.starts)},
                       {"seeds", std::to_string(options_.seeds)},
                       {"seed", std::to_string(options_.seed)},
                       {"budget", std::to_string(options_.budget)},
                       {"tune", options_.tune ? "true" : "false"}};
    if (options_.tune && options_.tune_iterations < std::numeric_limits<std::uint64_t>::max())
      out_.attributes["tune_iterations"] = std::to_string(options_.tune_iterations);
  }

  const std::vector<AgentSpec>& specs_;
  const Suite& suite_;
  const EvaluationOptions& options_;
  const Progress& progress_;
  std::size_t threads_ = 1;
  std::vector<std::vector<Trial>> trials_;  // [function][start]
  std::vector<Settings> settings_;          // [pair]
  std::vector<std::vector<std::shared_ptr<Agent>>> agents_;
  Evaluation out_;
};

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
                    const Progress& progress) {
  return Engine(agents, suite, options, progress).run();
}

std::string to_text(const Mark& mark) {
  return std::to_string(mark.at) + (mark.clock == Mark::Clock::iterations ? " it" : " ev");
}

std::vector<Mark> report_marks(const Evaluation& evaluation) {
  std::uint64_t budget = std::ranges::max(evaluation_marks);
  if (const auto found = evaluation.attributes.find("budget"); found != evaluation.attributes.end())
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), budget);
  std::vector<Mark> marks;
  for (const std::uint64_t at : {10, 30, 100}) marks.push_back({Mark::Clock::iterations, at});
  for (const std::uint64_t at : evaluation_marks)
    if (at < budget) marks.push_back({Mark::Clock::evaluations, at});
  marks.push_back({Mark::Clock::evaluations, budget});
  return marks;
}

CurvePoint point_at(const EvaluationCurve& curve, const Mark& mark) {
  const auto& clock = mark.clock == Mark::Clock::iterations ? curve.iterations : curve.evaluations;
  const auto after = std::ranges::upper_bound(clock, mark.at) - clock.begin();
  if (after == 0) return {0, 0, curve.start_value};
  const auto k = static_cast<std::size_t>(after - 1);
  return {curve.iterations[k], curve.evaluations[k], curve.best_value[k]};
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
  std::vector<double> values, gaps, regrets;
  Statistics out;
  for (const auto& curve : evaluation.curves) {
    if (curve.agent != agent || (!landscape.empty() && curve.landscape != landscape)) continue;
    const double best = point_at(curve, mark).best_value;
    values.push_back(best), gaps.push_back(gap(curve, best)), regrets.push_back(normalized_regret(curve, best));
    out.solved_1e3 += gaps.back() <= 1e-3, out.solved_1e6 += gaps.back() <= 1e-6,
        out.regret_1e3 += regrets.back() <= 1e-3;
  }
  out.runs = values.size();
  if (out.runs > 0)
    for (double* share : {&out.solved_1e3, &out.solved_1e6, &out.regret_1e3}) *share /= static_cast<double>(out.runs);
  out.best_value = spread(std::move(values)), out.gap = spread(std::move(gaps)),
  out.regret = spread(std::move(regrets));
  return out;
}

std::vector<std::string> agents_of(const Evaluation& evaluation) {
  return names_of(evaluation, &EvaluationCurve::agent);
}
std::vector<std::string> landscapes_of(const Evaluation& evaluation) {
  return names_of(evaluation, &EvaluationCurve::landscape);
}

}  // namespace rover
