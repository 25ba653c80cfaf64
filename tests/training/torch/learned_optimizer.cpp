#include "training/torch/learned_optimizer_torch.h"

#include <doctest/doctest.h>

#include <sstream>

#include "agents/learned/feature_rules.h"
#include "core/random.h"

namespace rover {
namespace {

TrainedRule rule_named(const std::string& name, double rate) {
  RandomStream stream = make_stream(1, 0, "weights");
  return {make_update_rule({.rule = name}, initial_weights({.rule = name}, stream)), {.learning_rate = rate}};
}

struct Net : torch::nn::Module {
  torch::nn::Linear one{nullptr}, two{nullptr};
  Net() {
    one = register_module("one", torch::nn::Linear(6, 9));
    two = register_module("two", torch::nn::Linear(9, 3));
  }
  torch::Tensor forward(const torch::Tensor& x) { return two(torch::tanh(one(x))); }
};

void take_steps(Net& net, LearnedOptimizer& optimizer, int first, int last) {
  for (int k = first; k < last; ++k) {
    torch::manual_seed(k);
    const auto x = torch::randn({16, 6}), y = torch::randint(0, 3, {16});
    optimizer.zero_grad();
    torch::nn::functional::cross_entropy(net.forward(x), y).backward();
    optimizer.step();
  }
}

}  // namespace

TEST_CASE("the LibTorch optimizer takes the rule's own steps, tensor by tensor") {
  for (const char* name : {"celo2", "small-fc", "mlp"}) {
    torch::manual_seed(1);
    Net net;
    const TrainedRule trained = rule_named(name, 0.02);
    LearnedOptimizer optimizer(net.parameters(), trained);
    std::vector<RuleState> states(4);
    for (int k = 0; k < 3; ++k) {
      torch::manual_seed(k);
      optimizer.zero_grad();
      net.forward(torch::randn({16, 6})).square().sum().backward();
      std::vector<torch::Tensor> expected;
      std::size_t at = 0;
      for (const torch::Tensor& parameter : net.parameters()) {
        const auto rows = static_cast<std::size_t>(parameter.size(0)),
                   size = static_cast<std::size_t>(parameter.numel());
        RuleState& state = states[at++];
        if (k == 0) trained.rule->reset({{"", Tensor::Kind::weights, 0, rows, size / rows, 0}}, state);
        torch::Tensor moved = parameter.detach().clone();
        std::vector<float> step(size);
        trained.rule->step({parameter.grad().data_ptr<float>(), size}, {parameter.data_ptr<float>(), size}, state,
                           step);
        for (std::size_t i = 0; i < size; ++i) moved.data_ptr<float>()[i] += 0.02f * step[i];
        expected.push_back(moved);
      }
      optimizer.step();
      at = 0;
      for (const torch::Tensor& parameter : net.parameters()) CHECK(torch::equal(parameter.detach(), expected[at++]));
    }
  }
}

TEST_CASE("saved and loaded, it goes on in the same bits; another rule's archive is refused and changes nothing") {
  torch::manual_seed(3);
  Net net;
  LearnedOptimizer optimizer(net.parameters(), rule_named("celo2", 0.01));
  take_steps(net, optimizer, 0, 3);
  optimizer.param_groups()[0].options().set_lr(0.003);
  std::stringstream of_net, of_optimizer;
  torch::serialize::OutputArchive net_archive;
  net.save(net_archive);
  net_archive.save_to(of_net);
  torch::save(optimizer, of_optimizer);
  take_steps(net, optimizer, 3, 6);

  Net again;
  torch::serialize::InputArchive read;
  read.load_from(of_net);
  again.load(read);
  LearnedOptimizer resumed(again.parameters(), rule_named("celo2", 0.5));
  torch::load(resumed, of_optimizer);
  CHECK(resumed.param_groups()[0].options().get_lr() == 0.003);
  take_steps(again, resumed, 3, 6);
  for (std::size_t k = 0; k < 4; ++k) CHECK(torch::equal(net.parameters()[k], again.parameters()[k]));

  std::stringstream foreign;
  LearnedOptimizer other(again.parameters(), rule_named("small-fc", 1));
  torch::save(other, foreign);
  CHECK_THROWS_AS(torch::load(resumed, foreign), std::runtime_error);
  CHECK(resumed.param_groups()[0].options().get_lr() == 0.003);
}

TEST_CASE("learning-rate schedules and groups set the rates; a closure is called; what does not fit is refused") {
  torch::manual_seed(3);
  Net net;
  LearnedOptimizer optimizer(net.one->parameters(), rule_named("celo2", 0.1));
  optimizer.add_param_group(torch::optim::OptimizerParamGroup(net.two->parameters()));
  torch::optim::StepLR schedule(optimizer, 1, 0.1);
  for (int k = 0; k < 2; ++k) schedule.step();  // the first counts, the second lowers
  for (const auto& group : optimizer.param_groups()) CHECK(group.options().get_lr() == doctest::Approx(0.01));
  const torch::Tensor before = net.two->weight.detach().clone();
  const auto closure = [&] {
    optimizer.zero_grad();
    const auto loss = net.forward(torch::ones({4, 6})).square().mean();
    loss.backward();
    return loss;
  };
  const auto loss = optimizer.step(closure);
  CHECK(loss.item<double>() > 0);
  const double moved = (net.two->weight - before).square().mean().sqrt().item<double>();
  CHECK(moved == doctest::Approx(0.01).epsilon(1e-3));

  std::vector<torch::Tensor> doubles{torch::ones({3, 2}, torch::kFloat64).requires_grad_(true)};
  doubles[0].sum().backward();
  LearnedOptimizer wrong(doubles, rule_named("celo2", 0.1));
  CHECK_THROWS_AS(wrong.step(), std::invalid_argument);
  CHECK_THROWS_AS(LearnedOptimizer(doubles, {.model = "no-such-rule"}), UsageError);
}

}  // namespace rover
