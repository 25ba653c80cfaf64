#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

namespace rover {

/// A part of a point that belongs together: a weight matrix, a bias, or any vector of coordinates. Coordinates begin,
/// begin + 1, … are its entries, row by row.
struct Tensor {
  enum class Kind { weights, bias, other };
  std::string name;
  Kind kind = Kind::other;
  std::size_t begin = 0;
  std::size_t rows = 1, columns = 1;  ///< of weights: outputs × inputs; a vector has one column
  std::size_t layer = 0;              ///< of a network, from its inputs upwards
  std::size_t size() const { return rows * columns; }
  bool is_matrix() const { return rows > 1 && columns > 1; }
};

/// Every coordinate of a point, tensor by tensor, in their order.
using Layout = std::vector<Tensor>;

/// Coordinates in all.
inline std::size_t size_of(const Layout& layout) {
  std::size_t d = 0;
  for (const Tensor& tensor : layout) d += tensor.size();
  return d;
}

/// Layers of the network whose parameters these are.
inline std::size_t layers_of(const Layout& layout) {
  std::size_t layers = 0;
  for (const Tensor& tensor : layout) layers = std::max(layers, tensor.layer + 1);
  return layers;
}

/// d coordinates of which nothing is known.
inline Layout flat_layout(std::size_t d) { return {{.name = "x", .rows = d}}; }

}  // namespace rover
