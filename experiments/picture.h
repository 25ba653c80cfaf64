#pragma once
#include "experiments/evaluation.h"
#include "experiments/figure.h"

namespace rover {

/// A panel a function: the gap of the best value, logarithmic, or the best value where no optimum is known; median over
/// starts and seeds, quartiles shaded. Of more agents than `most_curves` the Rover's and the best are shown. Over
/// function evaluations (logarithmic, to the budget) or over the agents' iterations (to 100; curves hold each of them).
/// The first agent lies on top. Throws std::invalid_argument for an evaluation without curves.
Figure picture(const Evaluation& evaluation, Mark::Clock clock = Mark::Clock::evaluations, std::size_t most_curves = 8);

/// `--curves N`, or all of them. Throws UsageError for anything else.
std::size_t parse_curves(const std::string& text);

}  // namespace rover
