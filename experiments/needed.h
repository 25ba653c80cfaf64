#pragma once
#include <string>
#include <vector>

#include "core/statistics.h"
#include "storage/evaluation.h"

namespace rover {

/// What a run needed to come within `gap` of the optimum: the first point of its curve that is so near. A run that
/// never comes so near counts with the end of its curve.
struct Needed {
  std::uint64_t iterations, evaluations;
  bool reached;
};
Needed needed(const EvaluationCurve& curve, double gap);

/// What an agent's runs needed, over all functions, starts and seeds.
struct NeededSummary {
  double iterations, evaluations;  ///< geometric means
  double reached;                  ///< share of runs
  /// Evaluations over those of the baseline's run on the same function, start and seed; NaN where there is none.
  RatioInterval over_baseline;
};
NeededSummary summarize_needed(const Evaluation& evaluation, const std::string& agent, double gap,
                               const std::string& baseline);

/// The table that leads a report: a row an agent, what it needed to come within 1e-3 and 1e-6 of the optimum.
/// `baseline` empty: without ratios.
std::string needed_block(const Evaluation& evaluation, const std::string& baseline);

}  // namespace rover
