#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "agents/classical/tuning.h"
#include "experiments/evaluation.h"
#include "experiments/figure.h"
#include "experiments/reproduce.h"

namespace rover {

// What the studies in d > 2 have in common: contests on one clock, curves over iterations, evaluations and seconds.

/// A participant, and for how long it plays: until `iterations` or `evaluations` are spent. A classical agent that is
/// `tuned` chooses its settings within the same limits on the contest's tuning cases.
struct Player {
  AgentSpec spec;
  std::uint64_t iterations = unlimited, evaluations = unlimited;
  bool tuned = true;
  std::uint64_t tune_iterations = 0;  ///< tuned by the value after so many; 0: after `iterations`
};

/// One kind of surface. Trials and tuning cases are other starts of it; where it is drawn, other instances too.
struct Contest {
  std::string name;  ///< in curves and panels
  std::vector<Trial> trials;
  std::vector<Trial> tuning;
  std::vector<Player> players;
  bool clamp = true;
};

/// A trial of `landscape` whose start is drawn by the stream of `seed`.
Trial draw_trial(const std::shared_ptr<const Landscape>& landscape, std::uint64_t seed);

/// Plays a contest, `threads` runs at a time: curves of all players from each trial. A curve holds the end of each of
/// the first 500 iterations, then a point every 1% of evaluations, and the end. All but seconds depends on the seed
/// alone. Throws what tuning and playing throw, and std::runtime_error where a surface returns NaN or infinity.
Evaluation play_contest(const Contest& contest, std::uint64_t seed, std::size_t threads);

/// The same kept in FOLDER/FILE.h5, or read from there: one of StudyPlace's evaluations.
Evaluation kept_contest(StudyPlace& place, const std::string& file, const Contest& contest);

/// Median and envelope over runs, normalised regret where the optimum is known, else the value, over iterations,
/// evaluations or seconds.
enum class CurveClock { iterations, evaluations, seconds };
struct CurveStyle {
  CurveClock clock = CurveClock::iterations;
  std::string y_label = "normalised regret";
  double floor = 1e-12;  ///< what lies below is drawn there
};
/// An agent of these studies has its colour in all of their pictures.
Panel contest_panel(const Evaluation& evaluation, double last, const CurveStyle& style);

/// The runs of these agents, in the order asked for; of an agent that did not play none.
Evaluation only(const Evaluation& from, const std::vector<std::string>& agents);
void append(Evaluation& to, const Evaluation& from);

/// Normalised regret, or the value where no optimum is known, of every run of the agent at the mark, in the order of
/// starts. A regret below 1e-16 is rounding, and counts as that.
std::vector<double> scores(const Evaluation& evaluation, const std::string& agent, const Mark& mark);
/// Evaluations spent by the agent after so many iterations: the largest of its runs.
std::uint64_t evaluations_after(const Evaluation& evaluation, const std::string& agent, std::uint64_t iterations);

/// The Rover with our additions, as these studies play it: matchings, a line search, a first look as wide as the region
/// of starts.
AgentSpec ours_in_many_dimensions();
/// The paper's Rover with one of the paper's samplings and nothing else: no line search, no safeguard, α and δ per
/// pair.
AgentSpec papers_in_many_dimensions(Settings sampling, std::string label);

/// Processor seconds that a run of the agent took: the median; NaN where none were measured.
double seconds_of(const Evaluation& evaluation, const std::string& agent);
/// Processor seconds spent by the agent after so many iterations: the largest of its runs.
double seconds_after(const Evaluation& evaluation, const std::string& agent, std::uint64_t iterations);

/// A line whose `ours` is the median of `seeds`.
ResultLine median_line(std::string name, std::string unit, std::vector<double> seeds);
double median(std::vector<double> values);

}  // namespace rover
