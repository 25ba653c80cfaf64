#pragma once
#include <memory>
#include <span>
#include <vector>

#include "agents/learned/coordinate_features.h"
#include "agents/learned/update_rule.h"

namespace rover {

/// An LSTM a coordinate, all with the same weights ("Learning to learn by gradient descent by gradient descent",
/// Andrychowicz et al. 2016; the recurrent optimizer of "Experiments with Attention", Kaur et al. 2025, section 4):
///
///   i, f, g, o = [x, h] W + b,   c ← σ(f) c + σ(i) tanh(g),   h ← σ(o) tanh(c),   Δθ = scale (w·h + b_w)
///
/// x are the coordinate's features (coordinate_features.h), c and h begin at 0. Weights: W [x + H, 4H] in the order i,
/// f, g, o, b [4H], w [H], b_w. Slots: h [H, d], c [H, d], then what the features remember.
struct LstmShape {
  CoordinateFeatures features;
  std::size_t hidden;  ///< H
  static constexpr std::size_t most_hidden = 64;
  /// Throws UsageError for features that there are not, and H outside 1 … 64.
  explicit LstmShape(const RuleOptions& options);
  std::size_t inputs() const { return features.count() + hidden; }
  std::size_t biases() const { return inputs() * 4 * hidden; }  ///< where they begin
  std::size_t output() const { return biases() + 4 * hidden; }
  std::size_t parameters() const { return output() + hidden + 1; }
  std::size_t slots() const { return 2 * hidden + features.slots(); }  ///< a coordinate
};

class LstmRule final : public UpdateRule {
 public:
  static constexpr const char* kName = "lstm";
  /// Reads features, hidden and output_scale. Throws UsageError as LstmShape, std::invalid_argument for another number
  /// of weights.
  LstmRule(const RuleOptions& options, std::span<const float> weights);
  std::string_view name() const override { return kName; }
  std::span<const float> weights() const override { return weights_; }
  void reset(const Layout& layout, RuleState& state) const override;
  void step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
            std::span<float> step_d) const override;
  void save(Checkpoint& out) const override;
  static std::shared_ptr<const LstmRule> load(const Checkpoint& in);
  /// W and w normal, so that sums have deviations of about .5, .7 and .1; the forget gate's bias is 1, the others 0.
  static std::vector<float> initial(const RuleOptions& options, RandomStream& stream);

 private:
  RuleOptions options_;
  LstmShape shape_;
  std::vector<float> weights_;
};

namespace reference {
/// One step of one coordinate in plain code and double; `slots` [shape.slots()] begin at 0.
double lstm_rule_step(const LstmShape& shape, std::span<const double> weights, double scale, double gradient,
                      double point, std::span<double> slots, std::uint64_t t, std::uint64_t horizon);
}  // namespace reference

}  // namespace rover
