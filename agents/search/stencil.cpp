#include "agents/search/stencil.h"

#include <cmath>
#include <numbers>

#include "core/settings.h"

namespace rover {

Stencil::Stencil(const std::string& kind, std::size_t size) : ring_(kind == "ring") {
  if (size < (ring_ ? 3u : 2u) || size > 16) throw UsageError("a stencil has 2 (a ring 3) to 16 points a side");
  const auto n = static_cast<double>(size);
  if (ring_) {
    a_.push_back(0), b_.push_back(0);
    for (std::size_t k = 0; k < size; ++k) {
      const double angle = 2 * std::numbers::pi * static_cast<double>(k) / n;
      a_.push_back(std::cos(angle)), b_.push_back(std::sin(angle));
    }
    return;
  }
  for (std::size_t k = 0; k < size * size; ++k) {
    a_.push_back(2 * static_cast<double>(k / size) / (n - 1) - 1);
    b_.push_back(2 * static_cast<double>(k % size) / (n - 1) - 1);
  }
}

double Stencil::radius() const { return ring_ ? 1 : std::numbers::sqrt2; }

}  // namespace rover
