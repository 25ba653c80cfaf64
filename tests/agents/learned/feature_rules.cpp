#include "agents/learned/feature_rules.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/settings.h"

namespace rover {
namespace {

const Layout layout{{"w", Tensor::Kind::weights, 0, 5, 19, 0},
                    {"b", Tensor::Kind::bias, 95, 5, 1, 0},
                    {"tall", Tensor::Kind::weights, 100, 33, 3, 1},
                    {"square", Tensor::Kind::weights, 199, 4, 4, 2},
                    {"x", Tensor::Kind::other, 215, 37, 1, 3}};
constexpr std::size_t d = 252;

std::vector<float> random_weights(const std::string& name, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "weights");
  std::vector<float> weights = FeatureRule::initial(name, stream);
  for (float& weight : weights)
    if (weight == 0) weight = static_cast<float>(0.02 * stream.normal());  // biases and decays, too
  return weights;
}

}  // namespace

TEST_CASE("three steps of small_fc, Celo2 and Celo2-base are those of plain code, on matrices and vectors") {
  for (const std::string name : {FeatureRule::kSmallFc, FeatureRule::kCelo2, FeatureRule::kCelo2Base}) {
    CAPTURE(name);
    const std::vector<float> weights = random_weights(name, 2);
    const std::vector<double> exact_weights(weights.begin(), weights.end());
    const FeatureRule rule(name, weights);
    const FeatureRuleShape& shape = FeatureRule::shape(name);
    RuleState state;
    rule.reset(layout, state);
    RandomStream stream = make_stream(4, 0, "gradients");
    std::vector<reference::FeatureRuleState> states(layout.size());
    std::vector<double> point(d), mean(d), square(d);
    stream.normals(point);
    for (std::uint64_t t = 0; t < 3; ++t) {
      std::vector<double> gradient(d);
      stream.normals(gradient);
      for (double& g : gradient) g *= 0.05;
      gradient[3] = 2000, gradient[101] = 0;
      const std::vector<float> gradient_f(gradient.begin(), gradient.end()), point_f(point.begin(), point.end());
      std::vector<float> step(d);
      rule.step(gradient_f, point_f, state, step);
      for (std::size_t k = 0; k < layout.size(); ++k) {
        const Tensor& tensor = layout[k];
        CAPTURE(tensor.name);
        const auto part = [&](const std::vector<double>& of) {
          return std::span(of).subspan(tensor.begin, tensor.size());
        };
        if (shape.adam_for_vectors && !tensor.is_matrix()) {
          for (std::size_t i = tensor.begin; i < tensor.begin + tensor.size(); ++i) {
            mean[i] = 0.9 * mean[i] + 0.1 * gradient[i],
            square[i] = 0.95 * square[i] + 0.05 * gradient[i] * gradient[i];
            const double n = static_cast<double>(t) + 1;
            CHECK(static_cast<double>(step[i]) ==
                  doctest::Approx(-20 * mean[i] / (1 - std::pow(0.9, n)) /
                                  (std::sqrt(square[i] / (1 - std::pow(0.95, n))) + 1e-8))
                      .epsilon(1e-4));
          }
          continue;
        }
        const auto expected = reference::feature_rule_step(shape, exact_weights, tensor, part(gradient), part(point), t,
                                                           name == FeatureRule::kCelo2, states[k]);
        double largest = 0;
        for (const double value : expected) largest = std::max(largest, std::abs(value));
        CHECK(largest > 0);
        const double tolerance = name == FeatureRule::kCelo2 ? 2e-3 : 1e-4;
        for (std::size_t i = 0; i < expected.size(); ++i)
          CHECK(std::abs(static_cast<double>(step[tensor.begin + i]) - expected[i]) < tolerance * largest);
      }
      for (std::size_t i = 0; i < d; ++i) point[i] += static_cast<double>(step[i]) * 0.01;
    }
    CHECK(state.steps == 3);
  }
}

