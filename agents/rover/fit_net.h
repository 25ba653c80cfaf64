#pragma once
#include <memory>

#include "agents/nn/layers.h"
#include "core/settings.h"
#include "env/heading.h"

namespace rover {

struct FitNetOptions {
  std::uint64_t grid_size = 8;
  std::uint64_t hidden = 64;
  bool robust = false;  ///< a second channel, s(1 + m)/(s + m) with m the 30% quantile: sees the valley beside a wall
  template <class Visit>
  void fields(Visit&& visit) {
    visit("grid_size", grid_size, "n of the n×n grid", in(4, 64));
    visit("hidden", hidden, "width of the two hidden layers", in(1, 1024));
    visit("robust", robust, "a second, robustly rescaled channel");
  }
};

/// The rotation-equivariant direction predictor (ours; the paper's is ConvHeading). Two least-squares fits of the grid,
/// cubic and centre-weighted quadratic, and four soft-argmins propose K vectors e_k that turn with the surface; an MLP
/// on I quantities that do not turn (slopes, curvatures, residuals, …) weighs them: y = Σ_k w_k(invariants) e_k. MLP: I
/// → hidden relu → hidden tanh (the features) → K.
class FitNet final : public Heading {
 public:
  /// Weights from `seed` (uniform ±1/√fan-in).
  FitNet(const FitNetOptions& options, std::uint64_t seed);
  static std::unique_ptr<FitNet> load(const Checkpoint& in);
  void save(Checkpoint& out) const;

  std::string_view name() const override { return "fit-net"; }
  std::size_t grid_size() const override { return options_.grid_size; }
  std::size_t feature_count() const override { return options_.hidden; }
  void headings(std::span<const float> grids_bnn, std::size_t n, std::span<float> directions_b2,
                std::span<float> norms_b, std::span<float> features_bf) const override;

  std::size_t candidates() const { return (options_.robust ? 2 : 1) * 12; }     ///< K
  std::size_t invariants() const { return options_.robust ? 2 * 26 + 1 : 26; }  ///< I
  /// What the MLP is trained on: candidate vectors [b, K, 2] and invariants [b, I] (already scaled for the MLP).
  void proposals(std::span<const float> grids_bnn, std::span<float> candidates_bk2,
                 std::span<float> invariants_bi) const;

  /// Blocks w1 [I, H], b1, w2 [H, H], b2, w3 [H, K], b3; weights input-major.
  nn::Parameters& parameters() { return parameters_; }
  const nn::Parameters& parameters() const { return parameters_; }
  const FitNetOptions& options() const { return options_; }

 private:
  struct Projections;  // the pseudo-inverses of the fits, functions of n alone
  void propose_channel(std::span<const float> grids_bnn, float* candidates, std::size_t candidate_stride,
                       float* invariants, std::size_t invariant_stride) const;
  std::span<const float> block(std::size_t index) const;
  FitNetOptions options_;
  nn::Parameters parameters_;
  std::shared_ptr<const Projections> projections_;
};

}  // namespace rover
