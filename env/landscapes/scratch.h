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

}  // namespace rover
