#pragma once
#include <memory>

#include "agents/nn/layers.h"
#include "core/settings.h"
#include "env/heading.h"

namespace rover {

struct ConvHeadingOptions {
  std::uint64_t grid_size = 8;
  std::uint64_t channels1 = 16, channels2 = 32;
  std::uint64_t hidden = 64;
  bool views = false;  ///< average the output over the 8 dihedral views of the grid
  template <class Visit>
  void fields(Visit&& visit) {
    visit("grid_size", grid_size, "n of the n×n grid", in(6, 64));
    visit("channels1", channels1, "channels of the first convolution", in(1, 256));
    visit("channels2", channels2, "channels of the second convolution", in(1, 256));
    visit("hidden", hidden, "width of the first fully connected layer", in(1, 1024));
    visit("views", views, "average over the 8 dihedral views");
  }
};

/// The paper's direction predictor (section 3.2.2): two convolutions with batch normalisation, two fully connected
/// layers, output y(ω, s) ∈ R². Here in inference form: batch normalisation is folded into the convolutions. The paper
/// leaves sizes open: 3×3 without padding, stride 1 (2 for n ≥ 12) and 2, relu; the grid enters as 2s − 1.
class ConvHeading final : public Heading {
 public:
  ConvHeading(const ConvHeadingOptions& options, std::uint64_t seed);
  static std::unique_ptr<ConvHeading> load(const Checkpoint& in);
  void save(Checkpoint& out) const;

  std::string_view name() const override { return "conv"; }
  std::size_t grid_size() const override { return options_.grid_size; }
  std::size_t feature_count() const override { return options_.hidden; }
  void headings(std::span<const float> grids_bnn, std::size_t n, std::span<float> directions_b2,
                std::span<float> norms_b, std::span<float> features_bf) const override;

  /// Blocks conv1.weight [C1, 1, 3, 3], conv1.bias, conv2.weight [C2, C1, 3, 3], conv2.bias, w1 [C2·m·m, H]
  /// (input-major), b1, w2 [H, 2], b2.
  nn::Parameters& parameters() { return parameters_; }
  const nn::Parameters& parameters() const { return parameters_; }
  const ConvHeadingOptions& options() const { return options_; }
  std::size_t stride1() const;
  std::size_t flat() const;  ///< C2·m·m

 private:
  void forward(std::span<const float> grids_bnn, std::span<float> outputs_b2, std::span<float> features_bf) const;
  ConvHeadingOptions options_;
  nn::Parameters parameters_;
};

/// Reads whichever learned heading the checkpoint holds (text entry `kind`: "fit-net" or "conv") or makes an analytic
/// one. Throws std::runtime_error for what is neither, and for a model with options out of range or weights that do not
/// fit or are not finite.
std::shared_ptr<const Heading> load_heading(const Checkpoint& in);
void save_heading(const Heading& heading, Checkpoint& out);

}  // namespace rover
