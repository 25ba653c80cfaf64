#include "agents/learned/lstm_rule.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "core/settings.h"

namespace rover {
namespace {

const char* const every_feature = "raw+log+andrychowicz+rich+point+time";

std::vector<float> weights_of(const RuleOptions& options, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "weights");
  std::vector<float> weights = LstmRule::initial(options, stream);
  for (float& weight : weights)
    if (weight == 0) weight = static_cast<float>(0.1 * stream.normal());  // biases, too
  return weights;
}

}  // namespace

TEST_CASE("features of a coordinate, by hand") {
  const auto features = [](const std::string& text, double g, double theta, std::uint64_t t, std::uint64_t horizon,
                           std::vector<double> kept = std::vector<double>(4)) {
    return reference::coordinate_features(CoordinateFeatures(text), g, theta, kept, t, horizon);
  };
  const auto near = [](const std::vector<double>& a, const std::vector<double>& b) {
    REQUIRE(a.size() == b.size());
    for (std::size_t k = 0; k < a.size(); ++k) CHECK(a[k] == doctest::Approx(b[k]).epsilon(1e-6));
  };
  near(features("raw", -0.5, 3, 0, 0), {-0.5, 3});
  near(features("log", -std::exp(-2.0), 3, 0, 0), {-0.2, -1, 3});
  near(features("andrychowicz", 1e-5, 3, 0, 0), {-1, std::exp(10.0) * 1e-5});
  near(features("andrychowicz+point+time", std::exp(2.0), 3, 10, 40), {0.2, 1, 0.6, 0.25});
  near(features("time", 0, 0, 50, 40), {1});
  near(features("time", 0, 0, 300, 0), {0.75});
  // In the first step all means are g and s is |g|.
  near(features("rich", -2, 9, 0, 10), {-1, -1, -1, -1, std::log(2.0) / 10, 4, 0, 0, 1});
  CHECK_THROWS_WITH_AS(CoordinateFeatures("raw+rich+raw"), "features=raw+rich+raw has the part 'raw' twice",
                       UsageError);
  CHECK_THROWS_AS(CoordinateFeatures("momentum"), UsageError);
  CHECK_THROWS_AS(CoordinateFeatures(""), UsageError);
  CHECK(CoordinateFeatures(every_feature).count() == CoordinateFeatures::most);
}

TEST_CASE("the LSTM rule, by hand") {
  // One unit that sees g alone: i = 2 g, f = 1, g = g, o = 0, all without h.
  const RuleOptions options{.rule = "lstm", .features = "raw", .hidden = 1, .output_scale = 0.5};
  std::vector<float> weights(LstmShape(options).parameters());
  CHECK(weights.size() == 18);
  weights[0] = 2, weights[2] = 1, weights[12 + 1] = 1, weights[16] = 3, weights[17] = -0.2f;
  const LstmRule rule(options, weights);
  RuleState state;
  rule.reset(flat_layout(1), state);
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  double c = 0;
  for (const double g : {0.3, -0.7}) {
    const float gradient = static_cast<float>(g), point = 5;
    float step = 0;
    rule.step({&gradient, 1}, {&point, 1}, state, {&step, 1});
    c = sigmoid(1) * c + sigmoid(2 * g) * std::tanh(g);
    CHECK(static_cast<double>(step) == doctest::Approx(0.5 * (3 * 0.5 * std::tanh(c) - 0.2)).epsilon(1e-5));
  }
  CHECK(rule_parameters({.rule = "lstm", .features = "andrychowicz+point+time", .hidden = 8}) == 425);
}

TEST_CASE("the vectorised LSTM is the plain one, for any features and any number of coordinates") {
  for (const std::string features : {every_feature, "raw", "log+time", "rich"})
    for (const std::size_t d : {1u, 7u, 16u, 33u}) {
      CAPTURE(features);
      const RuleOptions options{.rule = "lstm", .features = features, .hidden = d == 7 ? 64u : 5u, .output_scale = 0.3};
      const LstmShape shape(options);
      const std::vector<float> weights = weights_of(options, d);
      const std::vector<double> exact(weights.begin(), weights.end());
      const LstmRule rule(options, weights);
      RuleState state;
      state.horizon = 3;
      rule.reset(flat_layout(d), state);
      std::vector<double> slots(d * shape.slots());
      RandomStream stream = make_stream(4, d, "gradients");
      for (std::uint64_t t = 0; t < 5; ++t) {
        std::vector<float> gradient(d), point(d), step(d);
        for (float& g : gradient) g = static_cast<float>(stream.normal() * std::exp(3 * stream.normal()));
        for (float& p : point) p = static_cast<float>(2 * stream.normal());
        if (d > 1) gradient[1] = t < 3 ? 0 : 1e-6f;
        rule.step(gradient, point, state, step);
        for (std::size_t i = 0; i < d; ++i) {
          const double expected = reference::lstm_rule_step(
              shape, exact, 0.3, static_cast<double>(gradient[i]), static_cast<double>(point[i]),
              std::span(slots).subspan(i * shape.slots(), shape.slots()), t, 3);
          CHECK(static_cast<double>(step[i]) == doctest::Approx(expected).scale(0.1).epsilon(1e-4));
        }
      }
    }
}

TEST_CASE("threads take the same step of the LSTM, and a gradient that is not a number spoils its coordinate alone") {
  const RuleOptions options{.rule = "lstm", .features = every_feature, .hidden = 2};
  const LstmRule rule(options, weights_of(options, 1));
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

TEST_CASE("an LSTM comes back from its file, and a damaged one is refused") {
  const RuleOptions options{.rule = "lstm", .features = "rich+point", .hidden = 3, .output_scale = 0.2};
  const std::vector<float> weights = weights_of(options, 2);
  Checkpoint file;
  make_update_rule(options, weights)->save(file);
  const auto rule = load_update_rule(file);
  CHECK(rule->name() == "lstm");
  CHECK_FALSE(rule->wants_learning_rate());
  Checkpoint again;
  rule->save(again);
  CHECK(again == file);
  Checkpoint bad = file;
  bad.put_integer("hidden", 4);
  CHECK_THROWS_AS(load_update_rule(bad), std::runtime_error);
  bad.put_integer("hidden", 1u << 30);
  CHECK_THROWS_WITH_AS(load_update_rule(bad), "the model is damaged: hidden must lie in 1 … 64", std::runtime_error);
  bad = file, bad.put_text("features", "smell");
  CHECK_THROWS_AS(load_update_rule(bad), std::runtime_error);
  bad = file, bad.put_number("scale", std::numeric_limits<double>::infinity());
  CHECK_THROWS_AS(load_update_rule(bad), std::runtime_error);
  std::vector<float> wrong = weights;
  wrong[5] = std::numeric_limits<float>::quiet_NaN();
  bad = file, bad.put<float>("weights", wrong);
  CHECK_THROWS_WITH_AS(load_update_rule(bad), "the model is damaged: the update rule has weights that are not finite",
                       std::runtime_error);
  CHECK_THROWS_AS(LstmRule(options, std::span(weights).first(3)), std::invalid_argument);
}

}  // namespace rover
