#pragma once
#include <array>
#include <memory>
#include <span>
#include <vector>

#include "agents/learned/update_rule.h"

namespace rover {

/// A small network that corrects Adam, coordinate by coordinate, and how fast each tensor learns; with outputs of 0, as
/// it begins, it is Adam (.9, .999). With
///
///   m_k ← β_k m_k + (1 − β_k) g, β = .5, .9, .98;   v ← .999 v + .001 g²;   hats: corrected for their start at 0
///   s = √(v̂ + 1e-16) + 1e-8
///   x = (g/s, m̂₁/s, m̂₂/s, m̂₃/s, θ/rms θ, (ln s − mean ln s)/2, g/√(R C/mean R + 1e-16), m̂₂/s · sign g), within ±4
///   h = tanh(x W + κ K + τ U),   u = h O,   a = tanh([κ, τ] A + a₀) B
///   Δθ = −exp(a₁) (exp(.5 u₁ + .3 a₂) m̂₂/s + .5 u₂)
///
/// times the learning rate, which is the user's. Means and rms are over the tensor, R and C are v̂'s means over its rows
/// and columns (Adafactor's; in a vector g/s stands there). κ says what the tensor is: 1 where it holds weights, is a
/// bias, belongs to the first layer, to the last: so a rule goes with networks of any depth. τ is the time: t/T,
/// ln(t + 1)/6, e^(−t/10), e^(−t/50), 1 − t/T (time_share()). Weights: W [8, 8], K [4, 8], U [5, 8], O [8, 2], A [9,
/// 8], a₀ [8], B [8, 2]: 248. Slots: m₁, m₂, m₃, v of a tensor, then the next tensor's.
struct RelativeRuleShape {
  static constexpr std::size_t features = 8, kinds = 4, times = 5, hidden = 8;
  static constexpr std::size_t kind_weights = features * hidden, time_weights = kind_weights + kinds * hidden,
                               outputs = time_weights + times * hidden, rate_weights = outputs + 2 * hidden,
                               rate_biases = rate_weights + (kinds + times) * hidden,
                               rate_outputs = rate_biases + hidden, parameters = rate_outputs + 2 * hidden;
  static constexpr double momentum_decays[3] = {0.5, 0.9, 0.98}, square_decay = 0.999;
  static constexpr float limit = 4;
};

/// What a tensor of a network with so many layers is to the rule: κ.
std::array<double, RelativeRuleShape::kinds> tensor_kind(const Tensor& tensor, std::size_t layers);
/// The time in a walk: τ.
std::array<double, RelativeRuleShape::times> relative_time(std::uint64_t t, std::uint64_t horizon);

class RelativeRule final : public UpdateRule {
 public:
  static constexpr const char* kName = "relative";
  /// Throws std::invalid_argument for another number of weights than 248.
  explicit RelativeRule(std::span<const float> weights);
  std::string_view name() const override { return kName; }
  std::span<const float> weights() const override { return weights_; }
  void reset(const Layout& layout, RuleState& state) const override;
  void step(std::span<const float> gradient_d, std::span<const float> point_d, RuleState& state,
            std::span<float> step_d) const override;
  bool wants_learning_rate() const override { return true; }
  void save(Checkpoint& out) const override;
  static std::shared_ptr<const RelativeRule> load(const Checkpoint& in);
  /// Normal with deviations of 1/√inputs; those of times a third of that, K, a₀ and both outputs 0.
  static std::vector<float> initial(const RuleOptions& options, RandomStream& stream);

 private:
  std::vector<float> weights_;
};

namespace reference {
/// One step on one tensor in plain code and double. `state` is m₁, m₂, m₃ and v, [4, n]; it begins at 0.
std::vector<double> relative_rule_step(std::span<const double> weights, const Tensor& tensor,
                                       std::span<const double> kind, std::span<const double> gradient,
                                       std::span<const double> point, std::span<double> state, std::uint64_t t,
                                       std::uint64_t horizon);
}  // namespace reference

}  // namespace rover
