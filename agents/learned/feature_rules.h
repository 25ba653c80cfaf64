#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agents/learned/update_rule.h"

namespace rover {

/// What two rules of the field see of a coordinate, and their small networks. A tensor's features are, in this order
/// (momenta m decay by .9, .99, .999; v is the running mean of g²; row and column are running means of g² over the
/// longer and the shorter side of a matrix, decaying by .9, .99, .999):
///
///    0 g    1 p    2–4 m    5 v    6–8 m·r    9 r = (v + ε)^−½    10–12 g·R·C    13–15 row    16–18 column
///   19–21 (row + 1e-8)^−½    22–24 (column + 1e-8)^−½    25–27 m·R·C    28 g within ±.1    29 g·r
///
/// with R = max(row/(mean row + 1e-9), 1e-9)^−½ and C = max(column, 1e-9)^−½ (Adafactor's factors; Shazeer & Stern
/// 2018). In a vector the diagonal u, running means of g², stands for row and column, (u + 1e-9)^−½ for R·C in 10–12
/// and (u + 1e-6)^−½ in 25–27. Gradients are first cut to ±1000. Each feature is divided by the root of its mean square
/// over the tensor. Nothing is corrected for its start at 0.
///
/// small_fc ("Practical tradeoffs between memory, compute, and performance in learned optimizers", Metz et al. 2022):
/// features 0–27 (ε = 1e-6) and 11 of time, tanh(t/τ − 1) for τ = 1, 3, 10, … 1e5, through 4 and 4 rectified units to
/// (direction, magnitude); Δp = −.001 · direction · exp(.001 · magnitude). The decays are learned, too:
/// β = 1 − exp(ln(1 − β₀) + 10 δ). 197 weights.
///
/// Celo2 ("Celo2: Towards learned optimization free lunch", Moudgil et al. 2026): all 30 (ε = 1e-8, v decays by .95)
/// through 8 and 8 units to 3, of which the first is a direction. A matrix's is orthogonalised (newton_schulz.h), then
/// divided by the root of its mean square: Δp is minus that, times the learning rate, which is the user's. Vectors move
/// by Adam (.9, .95) at 20 times that rate. 347 weights.
///
/// Ours, celo2-rates: Celo2, and each tensor's step times e^q within [−3, 3],
///   matrix  q = a₀ [first layer] + a₁ [last layer] + a₂ ln(rows/columns) + a₃ (t/T − ½)
///               + a₄ ln(√columns · RMS(p) + .001) + a₅ (ln(columns) − 4)
///   vector  q = a₆ + a₇ [last layer] + a₈ (t/T − ½) + a₉ ln(size/32)
/// Celo2 moves every matrix by the same root mean square, whatever its shape, place and weights; these ten numbers are
/// what meta-training gains most by. Where T is not known, t/T is ½. 357 weights.
struct FeatureRuleShape {
  std::size_t features, times, hidden, outputs, decays, rates;
  bool adam_for_vectors;  ///< Celo2's
  float root_epsilon;     ///< ε of feature 9
  float square_epsilon;   ///< added to a feature's mean square
  double second_decay;    ///< of v
  std::size_t inputs() const { return features + times; }
  std::size_t parameters() const {
    return (inputs() + 1) * hidden + (hidden + 1) * hidden + (hidden + 1) * outputs + decays + rates;
  }
};
inline constexpr FeatureRuleShape small_fc_shape{28, 11, 4, 2, 7, 0, false, 1e-6f, 1e-5f, 0.999};
inline constexpr FeatureRuleShape celo2_shape{30, 0, 8, 3, 0, 0, true, 1e-8f, 1e-9f, 0.95};
inline constexpr FeatureRuleShape celo2_rates_shape{30, 0, 8, 3, 0, 10, true, 1e-8f, 1e-9f, 0.95};

/// The features that every coordinate has of its own, in the order of the kernels; the others belong to rows and
/// columns.
struct OwnFeatures {
  static constexpr std::size_t count = 18, early = 12;  ///< those before `early` need no factors
  static constexpr std::size_t index[count] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 28, 29, 10, 11, 12, 25, 26, 27};
};

/// One of these rules. Weights: W₁ [inputs, hidden], b₁, W₂ [hidden, hidden], b₂, W₃ [hidden, outputs], b₃, and
/// small_fc's δ (3 of m, 1 of v, 3 of row and column), or a₀ … a₉.
class FeatureRule final : public UpdateRule {
 public:
  static constexpr const char *kSmallFc = "small-fc", *kCelo2 = "celo2", *kCelo2Base = "celo2-base",
                              *kCelo2Rates = "celo2-rates";
  /// `name` is one of the four; celo2-base does not orthogonalise. Throws std::invalid_argument for another number of
  /// weights or another name.
  FeatureRule(const std::string& name, std::span<const float> weights);
  std::string_view name() const override { return name_; }
  std::span<const float> weights() const override { return weights_; }
  void reset(const Layout& layout, RuleState& state) const override;
  void step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
            std::span<float> step_d) const override;
  bool wants_learning_rate() const override { return shape_->adam_for_vectors; }
  void save(Checkpoint& out) const override;
  static std::shared_ptr<const FeatureRule> load(const Checkpoint& in);
  static const FeatureRuleShape& shape(const std::string& name);
  /// Normal numbers within two deviations of 1/√inputs; biases and δ are 0. With `momentum`, two units of each layer
  /// carry m (.9) + .7 g, each over its root mean square, and no other reaches an output: the direction is then that of
  /// Nesterov's momentum, which orthogonalised is Muon (Jordan et al. 2024).
  static std::vector<float> initial(const std::string& name, RandomStream& stream, bool momentum = false);
  /// Of a change of Celo2's weights leaves a part: "direction", those of the two units that carry it, opposite to each
  /// other; or "rates", a₀ … a₉.
  static void restrict_change(const std::string& name, const std::string& part, std::span<double> change);

 private:
  struct Work;
  void step_matrix(const Tensor& tensor, Work& work) const;
  void step_vector(const Tensor& tensor, Work& work) const;
  void step_adam(const Tensor& tensor, Work& work) const;
  void first_biases(std::uint64_t t, float* biases) const;
  float matrix_factor(const Tensor& tensor, const Work& work, double mean_square_of_p) const;
  float vector_factor(const Tensor& tensor, const Work& work) const;
  std::size_t slots_of(const Tensor& tensor) const;
  std::size_t scratch_of(const Tensor& tensor) const;
  std::string name_;
  const FeatureRuleShape* shape_;
  bool orthogonal_;
  std::vector<float> weights_;
  float momentum_decays_[3], second_decay_, factor_decays_[3];
};

namespace reference {
/// One step of a feature rule on one tensor in plain code and double; `state` is what it needs, in an order of its own,
/// and begins empty. `orthogonal`: as Celo2's matrices.
struct FeatureRuleState {
  std::vector<double> m[3], v, row[3], column[3], diagonal[3];
};
std::vector<double> feature_rule_step(const FeatureRuleShape& shape, std::span<const double> weights,
                                      const Tensor& tensor, std::span<const double> gradient,
                                      std::span<const double> point, std::uint64_t t, bool orthogonal,
                                      FeatureRuleState& state);
}  // namespace reference

}  // namespace rover
