#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// The nearest point of the box.
inline void project(MutReals point_d, const Box& box) {
  for (std::size_t i = 0; i < point_d.size(); ++i) point_d[i] = std::clamp(point_d[i], box.low[i], box.high[i]);
}

/// Shortens `move_d` so that pose + move, as rounded, lies in the box; NaN passes. True if any entry changed.
inline bool keep_inside(Reals pose_d, const Box& box, MutReals move_d) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  bool changed = false;
  for (std::size_t i = 0; i < move_d.size(); ++i) {
    const double low = box.low[i], high = box.high[i];
    double& move = move_d[i];
    if (pose_d[i] + move > high) {
      for (move = high - pose_d[i]; pose_d[i] + move > high;) move = std::nextafter(move, -infinity);
      changed = true;
    } else if (pose_d[i] + move < low) {
      for (move = low - pose_d[i]; pose_d[i] + move < low;) move = std::nextafter(move, infinity);
      changed = true;
    }
  }
  return changed;
}

/// The move from the pose to a target in the box.
inline void move_to(Reals target_d, Reals pose_d, const Box& box, std::vector<double>& move) {
  move.resize(target_d.size());
  for (std::size_t i = 0; i < target_d.size(); ++i) move[i] = target_d[i] - pose_d[i];
  keep_inside(pose_d, box, move);
}

}  // namespace rover
