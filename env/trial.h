#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// One start on one surface: what agents are trained, tuned and compared on.
struct Trial {
  std::shared_ptr<const Landscape> landscape;
  std::vector<double> start;                                        ///< [d]
  double start_value = 0;                                           ///< noise-free f(x₀)
  double optimum_value = std::numeric_limits<double>::quiet_NaN();  ///< noise-free f*; NaN: not known
  std::vector<double> optimum = {};                                 ///< x* [d]; empty: not known
  std::uint32_t family = 0;                                         ///< of a pool: index into its families
};

/// The trial from this start, with f(x₀) and, where the landscape knows it, its optimum.
Trial make_trial(std::shared_ptr<const Landscape> landscape, std::vector<double> start);
/// The same from a start that is drawn from the landscape's start region.
Trial draw_trial(std::shared_ptr<const Landscape> landscape, RandomStream& stream);

}  // namespace rover
