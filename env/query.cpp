#include "env/query.h"

namespace rover {

QueryCost cost_of(const Query& query, std::size_t dimension, std::uint64_t gradient) {
  const std::uint64_t d = dimension, slope = gradient > 0 ? gradient : 2 * d;
  const std::uint64_t points = query.points.empty() || d == 0 ? 1 : query.points.size() / d;
  switch (query.kind) {
    case Query::Kind::values:
      return {points, 0, 0};
    case Query::Kind::gradients:
      return {points * slope, points, 0};
    case Query::Kind::hessians:
      return {points * (slope + 2 * d * d), points, points};
    case Query::Kind::slices:
      break;
  }
  return {std::uint64_t{query.slices.size()} * query.grid_size * query.grid_size, 0, 0};
}

}  // namespace rover
