#include "agents/learned/relative_rule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace rover {
namespace {

using Shape = RelativeRuleShape;

const Layout layout{{"w1", Tensor::Kind::weights, 0, 5, 19, 0},
                    {"b1", Tensor::Kind::bias, 95, 5, 1, 0},
                    {"w2", Tensor::Kind::weights, 100, 33, 3, 1},
                    {"b2", Tensor::Kind::bias, 199, 33, 1, 1},
                    {"w3", Tensor::Kind::weights, 232, 1, 33, 2}};
constexpr std::size_t d = 265;

std::vector<float> random_weights(std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "weights");
  std::vector<float> weights = RelativeRule::initial({}, stream);
  for (float& weight : weights)
    if (weight == 0) weight = static_cast<float>(0.2 * stream.normal());  // outputs, too
  return weights;
}

std::vector<float> random_floats(RandomStream& stream, double deviation, std::size_t size = d) {
  std::vector<float> out(size);
  for (float& x : out) x = static_cast<float>(deviation * stream.normal());
  return out;
}

}  // namespace

TEST_CASE("the relative rule begins as Adam") {
  RandomStream stream = make_stream(1, 0, "weights");
  const RelativeRule rule(RelativeRule::initial({}, stream));
  CHECK(rule.weights().size() == 248);
  CHECK(rule.wants_learning_rate());
  RuleState state;
  rule.reset(layout, state);
  std::vector<double> mean(d), square(d);
  std::vector<float> step(d);
  for (int t = 1; t <= 4; ++t) {
    const std::vector<float> gradient = random_floats(stream, 0.01), point = random_floats(stream, 1);
    rule.step(gradient, point, state, step);
    for (std::size_t i = 0; i < d; ++i) {
      const auto g = static_cast<double>(gradient[i]);
      mean[i] = 0.9 * mean[i] + 0.1 * g, square[i] = 0.999 * square[i] + 0.001 * g * g;
      const double adam = -mean[i] / (1 - std::pow(0.9, t)) / (std::sqrt(square[i] / (1 - std::pow(0.999, t))) + 1e-8);
      CHECK(static_cast<double>(step[i]) == doctest::Approx(adam).epsilon(1e-4));
    }
  }
}

TEST_CASE("the relative rule, by hand") {
  // The first step of one bias, the last layer's: all means are g, s is |g|, so m̂/s = sign g and x = (−1, −1, −1, −1,
  // 1, 0, −1, 1). One hidden unit that sees 2 θ/rms and −1 for a bias: tanh 1. One of the head that sees 1 for the last
  // layer and t/T = 0.
  std::vector<float> weights(Shape::parameters);
  weights[4 * 8] = 2, weights[Shape::kind_weights + 8] = -1;
  weights[Shape::outputs] = 0.6f, weights[Shape::outputs + 1] = 0.4f;
  weights[Shape::rate_weights + 3 * 8 + 5] = 1, weights[Shape::rate_weights + 4 * 8 + 5] = 7;
  weights[Shape::rate_outputs + 2 * 5] = -2, weights[Shape::rate_outputs + 2 * 5 + 1] = 0.5f;
  const RelativeRule rule(weights);
  RuleState state;
  state.horizon = 10;
  rule.reset({{"b", Tensor::Kind::bias, 0, 1, 1, 0}}, state);
  const float gradient = -0.25f, point = 3;
  float step = 0;
  rule.step({&gradient, 1}, {&point, 1}, state, {&step, 1});
  const double h = std::tanh(1.0), u1 = 0.6 * h, u2 = 0.4 * h, a1 = -2 * h, a2 = 0.5 * h;
  CHECK(static_cast<double>(step) ==
        doctest::Approx(-std::exp(a1) * (-std::exp(0.5 * u1 + 0.3 * a2) + 0.5 * u2)).epsilon(1e-5));

  using Kind = std::array<double, 4>;
  CHECK(tensor_kind(layout[0], 3) == Kind{1, 0, 1, 0});
  CHECK(tensor_kind(layout[3], 3) == Kind{0, 1, 0, 0});
  CHECK(tensor_kind(layout[4], 3) == Kind{1, 0, 0, 1});
  CHECK(tensor_kind(flat_layout(3)[0], 1) == Kind{0, 0, 1, 1});
  CHECK(relative_time(20, 10)[4] == 0);
  CHECK(relative_time(100, 0)[0] == doctest::Approx(0.5));
}

