#pragma once
#include "experiments/evaluation.h"
#include "experiments/figure.h"

namespace rover {

/// A panel a function: the gap of the best value, logarithmic, median over starts and seeds, quartiles shaded. Over
/// function evaluations (logarithmic, to the budget) or over the agents' iterations (to 100, of which every one is in a
/// curve). The first agent lies on top. Throws std::invalid_argument for an evaluation without curves.
Figure picture(const Evaluation& evaluation, Mark::Clock clock = Mark::Clock::evaluations);

}  // namespace rover
