#include "env/bad_value.h"

#include <cmath>
#include <cstdio>

namespace rover {

std::string point_text(Reals point) {
  constexpr std::size_t shown = 8;
  std::string text = "(";
  for (std::size_t k = 0; k < point.size() && k < shown; ++k) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%s%.6g", k ? ", " : "", point[k]);
    text += buffer;
  }
  return text + (point.size() > shown ? ", …)" : ")");
}

void throw_bad_value(std::string_view landscape, double value, Reals point, std::string_view what) {
  const char* text = std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  std::string sentence = "the landscape '" + std::string(landscape) + "' returned ";
  if (!what.empty()) sentence += std::string(what) + " of ";
  throw BadValueError(sentence + text + " at " + point_text(point));
}

}  // namespace rover