TEST_CASE("the vectorised relative rule is the plain one, on matrices and vectors, past its horizon, and of any size") {
  const std::vector<float> weights = random_weights(3);
  const std::vector<double> exact(weights.begin(), weights.end());
  const RelativeRule rule(weights);
  RuleState state;
  state.horizon = 3;
  rule.reset(layout, state);
  std::vector<std::vector<double>> states;
  for (const Tensor& tensor : layout) states.emplace_back(4 * tensor.size());
  RandomStream stream = make_stream(4, 0, "gradients");
  for (std::uint64_t t = 0; t < 5; ++t) {
    std::vector<float> gradient = random_floats(stream, t == 4 ? 100 : 0.05), step(d);
    const std::vector<float> point = random_floats(stream, 0.3);
    gradient[3] = 0;
    for (std::size_t k = 100; k < 120; ++k) gradient[k] *= 1e-6f;
    rule.step(gradient, point, state, step);
    for (std::size_t k = 0; k < layout.size(); ++k) {
      const Tensor& tensor = layout[k];
      const auto part = [&](const std::vector<float>& of) {
        const auto begin = of.begin() + static_cast<std::ptrdiff_t>(tensor.begin);
        return std::vector<double>(begin, begin + static_cast<std::ptrdiff_t>(tensor.size()));
      };
      const auto expected = reference::relative_rule_step(exact, tensor, tensor_kind(tensor, 3), part(gradient),
                                                          part(point), states[k], t, 3);
      const std::vector<double> found = part(step);
      for (std::size_t i = 0; i < expected.size(); ++i)
        CHECK(found[i] == doctest::Approx(expected[i]).scale(0.1).epsilon(1e-4));
    }
  }
  CHECK(state.steps == 5);
}

TEST_CASE("several threads take the same step of the relative rule, bit for bit") {
  const Layout large{{"w", Tensor::Kind::weights, 0, 700, 800, 0}};
  RandomStream stream = make_stream(5, 0, "large");
  const std::vector<float> gradient = random_floats(stream, 1, 560000), point = random_floats(stream, 1, 560000);
  const RelativeRule rule(random_weights(1));
  std::vector<float> steps[2];
  for (const std::size_t threads : {1, 3}) {
    RuleState state;
    rule.reset(large, state);
    state.threads = threads;
    auto& step = steps[threads / 2];
    step.resize(gradient.size());
    for (int t = 0; t < 2; ++t) rule.step(gradient, point, state, step);
  }
  CHECK(steps[0] == steps[1]);
}

TEST_CASE("a gradient that is not a number spoils its tensor of the relative rule alone") {
  const RelativeRule rule(random_weights(2));
  RuleState state;
  rule.reset(layout, state);
  std::vector<float> gradient(d, 0.1f), point(d, 0.2f), step(d);
  gradient[7] = std::numeric_limits<float>::quiet_NaN();
  rule.step(gradient, point, state, step);
  CHECK(std::isnan(step[7]));
  CHECK(std::isfinite(step[120]));
}

TEST_CASE("the relative rule comes back from its file, and a damaged one is refused") {
  const std::vector<float> weights = random_weights(6);
  Checkpoint file, again;
  make_update_rule({.rule = "relative"}, weights)->save(file);
  load_update_rule(file)->save(again);
  CHECK(again == file);
  std::vector<float> wrong = weights;
  wrong[5] = std::numeric_limits<float>::infinity();
  file.put<float>("weights", wrong);
  CHECK_THROWS_WITH_AS(load_update_rule(file), "the model is damaged: the update rule has weights that are not finite",
                       std::runtime_error);
  file.put<float>("weights", std::span(weights).first(10));
  CHECK_THROWS_AS(load_update_rule(file), std::runtime_error);
  CHECK_THROWS_AS(RelativeRule(std::span(weights).first(3)), std::invalid_argument);
}

}  // namespace rover
