#pragma once
#include <stdexcept>
#include <string>
#include <string_view>

#include "env/landscape.h"

namespace rover {

/// "(1.2, 3.4)"; only the first eight coordinates of a long point.
std::string point_text(Reals point);

/// Thrown for a surface that returned NaN or infinity.
struct BadValueError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws BadValueError: "the landscape 'bowl' returned nan at (1.2, 3.4)". `what` names another quantity than a
/// value.
[[noreturn]] void throw_bad_value(std::string_view landscape, double value, Reals point, std::string_view what = "");

}  // namespace rover
