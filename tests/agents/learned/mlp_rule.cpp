#include "agents/learned/mlp_rule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/random.h"

namespace rover {

TEST_CASE("the MLP rule, by hand") {
  // One hidden unit that counts: h = tanh(2 g − m + .5 log(t + 1) + .1), Δ = 3 h − .2, times the scale.
  std::vector<float> alpha(MlpRule::parameters);
  alpha[MlpRule::gradient_weights + 4] = 2, alpha[MlpRule::momentum_weights + 4] = -1;
  alpha[MlpRule::time_weights + 4] = 0.5f, alpha[MlpRule::biases + 4] = 0.1f;
  alpha[MlpRule::output_weights + 4] = 3, alpha[MlpRule::output_bias] = -0.2f;
  std::vector<float> gradient{0.3f, -0.7f}, momentum{0.2f, 0.4f}, step(2);
  mlp_rule_step(alpha, gradient, momentum, 6, 0.5f, step);
  for (std::size_t i = 0; i < 2; ++i) {
    const double g = i == 0 ? 0.3 : -0.7, m = i == 0 ? 0.2 : 0.4;
    CHECK(step[i] == doctest::Approx(0.5 * (3 * std::tanh(2 * g - m + 0.5 * std::log(7.0) + 0.1) - 0.2)).epsilon(1e-6));
    CHECK(momentum[i] == doctest::Approx(0.9 * m + 0.1 * g).epsilon(1e-6));
  }
  CHECK_THROWS_AS(mlp_rule_step(alpha, gradient, momentum, 6, 1, std::span(step).first(1)), std::logic_error);
}

TEST_CASE("the vectorised rule is the plain one, for any number of coordinates") {
  RandomStream stream = make_stream(3, 0, "rule");
  for (const std::size_t d : {1u, 7u, 16u, 33u}) {
    std::vector<double> alpha(MlpRule::parameters), gradient(d), momentum(d), step(d);
    stream.normals(alpha), stream.normals(gradient), stream.normals(momentum);
    const std::vector<float> alpha_f(alpha.begin(), alpha.end()), gradient_f(gradient.begin(), gradient.end());
    std::vector<float> momentum_f(momentum.begin(), momentum.end()), step_f(d);
    mlp_rule_step(alpha_f, gradient_f, momentum_f, 4, 0.2f, step_f);
    reference::mlp_rule_step(alpha, gradient, momentum, 4, 0.2, step);
    for (std::size_t i = 0; i < d; ++i) {
      CHECK(step_f[i] == doctest::Approx(step[i]).epsilon(1e-5));
      CHECK(momentum_f[i] == doctest::Approx(momentum[i]).epsilon(1e-5));
    }
  }
}

TEST_CASE("saturated units are right, and a gradient that is not a number gives a step that is none") {
  std::vector<float> alpha(MlpRule::parameters);
  alpha[MlpRule::gradient_weights] = 1, alpha[MlpRule::output_weights] = 1;
  const std::vector<float> gradient{0, 1e-6f, -0.02f, 3, -8.9f, 9.1f, 1e30f, -3e38f, NAN};
  std::vector<float> momentum(gradient.size()), step(gradient.size());
  mlp_rule_step(alpha, gradient, momentum, 0, 1, step);
  for (std::size_t k = 0; k + 1 < gradient.size(); ++k) {
    const double exact = std::tanh(static_cast<double>(gradient[k]));
    CHECK(std::abs(static_cast<double>(step[k]) - exact) <= 4e-7 * std::abs(exact));
  }
  CHECK(std::isnan(step.back()));
}

TEST_CASE("a rule comes back from its file, and a damaged one is refused") {
  std::vector<float> alpha(MlpRule::parameters, 0.25f);
  Checkpoint file;
  MlpUpdateRule(alpha, 0.2).save(file);
  REQUIRE(holds_update_rule(file));
  const auto rule = load_update_rule(file);
  CHECK(rule->name() == "mlp");
  RuleState state;
  rule->reset(flat_layout(3), state);
  CHECK(state.slots == std::vector<float>(3, 0));
  std::vector<float> step(3), expected(3), momentum(3);
  const std::vector<float> gradient{1, -2, 0.5f};
  for (std::uint64_t t = 0; t < 2; ++t) {
    rule->step(gradient, gradient, state, step);
    mlp_rule_step(alpha, gradient, momentum, t, 0.2f, expected);
    CHECK(step == expected);
  }
  CHECK(state.steps == 2);

  file.put_text("rule", "mpl");
  CHECK_THROWS_WITH_AS(load_update_rule(file), "the update rule 'mpl' is not known to this version",
                       std::runtime_error);
  CHECK_THROWS_WITH_AS(load_update_rule({}), "the file holds no update rule", std::runtime_error);
  MlpUpdateRule(alpha, std::numeric_limits<double>::quiet_NaN()).save(file);
  CHECK_THROWS_WITH_AS(load_update_rule(file), "the model is damaged: the update rule has weights that are not finite",
                       std::runtime_error);
  CHECK_THROWS_AS(MlpUpdateRule(std::span(alpha).first(80), 1), std::invalid_argument);
}

}  // namespace rover
