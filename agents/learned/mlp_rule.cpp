#include "agents/learned/mlp_rule.h"

#include <cmath>
#include <stdexcept>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "agents/learned/mlp_rule.cpp"
#include <hwy/foreach_target.h>  // includes this file once a target; must come first

#include <hwy/highway.h>

#include "agents/learned/mlp_rule-inl.h"
#include "env/kernels/load_first-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rover::HWY_NAMESPACE {

void mlp_rule_step(const float* HWY_RESTRICT alpha, const float* HWY_RESTRICT gradient, float* HWY_RESTRICT momentum,
                   std::size_t size, float log_time, float scale, float* HWY_RESTRICT step) {
  const hn::ScalableTag<float> d;
  const std::size_t lanes = hn::Lanes(d);
  const MlpRuleTime time(alpha, log_time);
  for (std::size_t i = 0; i < size; i += lanes) {
    const auto g = load_first(d, gradient + i, size - i), m = load_first(d, momentum + i, size - i);
    const auto mask = hn::FirstN(d, size - i);
    hn::BlendedStore(mlp_rule_output(d, alpha, time, scale, g, m), mask, d, step + i);
    hn::BlendedStore(mlp_rule_momentum(d, g, m), mask, d, momentum + i);
  }
}

}  // namespace rover::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rover {

HWY_EXPORT(mlp_rule_step);

void mlp_rule_step(std::span<const float> alpha, std::span<const float> gradient_d, std::span<float> momentum_d,
                   std::uint64_t t, float scale, std::span<float> step_d) {
  if (alpha.size() != MlpRule::parameters || gradient_d.size() != step_d.size() || momentum_d.size() != step_d.size())
    throw std::logic_error("mlp_rule_step: the sizes do not fit");
  const auto log_time = static_cast<float>(std::log(static_cast<double>(t) + 1));
  HWY_DYNAMIC_DISPATCH(mlp_rule_step)
  (alpha.data(), gradient_d.data(), momentum_d.data(), step_d.size(), log_time, scale, step_d.data());
}

MlpUpdateRule::MlpUpdateRule(std::span<const float> alpha, double scale)
    : alpha_(alpha.begin(), alpha.end()), scale_(scale) {
  if (alpha.size() != MlpRule::parameters) throw std::invalid_argument("the rule 'mlp' has 81 parameters");
}

void MlpUpdateRule::reset(const Layout& layout, RuleState& state) const {
  state.layout = layout;
  state.slots.assign(size_of(layout), 0);
  state.scratch.clear();
  state.steps = 0;
  state.layers = 0;
}

void MlpUpdateRule::step(std::span<const float> gradient_d, std::span<const float>, RuleState& state,
                         std::span<float> step_d) const {
  mlp_rule_step(alpha_, gradient_d, state.slots, state.steps++, static_cast<float>(scale_), step_d);
}

std::vector<float> MlpUpdateRule::initial(double deviation, RandomStream& stream) {
  std::vector<float> out(MlpRule::parameters);
  for (std::size_t k = 0; k < out.size(); ++k)
    if (k < MlpRule::biases || (k >= MlpRule::output_weights && k < MlpRule::output_bias))
      out[k] = static_cast<float>(deviation * stream.normal());
  return out;
}

void MlpUpdateRule::save(Checkpoint& out) const {
  out.put_text("model", "update-rule");
  out.put_text("rule", kName);
  out.put<float>("alpha", alpha_);
  out.put_number("scale", scale_);
}

std::shared_ptr<const MlpUpdateRule> MlpUpdateRule::load(const Checkpoint& in) {
  const auto& alpha = in.get<float>("alpha", MlpRule::parameters);
  const double scale = in.number("scale");
  bool finite = std::isfinite(scale);
  for (const float weight : alpha) finite = finite && std::isfinite(weight);
  if (!finite) throw std::runtime_error("the model is damaged: the update rule has weights that are not finite");
  return std::make_shared<MlpUpdateRule>(alpha, scale);
}

void reference::mlp_rule_step(std::span<const double> alpha, std::span<const double> gradient_d,
                              std::span<double> momentum_d, std::uint64_t t, double scale, std::span<double> step_d) {
  const double log_time = std::log(static_cast<double>(t) + 1);
  for (std::size_t i = 0; i < step_d.size(); ++i) {
    double sum = alpha[MlpRule::output_bias];
    for (std::size_t k = 0; k < MlpRule::hidden; ++k)
      sum += alpha[MlpRule::output_weights + k] *
             std::tanh(alpha[MlpRule::gradient_weights + k] * gradient_d[i] +
                       alpha[MlpRule::momentum_weights + k] * momentum_d[i] +
                       alpha[MlpRule::time_weights + k] * log_time + alpha[MlpRule::biases + k]);
    step_d[i] = scale * sum;
    momentum_d[i] = 0.9 * momentum_d[i] + 0.1 * gradient_d[i];
  }
}

}  // namespace rover
#endif