TEST_CASE("several threads take the same step, bit for bit") {
  const Layout large{{"w", Tensor::Kind::weights, 0, 700, 800, 0}};
  RandomStream stream = make_stream(5, 0, "large");
  std::vector<float> gradient(560000), point(560000);
  for (float& g : gradient) g = static_cast<float>(stream.normal());
  for (float& p : point) p = static_cast<float>(stream.normal());
  const FeatureRule rule(FeatureRule::kSmallFc, random_weights(FeatureRule::kSmallFc, 1));
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

TEST_CASE("gradients that have vanished leave no numbers below the normal range") {
  const FeatureRule rule(FeatureRule::kCelo2, random_weights(FeatureRule::kCelo2, 3));
  RuleState state;
  rule.reset(layout, state);
  std::vector<float> gradient(d, 1e-3f), point(d, 0.1f), step(d);
  rule.step(gradient, point, state, step);
  gradient.assign(d, 0);
  for (int t = 0; t < 1200; ++t) rule.step(gradient, point, state, step);
  CHECK(std::ranges::none_of(state.slots, [](float x) { return std::fpclassify(x) == FP_SUBNORMAL; }));
}

TEST_CASE("Celo2's steps have a root mean square of 1 whatever the gradient's scale") {
  const FeatureRule rule(FeatureRule::kCelo2, random_weights(FeatureRule::kCelo2, 3));
  for (const double scale : {1e-6, 1.0, 1e3}) {
    RandomStream stream = make_stream(6, 0, "gradients");
    RuleState state;
    rule.reset(layout, state);
    std::vector<float> gradient(d), point(d, 0.1f), step(d);
    for (float& g : gradient) g = static_cast<float>(scale * stream.normal());
    rule.step(gradient, point, state, step);
    double square = 0;
    for (std::size_t i = 0; i < 95; ++i) square += static_cast<double>(step[i]) * static_cast<double>(step[i]) / 95;
    CHECK(square == doctest::Approx(1).epsilon(1e-3));
  }
}

TEST_CASE("Celo2-base that starts from momentum moves along momentum") {
  RandomStream stream = make_stream(6, 0, "weights");
  const FeatureRule rule(FeatureRule::kCelo2Base, FeatureRule::initial(FeatureRule::kCelo2Base, stream, true));
  RuleState state;
  rule.reset(layout, state);
  std::vector<float> gradient(d), point(d, 0.1f), step(d), mean(d);
  for (int t = 0; t < 3; ++t) {
    for (float& g : gradient) g = static_cast<float>(stream.normal());
    rule.step(gradient, point, state, step);
    for (std::size_t i = 0; i < d; ++i) mean[i] = 0.9f * mean[i] + 0.1f * gradient[i];
  }
  const auto root_mean_square = [](std::span<const float> values) {
    double square = 0;
    for (const float value : values) square += static_cast<double>(value) * static_cast<double>(value);
    return std::sqrt(square / static_cast<double>(values.size()));
  };
  std::vector<float> expected(95);
  const double of_mean = root_mean_square(std::span(mean).first(95)),
               of_gradient = root_mean_square(std::span(gradient).first(95));
  for (std::size_t i = 0; i < 95; ++i)
    expected[i] = static_cast<float>(-static_cast<double>(mean[i]) / of_mean -
                                     0.7 * static_cast<double>(gradient[i]) / of_gradient);
  const double size = root_mean_square(expected);
  for (std::size_t i = 0; i < 95; ++i)
    CHECK(static_cast<double>(step[i]) == doctest::Approx(static_cast<double>(expected[i]) / size).epsilon(1e-4));
}

TEST_CASE("a change of the direction is opposite in its two units, and nothing else changes") {
  std::vector<double> change(celo2_shape.parameters(), 2.0);
  change[5 * 8] = 3;
  restrict_change({.rule = "celo2"}, "direction", change);
  CHECK(change[5 * 8] == 3);
  CHECK(change[5 * 8 + 1] == -3);
  CHECK(change[5 * 8 + 2] == 0);
  CHECK(change[29 * 8] == 2);
  CHECK(change[30 * 8] == 0);
  CHECK(change.back() == 0);
  CHECK_THROWS_AS(restrict_change({.rule = "mlp"}, "direction", change), UsageError);
  CHECK_THROWS_AS(restrict_change({.rule = "celo2"}, "rates", change), UsageError);
  std::vector<double> rates(celo2_rates_shape.parameters(), 2.0);
  restrict_change({.rule = "celo2-rates"}, "rates", rates);
  CHECK(rates[346] == 0);
  CHECK(rates[347] == 2);
}

TEST_CASE("celo2-rates takes Celo2's steps, times a factor a tensor") {
  RandomStream stream = make_stream(7, 0, "gradients");
  std::vector<float> weights = random_weights(FeatureRule::kCelo2Rates, 2);
  const float a[10] = {0.5f, 0.3f, 0.2f, 0.4f, -0.6f, -0.5f, -1.1f, 0.2f, 0.8f, 0.3f};
  std::copy_n(a, 10, weights.end() - 10);
  const FeatureRule rates(FeatureRule::kCelo2Rates, weights), plain(FeatureRule::kCelo2, std::span(weights).first(347));
  RuleState with, without;
  rates.reset(layout, with), plain.reset(layout, without);
  CHECK(with.layers == 4);
  with.horizon = 8;
  std::vector<float> gradient(d), point(d), step(d), expected(d);
  for (float& p : point) p = static_cast<float>(0.3 * stream.normal());
  for (int t = 0; t < 3; ++t) {
    for (float& g : gradient) g = static_cast<float>(stream.normal());
    rates.step(gradient, point, with, step), plain.step(gradient, point, without, expected);
    for (const Tensor& tensor : layout) {
      const double time = t / 8.0 - 0.5, last = tensor.layer == 3;
      double square = 0, q = 0;
      for (std::size_t i = tensor.begin; i < tensor.begin + tensor.size(); ++i)
        square += static_cast<double>(point[i]) * static_cast<double>(point[i]) / static_cast<double>(tensor.size());
      const auto rows = static_cast<double>(tensor.rows), columns = static_cast<double>(tensor.columns);
      if (tensor.is_matrix())
        q = 0.5 * (tensor.layer == 0) + 0.3 * last + 0.2 * std::log(rows / columns) + 0.4 * time -
            0.6 * std::log(std::sqrt(columns * square) + 1e-3) - 0.5 * (std::log(columns) - 4);
      else q = -1.1 + 0.2 * last + 0.8 * time + 0.3 * std::log(rows / 32);
      for (std::size_t i = tensor.begin; i < tensor.begin + tensor.size(); ++i)
        CHECK(static_cast<double>(step[i]) ==
              doctest::Approx(static_cast<double>(expected[i]) * std::exp(q)).epsilon(1e-4));
    }
  }
  // Where the layout is a part of a network, `layers` says how many there are.
  with.layers = 9;
  const std::vector<float> as_last = step;
  rates.step(gradient, point, with, step);
  CHECK(step[220] != as_last[220]);
}

TEST_CASE("a gradient that is not a number gives steps that are none, in its tensor alone") {
  for (const std::string name : {FeatureRule::kSmallFc, FeatureRule::kCelo2Base}) {
    const FeatureRule rule(name, random_weights(name, 2));
    RuleState state;
    rule.reset(layout, state);
    std::vector<float> gradient(d, 0.1f), point(d, 0.2f), step(d);
    gradient[7] = std::numeric_limits<float>::quiet_NaN();
    rule.step(gradient, point, state, step);
    CHECK(std::isnan(step[7]));
    CHECK(std::isfinite(step[120]));
  }
}

TEST_CASE("feature rules come back from their files, and damaged ones are refused") {
  for (const std::string name : {FeatureRule::kSmallFc, FeatureRule::kCelo2, FeatureRule::kCelo2Base}) {
    Checkpoint file;
    const std::vector<float> weights = random_weights(name, 9);
    FeatureRule(name, weights).save(file);
    const auto rule = load_update_rule(file);
    CHECK(rule->name() == name);
    CHECK(std::vector<float>(rule->weights().begin(), rule->weights().end()) == weights);
    CHECK(rule->wants_learning_rate() == (name != FeatureRule::kSmallFc));
    file.put<float>("weights", std::span(weights).first(10));
    CHECK_THROWS_AS(load_update_rule(file), std::runtime_error);
    std::vector<float> bad = weights;
    bad[5] = std::numeric_limits<float>::infinity();
    file.put<float>("weights", bad);
    CHECK_THROWS_WITH_AS(load_update_rule(file),
                         "the model is damaged: the update rule has weights that are not finite", std::runtime_error);
    CHECK_THROWS_AS(FeatureRule(name, std::span(weights).first(3)), std::invalid_argument);
    CHECK(rule_parameters({.rule = name}) == weights.size());
  }
  CHECK(small_fc_shape.parameters() == 197);
  CHECK(celo2_shape.parameters() == 347);
}

}  // namespace rover
