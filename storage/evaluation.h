#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace rover {

/// One agent on one function from one start: best-so-far f on three clocks.
struct EvaluationCurve {
  std::string agent, landscape;
  std::uint64_t start = 0;  ///< index of the starting point, the same for every agent
  std::uint64_t seed = 0;   ///< repetition from the same start
  double optimum = 0;       ///< f(x*), NaN where it is not known
  double start_value = 0;   ///< f(x₀)
  std::vector<std::uint64_t> iterations;
  std::vector<std::uint64_t> evaluations;  ///< function evaluations spent until then
  std::vector<double> best_value;          ///< lowest f until then; the three have one length
  std::vector<double> seconds = {};        ///< processor time until then, of the same length; empty: not measured
  std::vector<double> validation = {};     ///< validation loss of the best point, NaN between marks; empty: none
  std::uint64_t dimension = 0;             ///< coordinates of the function; 0: written before it was kept
  /// Does not compare seconds, which differ from run to run.
  bool operator==(const EvaluationCurve& other) const;
};

/// Everything that tables and figures are drawn from.
struct Evaluation {
  std::map<std::string, std::string> attributes;  ///< command, suite, budget, …
  std::map<std::string, std::string> settings;    ///< "agent|landscape" → what tuning chose, as text
  std::vector<EvaluationCurve> curves;
};

/// results.h5: one row a curve (`agent`, `landscape`, `dimension`, `start`, `seed`, `optimum`, `start_value`), whose
/// points are
/// `iterations`, `evaluations`, `best_value` and, where measured, `seconds` and `validation` [offset[i], offset[i +
/// 1]). Written whole or not at all; throws std::runtime_error in one sentence.
void write_evaluation(const std::filesystem::path& path, const Evaluation& evaluation);
/// Throws std::runtime_error for a file that is missing, not HDF5, no evaluation, or damaged.
Evaluation read_evaluation(const std::filesystem::path& path);

}  // namespace rover
