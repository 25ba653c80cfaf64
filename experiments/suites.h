#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// One start on one surface.
struct Trial {
  std::shared_ptr<const Landscape> landscape;
  std::vector<double> start;                  ///< [d]
  double start_value = 0, optimum_value = 0;  ///< noise-free f(x₀) and f*
};

/// Functions that agents are compared on.
struct Suite {
  std::string name, summary;
  std::vector<std::string> functions;
  bool clamp = false;  ///< looks and moves are projected into the domain
  /// Trials 0 … count − 1 of a function; trial k depends on the function, the seed and k alone.
  std::function<std::vector<Trial>(const std::string& function, std::size_t count, std::uint64_t seed)> draw;
};

/// paper: the six functions of appendix 6.3. shifted: the same, each start on a surface of its own that is moved.
/// training: fresh instances of the four families of appendix 6.1, one a start, half of the fields noisy. general: six
/// functions in ten dimensions. extended: fresh instances of the seven families of make_extended_pool (sheared, warped,
/// rippled), one a start, noise-free.
const std::vector<Suite>& suites();

/// A suite by its name, or landscapes by their ids, comma-separated: these in two dimensions, like `paper`.
/// Throws UsageError for an unknown name (with a suggestion) or a landscape whose optimum is not known.
Suite find_suite(const std::string& name);

}  // namespace rover
