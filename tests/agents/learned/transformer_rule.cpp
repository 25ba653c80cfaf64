#include "agents/learned/transformer_rule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace rover {
namespace {

std::vector<float> weights_of(const RuleOptions& options, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "weights");
  std::vector<float> weights = TransformerRule::initial(options, stream);
  for (float& weight : weights)
    if (weight == 0) weight = static_cast<float>(0.1 * stream.normal());  // biases, too
  return weights;
}

}  // namespace

TEST_CASE("the transformer rule, by hand") {
  // D = 1: e = tanh(2 g); Q = 3; p = (0, −1); V = 0.5; F = (1, −1), f = (0.1, 0), G = (2, 0); Δ = .5 (4 z − 1).
  const RuleOptions options{.rule = "transformer", .features = "raw", .hidden = 1, .window = 2, .output_scale = 0.5};
  const TransformerShape shape(options);
  CHECK(shape.parameters() == 3 + 1 + 1 + 2 + 1 + 2 + 2 + 2 + 1 + 1);
  std::vector<float> weights(shape.parameters());
  weights[0] = 2, weights[shape.query()] = 3, weights[shape.positions() + 1] = -1, weights[shape.value()] = 0.5f;
  weights[shape.first_layer()] = 1, weights[shape.first_layer() + 1] = -1, weights[shape.first_bias()] = 0.1f;
  weights[shape.second_layer()] = 2, weights[shape.output()] = 4, weights[shape.output() + 1] = -1;
  const TransformerRule rule(options, weights);
  RuleState state;
  rule.reset(flat_layout(1), state);
  std::vector<double> past;
  for (const double g : {0.3, -0.2, 0.4}) {  // in the third step the first is forgotten
    const float gradient = static_cast<float>(g), point = 5;
    float step = 0;
    rule.step({&gradient, 1}, {&point, 1}, state, {&step, 1});
    const double e = std::tanh(2 * g);
    past.insert(past.begin(), e);
    double mean = e;
    if (past.size() > 1) {
      const double now = std::exp(3 * e * e), before = std::exp(3 * e * past[1] - 1);
      mean = (now * e + before * past[1]) / (now + before);
    }
    double z = e + 0.5 * mean;
    z += 2 * std::max(0.0, z + 0.1);
    CHECK(static_cast<double>(step) == doctest::Approx(0.5 * (4 * z - 1)).epsilon(1e-5));
  }
}

TEST_CASE("the vectorised transformer is the plain one, for any features and any number of coordinates") {
  for (const std::string features : {"raw", "andrychowicz+point+time", "rich"})
    for (const std::size_t d : {1u, 7u, 33u}) {
      CAPTURE(features);
      const RuleOptions options{
          .rule = "transformer", .features = features, .hidden = d == 7 ? 64u : 5u, .window = 4, .output_scale = 0.3};
      const TransformerShape shape(options);
      const std::vector<float> weights = weights_of(options, d);
      const std::vector<double> exact(weights.begin(), weights.end());
      const TransformerRule rule(options, weights);
      RuleState state;
      state.horizon = 5;
      rule.reset(flat_layout(d), state);
      std::vector<double> slots(d * shape.slots());
      RandomStream stream = make_stream(4, d, "gradients");
      for (std::uint64_t t = 0; t < 7; ++t) {
        std::vector<float> gradient(d), point(d), step(d);
        for (float& g : gradient) g = static_cast<float>(stream.normal());
        for (float& p : point) p = static_cast<float>(2 * stream.normal());
        rule.step(gradient, point, state, step);
        for (std::size_t i = 0; i < d; ++i) {
          const double expected = reference::transformer_rule_step(
              shape, exact, 0.3, static_cast<double>(gradient[i]), static_cast<double>(point[i]),
              std::span(slots).subspan(i * shape.slots(), shape.slots()), t, 5);
          CHECK(static_cast<double>(step[i]) == doctest::Approx(expected).scale(0.1).epsilon(1e-4));
        }
      }
    }
}

TEST_CASE(
    "threads take the same step of the transformer; a gradient that is not a number spoils its coordinate alone") {
  const RuleOptions options{.rule = "transformer", .features = "log", .hidden = 2, .window = 3};
  const TransformerRule rule(options, weights_of(options, 1));
  constexpr std::size_t d = 40000;
  RandomStream stream = make_stream(5, 0, "large");
  std::vector<float> gradient(d), point(d), steps[2];
  for (float& g : gradient) g = static_cast<float>(stream.normal());
  gradient[9] = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t threads : {1, 2}) {
    RuleState state;
    rule.reset(flat_layout(d), state);
    state.threads = threads;
    auto& step = steps[threads - 1];
    step.resize(d);
    for (int t = 0; t < 2; ++t) rule.step(gradient, point, state, step);
    CHECK(std::isnan(step[9]));
    step[9] = 0;
    for (const float entry : step) REQUIRE(std::isfinite(entry));
  }
  CHECK(steps[0] == steps[1]);
}

TEST_CASE("a transformer comes back from its file, and a damaged one is refused") {
  const RuleOptions options{
      .rule = "transformer", .features = "rich+point", .hidden = 3, .window = 5, .output_scale = 0.2};
  const std::vector<float> weights = weights_of(options, 2);
  CHECK(rule_parameters(options) == weights.size());
  Checkpoint file, again;
  make_update_rule(options, weights)->save(file);
  load_update_rule(file)->save(again);
  CHECK(again == file);
  Checkpoint bad = file;
  bad.put_integer("window", 6);
  CHECK_THROWS_AS(load_update_rule(bad), std::runtime_error);
  bad.put_integer("window", 1u << 30);
  CHECK_THROWS_WITH_AS(load_update_rule(bad), "the model is damaged: window must lie in 1 … 256", std::runtime_error);
  bad = file, bad.put_integer("hidden", 0);
  CHECK_THROWS_WITH_AS(load_update_rule(bad), "the model is damaged: hidden must lie in 1 … 64", std::runtime_error);
  std::vector<float> wrong = weights;
  wrong[5] = std::numeric_limits<float>::quiet_NaN();
  bad = file, bad.put<float>("weights", wrong);
  CHECK_THROWS_WITH_AS(load_update_rule(bad), "the model is damaged: the update rule has weights that are not finite",
                       std::runtime_error);
  CHECK_THROWS_AS(TransformerRule(options, std::span(weights).first(3)), std::invalid_argument);
}

}  // namespace rover
