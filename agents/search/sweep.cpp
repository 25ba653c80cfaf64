#include "agents/search/sweep.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace rover::search {

bool sweep(Probe& probe, RandomStream& stream, const SweepOptions& options) {
  struct Place {
    double x, value;
  };
  std::vector<double> point = probe.best_point(), asked;
  double value = probe.best();
  const double before = value;
  std::vector<std::size_t> order(point.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t k = order.size(); k > 1; --k) std::swap(order[k - 1], order[stream.below(k)]);
  std::vector<Place> line;
  Matrix places(static_cast<Eigen::Index>(point.size()), static_cast<Eigen::Index>(options.places));
  std::vector<double> values(options.places);
  for (const std::size_t axis : order) {
    const auto look = [&](double x) {
      asked = point;
      asked[axis] = x;
      const double found = probe(asked);
      line.push_back({asked[axis], found});
    };
    line.assign(1, {point[axis], value});
    const double offset = stream.uniform();
    const auto at = static_cast<Eigen::Index>(axis);
    const double reach = std::max(1.0, 2 * std::abs(point[axis] - probe.start()[axis])),
                 from = std::isfinite(probe.region().low[at]) ? probe.region().low[at] : point[axis] - reach,
                 to = std::isfinite(probe.region().high[at]) ? probe.region().high[at] : point[axis] + reach;
    for (std::uint64_t k = 0; k < options.places; ++k) {
      const auto column = static_cast<Eigen::Index>(k);
      places.col(column) = Eigen::Map<const Vector>(point.data(), places.rows());
      const double share = (static_cast<double>(k) + offset) / static_cast<double>(options.places);
      places(static_cast<Eigen::Index>(axis), column) = from + share * (to - from);
    }
    probe(places, options.places, values.data());
    for (std::uint64_t k = 0; k < options.places; ++k)
      line.push_back({places(static_cast<Eigen::Index>(axis), static_cast<Eigen::Index>(k)), values[k]});
    for (int pass = 0; pass < 2; ++pass) {
      std::ranges::sort(line, {}, &Place::x);
      const auto best = std::ranges::min_element(line, {}, &Place::value);
      if (best == line.begin() || best + 1 == line.end() || (pass == 0 && best->value >= value)) break;
      const double left = best->x - (best - 1)->x, right = (best + 1)->x - best->x,
                   fall = (best - 1)->value - best->value, rise = (best + 1)->value - best->value,
                   divisor = fall * right + rise * left;
      if (!(divisor > 0)) break;
      const double x = std::clamp(best->x + 0.5 * (fall * right * right - rise * left * left) / divisor,
                                  best->x - 0.95 * left, best->x + 0.95 * right);
      if (std::abs(x - best->x) < 1e-9) break;
      look(x);
    }
    for (const Place& place : line)
      if (place.value < value) value = place.value, point[axis] = place.x;
  }
  return before - value > options.again * std::abs(probe.start_value() - before);
}

}  // namespace rover::search
