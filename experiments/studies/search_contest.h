#pragma once
#include <string>
#include <vector>

#include "env/trial.h"
#include "experiments/reproduce.h"
#include "experiments/studies/rounds.h"

namespace rover {

/// What the studies of rover-search measure: fresh surfaces of the families that it is tuned on, and what an agent
/// needs there to fifty targets.

/// `each` surfaces of these families a seed of the study, as many of each family, in the order of seeds. `purpose`
/// separates them from those of other studies.
std::vector<Trial> fresh_surfaces(const StudyPlace& place, const std::vector<std::string>& families,
                                  std::size_t dimension, std::size_t each, const std::string& purpose);

/// Shares of the start's regret, even in the logarithm, down to 1e-8.
std::vector<double> fifty_targets();

/// A value a surface: geometric means over the targets, evaluations to the last one, and the share that was reached. A
/// target that was not counts 1.5 times the budget.
struct Costs {
  std::vector<double> evaluations, rounds, last, reached;
};

/// Plays an agent on each trial for `evaluations_a_coordinate`·d evaluations. Kept as a cell of the study.
Costs costs_to_fifty_targets(StudyPlace& place, const std::string& cell, const std::string& id,
                             const Settings& settings, const std::vector<Trial>& trials,
                             std::uint64_t evaluations_a_coordinate, Together together = Together::look,
                             std::size_t at_once = 1);

double geometric_mean(const std::vector<double>& values);
/// With its interval, as "0.81 [0.79, 0.83]".
std::string interval_text(const std::vector<double>& values);
/// The paired quotients' geometric mean; one value a seed, which are parts of the values in order.
ResultLine ratio_line(std::string name, const std::vector<double>& a, const std::vector<double>& b, std::size_t seeds);

}  // namespace rover
