#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

#include "storage/evaluation.h"

namespace rover {

// ---- what a study is

/// One line of a study's result: the paper's value and the target beside what was measured.
struct ResultLine {
  std::string name;
  std::string unit;                                          ///< "°", "%", "log10", …
  double paper = std::numeric_limits<double>::quiet_NaN();   ///< NaN: the paper gives no number
  double ours = std::numeric_limits<double>::quiet_NaN();    ///< mean or median over seeds
  std::vector<double> seeds;                                 ///< a value a seed: the spread
  double target = std::numeric_limits<double>::quiet_NaN();  ///< NaN: nothing to reach
  bool smaller_is_better = true;
  bool passes() const { return !(target == target) || (smaller_is_better ? ours <= target : ours >= target); }
};

/// A training that a study needs: `preset` with `sets` (key=value) under `seed`, in OUT/runs/NAME, where all studies of
/// OUT share it: "rover" is the preset quick or full under the studies' seed; the name of a study's own training begins
/// with the study's name. Without a preset, `sets` holds trainer=ID. Nothing is read from the environment. Names are
/// file names: letters, digits and . _ - + =
struct StudyTraining {
  std::string name, preset;
  std::vector<std::string> sets;
  std::uint64_t seed = 0;
};

/// Where and how a study runs.
struct StudyPlace {
  std::filesystem::path folder;  ///< the study's own, which exists; everything it writes goes here
  bool quick = false;            ///< minutes instead of hours
  std::uint64_t seed = 0;
  std::size_t seeds = 3;    ///< repetitions, where a study trains or draws
  std::size_t threads = 0;  ///< 0: one a core
  /// Announces how many cells (and evaluations) and trainings will come, so that the time left can be shown. Optional.
  std::function<void(std::size_t cells, std::size_t trainings)> expect;
  /// Runs `make` and keeps its numbers under `cell` (a file name, as above) in the folder, or returns the numbers kept
  /// before, to the bit: this is how an interrupted study resumes. Shows progress.
  std::function<std::vector<double>(const std::string& cell, const std::function<std::vector<double>()>& make)> cell;
  /// The same for curves, kept in FOLDER/NAME.h5.
  std::function<Evaluation(const std::string& name, const std::function<Evaluation()>& make)> evaluation;
  /// One training; trained, resumed or reused. Returns the run folder. Throws UsageError when the name was trained with
  /// other settings.
  std::function<std::filesystem::path(const std::string& name, const std::string& preset,
                                      const std::vector<std::string>& sets, std::uint64_t seed)>
      train;
  /// Several, `threads` at a time. Returns the run folders in order.
  std::function<std::vector<std::filesystem::path>(const std::vector<StudyTraining>&)> train_all;
};

/// What a study found. It has already written its pictures and HDF5 into its folder.
struct StudyResult {
  std::vector<ResultLine> lines;
  std::string text;  ///< tables for the terminal and the text file, beyond the lines
};

struct Study {
  std::string name, summary;
  std::function<StudyResult(StudyPlace&)> run;
  bool of_paper = true;                  ///< a table or figure of the paper: part of `rover-paper`
  std::vector<std::string> models = {};  ///< shipped models that it plays: a folder begun with other ones is refused
};

/// table1, figure4 … figure10, ablations, …; `rover-paper` is all of the paper's. Each study is one file in
/// experiments/studies/, is listed in experiments/studies/studies.cpp and has a page in docs/reproduce/.
const std::vector<Study>& studies();

// ---- for studies

/// A line whose `ours` is the mean of `seeds`.
ResultLine mean_line(std::string name, std::string unit, std::vector<double> seeds);

// ---- running one

struct ReproduceOptions {
  std::filesystem::path out = "reproduce";
  bool quick = false;
  std::uint64_t seed = 0;
  std::size_t seeds = 3, threads = 0;
  bool quiet = false;  ///< no progress on stderr
};

/// Thrown when SIGINT or SIGTERM ended a training of a study; its checkpoint is written.
struct StudyInterrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Runs a study in OUT/NAME and writes result.json, result.txt and result.h5 there. A folder begun with the same
/// options is continued; the result is the same, bit for bit, as without the interruption. Throws UsageError when the
/// folder holds the study under other options or with other models, or something else, or when options are out of
/// range.
StudyResult reproduce(const Study& study, const ReproduceOptions& options);

/// The lines as a table (name, paper, ours, least and greatest of the seeds, target, pass) and the study's own text.
std::string result_text(const Study& study, const StudyResult& result);
/// {study, summary, preset, seed, seeds, version, lines: [{name, unit, paper, ours, spread: {min, max, seeds}, target,
/// pass}]}; what is not a number is null, and so is the pass of a line without a target.
std::string result_json(const Study& study, const ReproduceOptions& options, const StudyResult& result);

}  // namespace rover
