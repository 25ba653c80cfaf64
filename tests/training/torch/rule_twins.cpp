#include "training/torch/rule_twins_torch.h"

#include <doctest/doctest.h>

#include "core/settings.h"

namespace rover {
namespace {

const Layout layout{{"w1", Tensor::Kind::weights, 0, 5, 7, 0},
                    {"b1", Tensor::Kind::bias, 35, 5, 1, 0},
                    {"w2", Tensor::Kind::weights, 40, 3, 5, 1},
                    {"b2", Tensor::Kind::bias, 55, 3, 1, 1}};
constexpr std::size_t d = 58;

torch::Tensor rows_of(const std::vector<std::vector<float>>& rows) {
  std::vector<torch::Tensor> out;
  for (const auto& row : rows) out.push_back(torch::tensor(row));
  return torch::stack(out);
}

}  // namespace

TEST_CASE("the twins of the update rules take the steps of the hand-written ones") {
  torch::set_num_threads(1);
  for (const RuleOptions& options : {
           RuleOptions{.rule = "mlp", .output_scale = 0.3},
           RuleOptions{.rule = "lstm", .features = "raw+log+andrychowicz+rich+point+time", .hidden = 6},
           RuleOptions{.rule = "lstm", .features = "andrychowicz", .hidden = 3, .output_scale = 0.1},
           RuleOptions{.rule = "transformer", .features = "rich+point", .hidden = 5, .window = 3, .output_scale = 0.2},
           RuleOptions{.rule = "transformer", .features = "log", .hidden = 4, .window = 8},
           RuleOptions{.rule = "relative"},
       }) {
    CAPTURE(options.rule);
    CAPTURE(options.features);
    RandomStream stream = make_stream(3, 0, "weights");
    std::vector<float> weights = initial_weights(options, stream);
    for (float& weight : weights)
      if (weight == 0) weight = static_cast<float>(0.1 * stream.normal());
    const auto rule = make_update_rule(options, weights);
    const RuleTwin twin = make_rule_twin(options, layout);
    constexpr std::size_t walks = 2;
    std::vector<RuleState> states(walks);
    for (RuleState& state : states) state.horizon = 4, rule->reset(layout, state);
    TwinInput in;
    in.weights = torch::tensor(weights), in.horizon = 4;
    in.slots = rows_of({states[0].slots, states[1].slots});
    for (in.t = 0; in.t < 6; ++in.t) {
      std::vector<std::vector<float>> gradients, points, steps, slots;
      for (RuleState& state : states) {
        auto &gradient = gradients.emplace_back(d), &point = points.emplace_back(d), &step = steps.emplace_back(d);
        for (float& g : gradient) g = static_cast<float>(0.3 * stream.normal());
        for (float& p : point) p = static_cast<float>(stream.normal());
        gradient[4] = 0;
        rule->step(gradient, point, state, step);
        slots.push_back(state.slots);
      }
      in.gradient = rows_of(gradients), in.point = rows_of(points);
      const TwinStep out = twin(in);
      CHECK((out.step - rows_of(steps)).abs().max().item<float>() < 1e-5f * rows_of(steps).abs().max().item<float>());
      CHECK(torch::allclose(out.slots, rows_of(slots), 1e-4, 1e-6));
      in.slots = out.slots;
    }
  }
  CHECK_THROWS_WITH_AS(make_rule_twin({.rule = "celo2"}, layout),
                       "backpropagation trains the rules mlp, lstm, transformer and relative; for rule=celo2 take "
                       "learner=evolution",
                       UsageError);
}

}  // namespace rover
