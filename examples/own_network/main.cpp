// A LibTorch network of your own, trained by a learned optimizer and by Adam: two spirals, 2-64-64-2.
#include <torch/torch.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <numbers>
#include <utility>

#include "training/torch/learned_optimizer_torch.h"

namespace {

/// Points of two spirals, and which one each belongs to.
std::pair<torch::Tensor, torch::Tensor> spirals(std::int64_t count) {
  const auto label = torch::randint(0, 2, {count});
  const auto radius = torch::rand({count}).sqrt(), angle = 3 * std::numbers::pi * radius + std::numbers::pi * label;
  const auto points = torch::stack({radius * angle.cos(), radius * angle.sin()}, 1);
  return {points + 0.02 * torch::randn({count, 2}), label};
}

/// The loss after 300 steps of the optimizer that `make` makes for a network's parameters.
template <class Make>
double train(Make make) {
  constexpr int steps = 300;
  torch::manual_seed(1);
  torch::nn::Sequential net(torch::nn::Linear(2, 64), torch::nn::ReLU(), torch::nn::Linear(64, 64), torch::nn::ReLU(),
                            torch::nn::Linear(64, 2));
  const std::unique_ptr<torch::optim::Optimizer> optimizer = make(net->parameters());
  const double first = optimizer->param_groups()[0].options().get_lr();
  for (int k = 0; k < steps; ++k) {
    const auto [points, label] = spirals(128);
    optimizer->zero_grad();
    torch::nn::functional::cross_entropy(net->forward(points), label).backward();
    optimizer->param_groups()[0].options().set_lr(first * (1 - k / static_cast<double>(steps)));  // to 0
    optimizer->step();
  }
  const auto [points, label] = spirals(4096);
  return torch::nn::functional::cross_entropy(net->forward(points), label).item<double>();
}

}  // namespace

int main() {
  const double learned = train([](auto parameters) {
    return std::make_unique<rover::LearnedOptimizer>(parameters,
                                                     rover::TorchRuleOptions{.model = "celo2-rates", .steps = 300});
  });
  const double adam = train([](auto parameters) {
    return std::make_unique<torch::optim::Adam>(parameters, torch::optim::AdamOptions(1e-2));
  });
  std::printf("two spirals after 300 steps: loss %.4f by the learned optimizer, %.4f by Adam\n", learned, adam);
}
