#pragma once
#include <string>

#include "storage/evaluation.h"

namespace rover {

/// An SVG figure: a panel a function, the gap of the best value over function evaluations, both logarithmic: median over starts and seeds,
/// quartiles shaded. The first agent lies on top. Throws std::invalid_argument for an evaluation without curves.
std::string picture_svg(const Evaluation& evaluation);

}  // namespace rover
