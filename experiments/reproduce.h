#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace rover {

/// One line of a study's result: what the paper or the target says beside what was measured.
struct ResultLine {
  std::string name;
  std::string unit;                                                ///< "°", "%", "log10", …
  double paper = std::numeric_limits<double>::quiet_NaN();         ///< NaN: the paper gives no number
  double ours = std::numeric_limits<double>::quiet_NaN();          ///< mean or median over seeds
  std::vector<double> seeds;                                       ///< a value a seed: the spread
  double target = std::numeric_limits<double>::quiet_NaN();        ///< NaN: nothing to reach
  bool smaller_is_better = true;
  bool passes() const { return !(target == target) || (smaller_is_better ? ours <= target : ours >= target); }
};

/// Where and how a study runs.
struct StudyPlace {
  std::filesystem::path folder;  ///< its own, made already; everything it writes goes here
  bool quick = false;            ///< minutes instead of hours
  std::uint64_t seed = 0;
  std::size_t seeds = 3;         ///< repetitions, where a study trains or draws
  std::size_t threads = 0;       ///< 0: one a core
  /// Runs `make` and keeps its numbers under `cell` in the folder, or returns the numbers kept before: this is how an interrupted study
  /// resumes. Shows progress.
  std::function<std::vector<double>(const std::string& cell, const std::function<std::vector<double>()>& make)> cell;
  /// A Rover trained by `preset` with `sets` (key=value) under `seed`, in FOLDER/NAME; trained, resumed or reused. Returns the run folder.
  std::function<std::filesystem::path(const std::string& name, const std::string& preset, const std::vector<std::string>& sets, std::uint64_t seed)> train;
};

/// What a study found. It has already written its pictures and HDF5 into its folder.
struct StudyResult {
  std::vector<ResultLine> lines;
  std::string text;  ///< tables for the terminal and the text file, beyond the lines
};

struct Study {
  std::string name, summary;
  std::function<StudyResult(StudyPlace&)> run;
};

/// table1, figure4 … figure10, ablations, …; `rover-paper` is all of the paper's. Each study is one file in experiments/studies/ and
/// has a page in docs/reproduce/.
const std::vector<Study>& studies();

}  // namespace rover
