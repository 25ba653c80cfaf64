#pragma once
// The direction predictors as LibTorch sees them; for imitation/ and its tests only (LibTorch is slow to compile).
#include <torch/torch.h>

#include <memory>
#include <span>
#include <vector>

#include "agents/rover/conv_heading.h"
#include "agents/rover/fit_net.h"
#include "core/random.h"

namespace rover {

/// The differentiable twin of a heading. Its tensors share the memory of `weights()`: what the optimizer writes there
/// is what the next forward pass sees.
class HeadingTwin {
 public:
  virtual ~HeadingTwin() = default;
  /// Floats of a prepared row.
  virtual std::size_t input_size() const = 0;
  /// What does not depend on the weights, computed once: grids [b, n, n] → rows [b, input_size].
  virtual void prepare(std::span<const float> grids_bnn, std::span<float> inputs) const = 0;
  /// Copies a prepared row and its target into a batch, turned by a random symmetry of the grid where the network does
  /// not have it.
  virtual void fetch(std::span<const float> prepared, const float direction_2[2], RandomStream& stream,
                     std::span<float> input, float* out_direction_2) const = 0;
  /// inputs [B, input_size] → y(ω, s) [B, 2]. `training`: batch normalisation by the batch, whose statistics it
  /// remembers.
  virtual torch::Tensor forward(const torch::Tensor& inputs, bool training) = 0;
  virtual nn::Parameters& weights() = 0;
  /// What is learned without gradients (running means and variances); may be empty.
  virtual nn::Parameters& statistics() { return no_statistics_; }
  /// The hand-written network for inference, as of now.
  virtual std::unique_ptr<Heading> heading() const = 0;
  virtual void save_model(Checkpoint& out) const = 0;

  /// ∂loss/∂weights, flat, in the order of weights().
  void gradient(const torch::Tensor& loss, std::span<float> out) const;

 protected:
  void share_weights();  ///< fills leaves_ from weights()
  const torch::Tensor& leaf(std::size_t index) const { return leaves_[index]; }

 private:
  std::vector<torch::Tensor> leaves_;
  nn::Parameters no_statistics_;
};

/// FitNet: the proposals are prepared once, LibTorch sees the MLP alone.
std::unique_ptr<HeadingTwin> make_fit_net_twin(const FitNetOptions& options, std::uint64_t seed);
/// The paper's network with batch normalisation behind each convolution, folded into the convolutions for inference;
/// trained on the 8 dihedral views of a grid.
std::unique_ptr<HeadingTwin> make_conv_twin(const ConvHeadingOptions& options, std::uint64_t seed);

enum class HeadingLoss { nce, angle, cosine };
HeadingLoss parse_heading_loss(std::string_view text);  ///< throws UsageError

/// Mean loss of outputs y [B, 2] for unit targets a and negatives ã [B, 2]. Only nce says what ‖y‖ means: how sure y
/// is.
///   nce     −log σ(yᵀa) − log(1 − σ(yᵀã)): eq. (2) with the minus sign that the paper leaves out
///   angle   |∠(y, a)| in rad
///   cosine  1 − cos ∠(y, a)
torch::Tensor heading_loss(HeadingLoss kind, const torch::Tensor& y, const torch::Tensor& direction,
                           const torch::Tensor& negative);

}  // namespace rover
