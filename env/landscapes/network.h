#pragma once
#include <memory>
#include <string>
#include <vector>

#include "env/landscape.h"

namespace rover {

/// What a network learns, column by column (kernels/columns.h): inputs [inputs, padded N] and targets [outputs, padded
/// N], zeros in the padding; the targets of a classifier are one-hot.
struct NetworkData {
  std::size_t samples = 0;
  std::vector<double> inputs, targets;
};

enum class Activation { tanh, relu };
/// Throws UsageError for an unknown name.
Activation parse_activation(const std::string& name);
enum class NetworkLoss {
  cross_entropy,  ///< mean over samples, softmax at the end
  squared         ///< mean over samples and outputs of the squared error
};
enum class NetworkStart {
  normal,         ///< every coordinate N(0, σ²)
  scaled,         ///< N(0, σ²/inputs of the layer)
  scaled_weights  ///< the same for weights; biases 0
};

struct NetworkOptions {
  std::vector<std::size_t> widths;  ///< inputs, hidden layers, outputs
  Activation activation = Activation::tanh;
  NetworkLoss loss = NetworkLoss::cross_entropy;
  NetworkStart start = NetworkStart::normal;
  double start_deviation = 1;  ///< σ
  std::size_t minibatch = 0;   ///< samples in a noisy look, 0: all of them, without noise
};

/// The mean loss of a network over data as a function of its weights: per layer the matrix [outputs, inputs], then the
/// biases. No optimum is known; when the network can fit the data, the infimum is 0. A noisy call draws one minibatch,
/// with replacement, for all that it returns. `validation` may hold no samples.
class Network final : public Landscape {
 public:
  Network(std::string name, NetworkData data, NetworkOptions options, NetworkData validation = {});
  std::string_view name() const override { return name_; }
  std::size_t dimension() const override { return layers_.back().bias + layers_.back().outputs; }
  const Box& domain() const override { return domain_; }
  Layout layout() const override;
  bool has_validation() const override { return validation_.samples > 0; }
  double validation(Reals point_d) const override;
  void sample_start(RandomStream& stream, MutReals start_d) const override;
  void values(Reals points_nd, MutReals values_n, RandomStream* noise) const override;
  bool is_noisy() const override { return options_.minibatch > 0; }
  bool has_gradient() const override { return true; }
  void gradients(Reals points_nd, MutReals gradients_nd, RandomStream* noise) const override;
  void values_and_gradients(Reals points_nd, MutReals values_n, MutReals gradients_nd,
                            RandomStream* noise) const override;
  double noise_free_cost() const override;
  /// A cell of a slice recomputes only the units that its two weights touch, and the layers above.
  void slices(Reals point_d, std::span<const Slice> slices, std::size_t n, MutReals grids_snn,
              RandomStream* noise) const override;

 private:
  struct Layer {
    std::size_t inputs, outputs;
    std::size_t weights, bias;  ///< first coordinate of each
    std::size_t unit;           ///< its first unit among all layers'
  };
  struct Batch {
    Reals inputs, targets;
    std::size_t samples, n;  ///< n is padded
  };
  struct Place {
    std::size_t layer, row, column;  ///< column = the layer's inputs: the bias
  };
  struct Memory;
  static Memory& memory();
  void look(Reals points_nd, double* values_n, MutReals gradients_nd, RandomStream* noise) const;
  Batch draw_batch(RandomStream* noise, Memory& memory) const;
  static Batch all_of(const NetworkData& data);
  void activate(MutReals sums) const;
  void activation_slopes(Reals activations, MutReals slopes) const;
  void forward(const Batch& batch, Reals point_d, Memory& memory) const;
  double upper_loss(const Batch& batch, Reals point_d, std::size_t layer, Reals below, Memory& memory) const;
  double changed_loss(const Batch& batch, const Place (&places)[2], const double (&steps)[2], Memory& memory) const;
  double loss(const Batch& batch, Reals outputs) const;
  double forward_loss(const Batch& batch, Reals point_d, Memory& memory) const;
  void loss_slopes(const Batch& batch, Reals outputs, MutReals slopes) const;
  void backward(const Batch& batch, Reals point_d, Memory& memory, MutReals gradient_d) const;
  Place find(std::size_t coordinate) const;
  std::string name_;
  NetworkData data_, validation_;
  NetworkOptions options_;
  std::vector<Layer> layers_;
  std::size_t units_ = 0, widest_ = 0;
  Box domain_;
};

/// Fisher's 150 irises, standardised, through a 4-10-10-3 network: d = 193 (section 4, figure 7).
std::unique_ptr<Landscape> make_iris();

/// A 64-100-32-10 network, d = 10 062, on 512 samples N(0, I) that a random 64-32-10 network labels, drawn from the
/// seed.
std::unique_ptr<Landscape> make_mlp(std::uint64_t seed, std::size_t minibatch);

}  // namespace rover
