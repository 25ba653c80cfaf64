#pragma once
#include <cstddef>
#include <vector>

namespace rover {

/// What a landscape of network weights adds: its coordinates fall into layers, each contiguous, in order.
class Layered {
 public:
  virtual ~Layered() = default;
  /// Coordinates of each layer, weights and biases together; they sum to the dimension.
  virtual std::vector<std::size_t> layer_sizes() const = 0;
};

}  // namespace rover
