#pragma once
#include <algorithm>
#include <cstddef>

#include "core/denormals.h"
#include "core/parallel.h"

namespace rover {

/// job(first, last) over blocks of d coordinates that do not see each other. Several threads only where there are two
/// blocks a thread: below, starting them costs more than it saves.
template <class Job>
void for_coordinate_blocks(std::size_t d, std::size_t threads, const Job& job) {
  constexpr std::size_t block = 8192;  // a multiple of every vector's lanes
  const auto range = [&](std::size_t first, std::size_t last) {
    const FlushDenormals flush;
    job(first, last);
  };
  if (threads < 2 || d < 2 * threads * block) return range(0, d);
  in_parallel((d + block - 1) / block, threads,
              [&](std::size_t b, std::size_t) { range(b * block, std::min(d, (b + 1) * block)); });
}

}  // namespace rover
