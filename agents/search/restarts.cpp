#include "agents/search/restarts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/settings.h"

namespace rover {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// The radical inverse (Halton 1960).
double radical_inverse(std::uint64_t index, std::uint64_t base) {
  double digit = 1, sum = 0;
  for (; index > 0; index /= base) digit /= static_cast<double>(base), sum += digit * static_cast<double>(index % base);
  return sum;
}

double squared_distance(double x1, double y1, double x2, double y2) {
  return (x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2);
}

}  // namespace

Restarts::Restarts(const SearchOptions& options)
    : hop_share_(options.hops),
      restart_resolution_(options.restart_resolution),
      halton_count_(options.halton),
      halton_after_(options.halton_after) {
  check_options(options);
  first_resolution_ =
      options.first_look ? std::min(options.first_resolution / static_cast<double>(options.first_look), 0.5) : 0.3;
}

void Restarts::reserve(std::size_t size) {
  for (auto* part : {&x_, &y_, &value_, &clearance2_, &explored_x_, &explored_y_}) part->reserve(size);
}

void Restarts::reset(RandomStream& random) {
  for (auto* part : {&x_, &y_, &value_, &clearance2_, &explored_x_, &explored_y_}) part->clear();
  halton_index_ = 1 + random.below(1000);
}

void Restarts::add_candidate(double x, double y, double value) {
  double clearance2 = infinity;
  for (std::size_t k = 0; k < explored_x_.size(); ++k)
    clearance2 = std::min(clearance2, squared_distance(x, y, explored_x_[k], explored_y_[k]));
  x_.push_back(x), y_.push_back(y), value_.push_back(value), clearance2_.push_back(clearance2);
}

void Restarts::add_explored(double x, double y) {
  explored_x_.push_back(x), explored_y_.push_back(y);
  for (std::size_t k = 0; k < x_.size(); ++k)
    clearance2_[k] = std::min(clearance2_[k], squared_distance(x, y, x_[k], y_[k]));
}

bool Restarts::hops(SearchMemory& memory) const {
  return hop_share_ > 0 && settled(memory) && memory.random.uniform() < hop_share_;
}

Restarts::Start Restarts::hop(SearchMemory& memory) const {
  const double sigma = memory.random.log_uniform(0.005, 0.3);
  Start start{{}, std::numeric_limits<double>::quiet_NaN()};
  start.window.x = std::clamp(memory.best_point[0] + sigma * memory.random.normal(), 0.0, 1.0);
  start.window.y = std::clamp(memory.best_point[1] + sigma * memory.random.normal(), 0.0, 1.0);
  start.window.resolution = sigma / 2;
  return start;
}

void Restarts::spread(const SearchMemory& memory, std::vector<double>& points) {
  points.clear();
  if (!settled(memory)) return;
  for (std::uint64_t k = 0; k < halton_count_; ++k, ++halton_index_)
    points.insert(points.end(), {radical_inverse(halton_index_, 2), radical_inverse(halton_index_, 3)});
}

Restarts::Start Restarts::next(SearchMemory& memory) const {
  const double density = std::sqrt(static_cast<double>(x_.size())),
               clear2 = x_.empty() ? 0 : 0.36 / (density * density);
  std::size_t chosen = x_.size();
  double least = infinity;
  for (std::size_t k = 0; k < x_.size(); ++k)
    if (value_[k] < least && clearance2_[k] >= clear2) least = value_[k], chosen = k;
  Start start{{}, std::numeric_limits<double>::quiet_NaN()};
  start.window.resolution = first_resolution_;
  if (chosen == x_.size()) {
    start.window.x = memory.random.uniform(), start.window.y = memory.random.uniform();
    return start;
  }
  start.window.x = x_[chosen], start.window.y = y_[chosen], start.value = value_[chosen];
  start.window.resolution = std::min(first_resolution_, restart_resolution_ / density);
  return start;
}

}  // namespace rover
