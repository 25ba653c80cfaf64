#include "agents/rover/combine.h"

#include <algorithm>

namespace rover {

void combine_updates(std::span<const Pair> pairs, std::span<const double> updates_p2, std::span<double> step_d,
                     std::vector<std::uint32_t>& counts) {
  counts.assign(step_d.size(), 0);
  std::ranges::fill(step_d, 0.0);
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    step_d[pairs[p].i] += updates_p2[2 * p], ++counts[pairs[p].i];
    step_d[pairs[p].j] += updates_p2[2 * p + 1], ++counts[pairs[p].j];
  }
  for (std::size_t k = 0; k < step_d.size(); ++k)
    if (counts[k] > 1) step_d[k] /= counts[k];
}

}  // namespace rover
