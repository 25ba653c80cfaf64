#pragma once
#include <memory>
#include <span>
#include <vector>

#include "agents/learned/coordinate_features.h"
#include "agents/learned/update_rule.h"

namespace rover {

/// One attention block a coordinate, all with the same weights: the gradient asks, the coordinate's history answers
/// ("Experiments with Attention", Kaur et al. 2025, section 4.3.1). With the features x of step t
/// (coordinate_features.h)
///
///   e_t = tanh([x, ln(t + 1)/4] E + e₀)                                        what is remembered of a step
///   a = softmax over ages j < n of (e_t Q · e_{t−j}/√D + p_j),   n = min(t + 1, N)
///   z = e_t + (Σ_j a_j e_{t−j}) V;   z ← z + max(0, z F + f) G;   Δθ = scale (w·z + b_w)
///
/// One head needs no matrix of its own for keys (Q stands for QKᵀ) nor one after the values. Weights: E [x + 1, D],
/// e₀ [D], Q [D, D], p [N], V [D, D], F [D, 2D], f [2D], G [2D, D], w [D], b_w. Slots: e of the last N steps, [N, D,
/// d], step t's at t mod N; then what the features remember.
struct TransformerShape {
  CoordinateFeatures features;
  std::size_t hidden, window;  ///< D, N
  static constexpr std::size_t most_hidden = 64, most_window = 256;
  /// Throws UsageError for features that there are not, D outside 1 … 64, and N outside 1 … 256.
  explicit TransformerShape(const RuleOptions& options);
  std::size_t inputs() const { return features.count() + 1; }
  // Where each block begins:
  std::size_t embedding_bias() const { return inputs() * hidden; }
  std::size_t query() const { return embedding_bias() + hidden; }
  std::size_t positions() const { return query() + hidden * hidden; }
  std::size_t value() const { return positions() + window; }
  std::size_t first_layer() const { return value() + hidden * hidden; }
  std::size_t first_bias() const { return first_layer() + 2 * hidden * hidden; }
  std::size_t second_layer() const { return first_bias() + 2 * hidden; }
  std::size_t output() const { return second_layer() + 2 * hidden * hidden; }
  std::size_t parameters() const { return output() + hidden + 1; }
  std::size_t slots() const { return window * hidden + features.slots(); }  ///< a coordinate
};

class TransformerRule final : public UpdateRule {
 public:
  static constexpr const char* kName = "transformer";
  /// Reads features, hidden, window and output_scale. Throws UsageError as TransformerShape, std::invalid_argument for
  /// another number of weights.
  TransformerRule(const RuleOptions& options, std::span<const float> weights);
  std::string_view name() const override { return kName; }
  std::span<const float> weights() const override { return weights_; }
  void reset(const Layout& layout, RuleState& state) const override;
  void step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
            std::span<float> step_d) const override;
  void save(Checkpoint& out) const override;
  static std::shared_ptr<const TransformerRule> load(const Checkpoint& in);
  /// Normal with deviations of 1/√inputs, half of that for V and G, a third for w; biases 0, p_j = −j/10.
  static std::vector<float> initial(const RuleOptions& options, RandomStream& stream);

 private:
  RuleOptions options_;
  TransformerShape shape_;
  std::vector<float> weights_;
};

namespace reference {
/// One step of one coordinate in plain code and double; `slots` [shape.slots()] begin at 0.
double transformer_rule_step(const TransformerShape& shape, std::span<const double> weights, double scale,
                             double gradient, double point, std::span<double> slots, std::uint64_t t,
                             std::uint64_t horizon);
}  // namespace reference

}  // namespace rover
