#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "agents/learned/update_rule.h"

namespace rover {

/// The update rule of "Second-Order Structure in Learned Optimizers" (Patel 2025, section 3.3): for each coordinate
///
///   Δθ = scale · (w₂ · tanh(W [g, m, log(t + 1)] + b) + b₂),   then m ← .9 m + .1 g      (eqs. 9, 10)
///
/// with 16 hidden units. α holds W [3, 16] (rows g, m, time), b [16], w₂ [16], b₂: 81 numbers (eq. 11).
struct MlpRule {
  static constexpr std::size_t hidden = 16, parameters = 3 * hidden + hidden + hidden + 1;
  static constexpr std::size_t gradient_weights = 0, momentum_weights = hidden, time_weights = 2 * hidden,
                               biases = 3 * hidden, output_weights = 4 * hidden, output_bias = 5 * hidden;
  static constexpr float decay = 0.9f;
};

/// One step of the rule on every coordinate: adds nothing to the parameters, writes Δθ into `step_d` and the new
/// momenta into `momentum_d`. `t`: steps taken before this one. Throws std::logic_error unless the sizes fit.
void mlp_rule_step(std::span<const float> alpha, std::span<const float> gradient_d, std::span<float> momentum_d,
                   std::uint64_t t, float scale, std::span<float> step_d);

/// The rule as agents walk by it.
class MlpUpdateRule final : public UpdateRule {
 public:
  static constexpr const char* kName = "mlp";
  /// Throws std::invalid_argument unless α has 81 entries.
  MlpUpdateRule(std::span<const float> alpha, double scale);
  std::string_view name() const override { return kName; }
  void reset(const Layout& layout, RuleState& state) const override;
  void step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
            std::span<float> step_d) const override;
  void save(Checkpoint& out) const override;
  /// α₀: weights N(0, σ²), biases 0.
  static std::vector<float> initial(double deviation, RandomStream& stream);
  /// Throws as load_update_rule().
  static std::shared_ptr<const MlpUpdateRule> load(const Checkpoint& in);
  std::span<const float> weights() const override { return alpha_; }
  double scale() const { return scale_; }

 private:
  std::vector<float> alpha_;
  double scale_;
};

namespace reference {
/// The same in plain code and double.
void mlp_rule_step(std::span<const double> alpha, std::span<const double> gradient_d, std::span<double> momentum_d,
                   std::uint64_t t, double scale, std::span<double> step_d);
}  // namespace reference

}  // namespace rover
