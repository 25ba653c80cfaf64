#pragma once
#include <cstddef>
#include <span>
#include <vector>

namespace rover {

/// n doubles, uninitialised, on the stack up to `small`: the working memory of one call, safe when calls nest.
template <std::size_t small = 256>
class Scratch {
 public:
  explicit Scratch(std::size_t n) : size_(n) {
    if (n > small) heap_.resize(n);
  }
  std::span<double> span() { return {size_ > small ? heap_.data() : stack_, size_}; }

 private:
  std::size_t size_;
  double stack_[small];
  std::vector<double> heap_;
};

/// Calls f(first, count) for consecutive chunks of n points of d coordinates, small enough for a Scratch<256> when d
/// ≤ 16.
template <class F>
void in_chunks(std::size_t n, std::size_t d, F&& f) {
  const std::size_t most = d < 256 ? 256 / d : 1;
  for (std::size_t first = 0; first < n; first += most) f(first, n - first < most ? n - first : most);
}

}  // namespace rover
