#include "agents/register.h"
#include "agents/attention/hybrids.h"

namespace rover {

void register_attention(Registry<Agent>& agents) {
  const std::vector<std::string> rates{"5e-4", "2e-3", "5e-3", "2e-2", "5e-2", "0.2", "1"},
      some{"10", "30", "50", "100"}, deviations{"0.01", "0.03", "0.1"}, sharp{"1", "10", "1000"};
  const TuningGrid of_hybrid{{"learning_rate", rates},
                             {"attention.points", {"30", "100"}},
                             {"attention.sigma", {"0.03", "0.1", "0.2"}},
                             {"attention.beta", {"1", "10"}}};
  constexpr Capabilities gradients{.gradients = true};
  agents.add<AttentionOptions>("attention", "attention search: moves to the softmax-weighted mean of samples around",
                               make_attention_search,
                               {.tuning = {{"points", some},
                                           {"sigma", deviations},
                                           {"beta", sharp},
                                           {"explore", {"0", "0.3"}},
                                           {"decay", {"0", "0.0075", "0.03"}}}});
  agents.add<Hybrid1Options>("hybrid-1", "gradient descent that escapes plateaus by attention search", make_hybrid_1,
                             {.capabilities = gradients, .tuning = of_hybrid});
  TuningGrid of_alternation = of_hybrid;
  of_alternation["attention_steps"] = {"1", "2"};
  agents.add<AlternationOptions>("hybrid-2", "gradient descent and attention search in turn", make_alternation,
                                 {.capabilities = gradients, .tuning = of_alternation});
  AlternationOptions restarted;
  restarted.gradient_steps = 50, restarted.attention_steps = 5;
  agents.add<AlternationOptions>("hybrid-3", "gradient descent restarted where attention search leads",
                                 make_alternation, {.capabilities = gradients, .tuning = of_hybrid}, restarted);
  agents.add<Hybrid4Options>(
      "hybrid-4", "gradient descent whose rate is attention's over candidates", make_hybrid_4,
      {.capabilities = gradients,
       .tuning = {{"lowest_rate", {"1e-4", "1e-3"}}, {"highest_rate", {"0.1", "1", "10"}}, {"beta", {"1", "100"}}}});
  agents.add<GradientRestartOptions>(
      "gd-restart", "gradient descent from one random point after another", make_gradient_restart,
      {.capabilities = gradients, .tuning = {{"learning_rate", rates}, {"steps", {"50", "200"}}}});
}

}  // namespace rover
