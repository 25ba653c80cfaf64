#include "agents/search/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "agents/search/kernels.h"

namespace rover::search {
namespace {

// × the samples asked for: kept by a pass, at least and at most, and too many
constexpr double fewest = 2.5, listed = 3.5;
constexpr std::size_t overfull = 5;
constexpr double farther = 2;  // a pass keeps those up to this × the distance of the farthest asked for
constexpr double sure = 0.75;  // … of which so much must be known to be listed

std::ptrdiff_t at(std::size_t k) { return static_cast<std::ptrdiff_t>(k); }

using kernels::index_of, kernels::squared_of;

}  // namespace

Neighbours::Columns::Columns(std::size_t d, std::size_t room) : stride(room + kernels::padding) {
  points.resize(d * stride), values.resize(room), squared.resize(stride);
}

void Neighbours::Columns::copy(std::size_t to, const Columns& from, std::size_t k, std::size_t d) {
  for (std::size_t i = 0; i < d; ++i) points[i * stride + to] = from.points[i * from.stride + k];
  values[to] = from.values[k], squared[to] = from.squared[k];
}

Neighbours::Neighbours(std::size_t dimension, std::size_t memory, std::size_t most)
    : d_(dimension),
      most_(most),
      list_most_(static_cast<std::size_t>(std::ceil(listed * static_cast<double>(most)))),
      stride_(most + kernels::padding),
      all_(dimension, std::max(memory, overfull * most)),
      list_(dimension, overfull * most) {
  keys_.resize(all_.room() + kernels::padding);
  gathered_.resize(d_ * stride_), z_.resize(d_ * stride_), squared_.resize(most_), values_.resize(most_);
}

void Neighbours::add(Reals point, double value) {
  if (most_ == 0) {
    ++size_;
    return;
  }
  const auto put = [&](Columns& into, std::size_t k) {
    for (std::size_t i = 0; i < d_; ++i) into.points[i * into.stride + k] = point[i];
    into.values[k] = value;
  };
  put(all_, static_cast<std::size_t>(size_++ % all_.room()));
  all_.count = std::min(all_.count + 1, all_.room());
  if (list_.count < list_.room()) put(list_, list_.count++);
  else missed_ = true;
}

void Neighbours::measure(Columns& samples, const Window& window) {
  kernels::squared_distances(samples.points.data(), samples.stride, samples.count, d_, window.centre().data(),
                             window.inverse().data(), samples.squared.data());
}

std::size_t Neighbours::nearest(const Columns& samples, std::size_t most, double limit) {
  within_ = kernels::keys_within(samples.squared.data(), samples.count, limit, keys_.data());
  if (within_ > most) std::nth_element(keys_.begin(), keys_.begin() + at(most), keys_.begin() + at(within_));
  return std::min(within_, most);
}

// A limit within which there are `fewest` to `listed`; `limit`, where there are not more. Counts grow with the distance
// to about the d-th power.
double Neighbours::limit_of_list(double limit, double guess) const {
  const auto within = [&](double squared) {
    return static_cast<double>(kernels::count_within(all_.squared.data(), all_.count, squared));
  };
  const double most = listed * static_cast<double>(most_), least = fewest * static_cast<double>(most_);
  if (within(limit) <= most) return limit;
  double low = 0, high = limit;
  for (int k = 0; k < 40; ++k) {
    if (!(guess > low && guess < high))
      guess = low == 0 ? (std::isinf(high) ? 1 : high / 16) : std::isinf(high) ? 16 * low : std::sqrt(low * high);
    const double found = within(guess);
    if (found >= least && found <= most) return guess;
    (found < least ? low : high) = guess;
    guess *= std::pow((least + most) / (2 * std::max(found, 1.0)), 2 / static_cast<double>(d_));
  }
  return high;
}

void Neighbours::list_anew(Window& window, double limit) {
  measure(all_, window);
  const double width = window.half_width() * window.half_width(), enough = limit_of_list(limit, last_list_ / width);
  last_list_ = enough * width;
  const std::size_t count = nearest(all_, list_most_, enough);
  // Those that were left out are at least as far as the first of them.
  window.know(std::sqrt(within_ > count ? squared_of(keys_[count]) : enough));
  for (std::size_t k = 0; k < count; ++k) list_.copy(k, all_, index_of(keys_[k]), d_);
  list_.count = count, missed_ = false;
}

void Neighbours::trim(Window& window) {
  const std::size_t count = nearest(list_, list_most_, std::numeric_limits<double>::infinity());
  if (within_ == count) return;
  window.know(std::min(window.known(), std::sqrt(squared_of(keys_[count]))));
  std::sort(keys_.begin(), keys_.begin() + at(count),
            [](std::uint64_t a, std::uint64_t b) { return index_of(a) < index_of(b); });
  for (std::size_t k = 0; k < count; ++k) list_.copy(k, list_, index_of(keys_[k]), d_);
  list_.count = count;
}

void Neighbours::find(Window& window, double reach) {
  const double limit = reach * reach, anything = std::numeric_limits<double>::infinity();
  measure(list_, window);
  // Those of the last time are about as far: a limit a little beyond spares the sorting of the others.
  const double width = window.half_width() * window.half_width(), guess = farther * last_ / width;
  count_ = guess < limit ? nearest(list_, most_, guess) : 0;
  if (count_ < most_) count_ = nearest(list_, most_, limit);
  // The farthest of the nearest; more than that many may be known, so those beyond it are none of them.
  double farthest = limit;
  if (count_ == most_) {
    farthest = 0;
    for (std::size_t k = 0; k < count_; ++k) farthest = std::max(farthest, squared_of(keys_[k]));
  }
  last_ = farthest * width;
  if (missed_ || !(window.known() >= sure * std::sqrt(farthest))) {
    list_anew(window, count_ == most_ ? farther * farther * farthest : anything);
    count_ = nearest(list_, most_, limit);
  } else if (list_.count + 2 * d_ + 2 > list_.room()) {
    trim(window);
    count_ = nearest(list_, most_, limit);
  }
  for (std::size_t k = 0; k < count_; ++k) {
    const std::size_t sample = index_of(keys_[k]);
    for (std::size_t i = 0; i < d_; ++i) gathered_[i * stride_ + k] = list_.points[i * list_.stride + sample];
    squared_[k] = list_.squared[sample], values_[k] = list_.values[sample];
  }
  kernels::transform(gathered_.data(), stride_, count_, d_, window.centre().data(), window.inverse().data(), z_.data(),
                     stride_);
}

}  // namespace rover::search
