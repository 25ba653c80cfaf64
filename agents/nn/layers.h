#pragma once
#include <cstddef>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/random.h"
#include "core/settings.h"
#include "storage/checkpoint.h"

namespace rover::nn {

/// Hand-written inference for small networks: rows in, rows out, no LibTorch, no allocation beyond the caller's
/// buffers. Rows are independent of each other, so results do not depend on how a batch is split.

/// y[b, o] = bias[o] + Σ_i x[b, i] · weight[i, o]. Weights are stored input-major (the transpose of LibTorch's Linear).
void dense(std::span<const float> weight_io, std::span<const float> bias_o, std::span<const float> x_bi,
           std::span<float> y_bo);
/// The slow, simple version that tests compare with.
void dense_reference(std::span<const float> weight_io, std::span<const float> bias_o, std::span<const float> x_bi,
                     std::span<float> y_bo);

void relu(std::span<float> x);
void tanh(std::span<float> x);

/// One LSTM step with LibTorch's gate order i, f, g, o: gates [b, 4H] (biases included) and cell state [b, H] → new
/// cell and hidden state, in place. Hochreiter & Schmidhuber 1997 with forget gates.
void lstm_cell(std::span<const float> gates_b4h, std::span<float> cell_bh, std::span<float> hidden_bh,
               std::size_t width);

/// The mean of (u, v) under weights exp(−temperature · value): a soft argmin. Values start at 0.
struct SoftMinimum {
  float u, v;
};
SoftMinimum soft_minimum(std::span<const float> values, std::span<const float> u, std::span<const float> v,
                         float temperature);

/// Output side of a 3×3 convolution without padding.
constexpr std::size_t convolved(std::size_t side, std::size_t stride) { return (side - 3) / stride + 1; }

/// 3×3 convolution without padding, channels first: x [b, C, s, s] → y [b, O, s', s']; weight [O, C, 3, 3] as
/// LibTorch's.
void conv3x3(std::span<const float> weight_oc33, std::span<const float> bias_o, std::size_t channels, std::size_t side,
             std::size_t stride, std::span<const float> x, std::span<float> y);

/// Names and shapes of a network's parameters, in declaration order.
using Layout = std::vector<std::pair<std::string, std::vector<std::size_t>>>;
/// The largest width, side or number of channels that a network here may have: every shape's size then fits 64 bits.
constexpr std::size_t largest_width = 1u << 14, largest_grid = 256, largest_observation = 1u << 20;
/// Throws std::runtime_error when a block of `layout` is missing from `in` or of another size. Called before a network
/// of that layout takes memory.
void require_layout(const Checkpoint& in, const std::string& prefix, const Layout& layout);

/// Returns what `load` returns; a UsageError (impossible options) becomes a std::runtime_error: the file is at fault,
/// not the user.
template <class Load>
auto from_file(Load&& load) {
  try {
    return load();
  } catch (const UsageError& error) { throw std::runtime_error(std::string("the model is damaged: ") + error.what()); }
}

/// A named block of parameters inside one flat vector.
struct Block {
  std::string name;
  std::vector<std::size_t> shape;
  std::size_t offset;
  std::size_t size;
};

/// The parameters of a network as one flat float vector with named blocks, in declaration order.
class Parameters {
 public:
  void add(const std::string& name, std::vector<std::size_t> shape);
  /// Uniform in ±scale/√fan_in, LibTorch's default for linear layers.
  void initialise(const std::string& name, std::size_t fan_in, RandomStream& stream, double scale = 1);
  std::span<float> operator[](const std::string& name);
  std::span<const float> operator[](const std::string& name) const;
  std::span<float> flat() { return values_; }
  std::span<const float> flat() const { return values_; }
  const std::vector<Block>& blocks() const { return blocks_; }
  void save(Checkpoint& out, const std::string& prefix) const;
  /// Throws std::runtime_error when a block is missing, of another size, or holds a number that is not finite.
  void load(const Checkpoint& in, const std::string& prefix);

 private:
  std::vector<Block> blocks_;
  std::vector<float> values_;
};

}  // namespace rover::nn
