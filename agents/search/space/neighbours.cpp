#include "agents/search/space/neighbours.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "agents/search/space/space_search.h"

namespace rover::space {
namespace {

constexpr std::size_t listed = 3, overfull = 6;  // × the samples asked for: kept by a pass, and too many
constexpr double far_moved = 0.5, far_stretched = 0.7;

}  // namespace

Neighbours::Neighbours(std::size_t dimension, std::size_t memory) : d_(dimension), memory_(memory) {}

void Neighbours::add(Reals point, double value) {
  near_.push_back({static_cast<std::uint32_t>(values_.size()), 0});
  points_.insert(points_.end(), point.begin(), point.end());
  values_.push_back(value);
}

void Neighbours::measure(const Window& window) {
  const double* const inverse = window.inverse().data();  // column by column
  const double* const centre = window.centre().data();
  for (Candidate& candidate : near_) {
    const double* const x = points_.data() + candidate.id * d_;
    double sum = 0;
    std::array<double, most_dimensions_in_space> z;
    for (std::size_t i = 0; i < d_; ++i) z[i] = 0;
    for (std::size_t j = 0; j < d_; ++j) {
      const double step = x[j] - centre[j];
      for (std::size_t i = 0; i < d_; ++i) z[i] += inverse[j * d_ + i] * step;
    }
    for (std::size_t i = 0; i < d_; ++i) sum += z[i] * z[i];
    candidate.squared = sum;
  }
}

void Neighbours::keep(std::size_t count) {
  if (near_.size() <= count) return;
  std::ranges::nth_element(near_, near_.begin() + static_cast<std::ptrdiff_t>(count), {}, &Candidate::squared);
}

void Neighbours::trim(std::size_t count) {
  keep(count);
  if (near_.size() > count) near_.resize(count);
}

void Neighbours::find(Window& window, std::size_t most, double reach) {
  const auto farthest = [&] {
    double out = 0;
    for (std::size_t k = 0; k < std::min(most, near_.size()); ++k) out = std::max(out, near_[k].squared);
    return std::sqrt(out);
  };
  measure(window);
  keep(most);
  // A window that has moved by less than part of the distance of the farthest that is asked for has them in the list.
  const auto& drift = window.drift();
  if (!(drift.moved < far_moved * farthest()) || drift.stretched > far_stretched) {
    near_.clear();
    for (std::size_t k = values_.size() - std::min(values_.size(), memory_); k < values_.size(); ++k)
      near_.push_back({static_cast<std::uint32_t>(k), 0});
    measure(window);
    trim(listed * most);
    keep(most);
    window.forget_drift();
  } else if (near_.size() > overfull * most) {
    trim(listed * most);
    keep(most);
  }
  found_ = std::min(most, near_.size());
  // Those beyond the reach go last.
  const auto inside = std::partition(near_.begin(), near_.begin() + static_cast<std::ptrdiff_t>(found_),
                                     [&](const Candidate& c) { return c.squared <= reach * reach; });
  found_ = static_cast<std::size_t>(inside - near_.begin());
  const auto d = static_cast<Eigen::Index>(d_);
  if (z_.cols() < static_cast<Eigen::Index>(most)) z_.resize(d, static_cast<Eigen::Index>(most));
  for (std::size_t k = 0; k < found_; ++k)
    z_.col(static_cast<Eigen::Index>(k)) =
        Eigen::Map<const Vector>(points_.data() + near_[k].id * d_, d) - window.centre();
  if (found_ > 0) {
    const auto n = static_cast<Eigen::Index>(found_);
    const Matrix steps = z_.leftCols(n);
    z_.leftCols(n).noalias() = window.inverse() * steps;
  }
}

}  // namespace rover::space
