#include "training/torch/networks_torch.h"

#include "training/torch/ddpg_torch.h"

#include <doctest/doctest.h>

#include <cmath>

#include "tests/agents/nn/policies.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

torch::Tensor random_tensor(std::vector<std::int64_t> shape, std::uint64_t key, bool uniform = false) {
  torch::Tensor out = torch::empty(shape);
  RandomStream stream{key, 0};
  for (std::int64_t k = 0; k < out.numel(); ++k)
    out.data_ptr<float>()[k] = static_cast<float>(uniform ? stream.uniform() : stream.normal());
  return out;
}

double largest(const torch::Tensor& x) { return x.abs().max().item<double>(); }

// The gradient that `descend` hands to Adam, through its first moment: m₁ = 0.1 g.
std::vector<float> gradient_of(FlatLeaf& leaf, nn::Parameters& parameters, const torch::Tensor& loss,
                               double largest_norm) {
  Adam<float> adam(parameters.flat().size());
  leaf.descend(loss, adam, 0, largest_norm, "test");
  Checkpoint out;
  adam.save(out, "");
  auto gradient = out.get<float>("mean");
  for (float& g : gradient) g *= 10;
  return gradient;
}

}  // namespace

TEST_CASE("the policy's twin equals the policy over whole episodes") {
  torch::set_num_threads(1);
  for (const char* encoder : {"dense", "conv"}) {
    CAPTURE(encoder);
    constexpr std::int64_t batch = 5, steps = 12, o = 7 * 7 + 6;
    RecurrentPolicy policy =
        testing::lively_policy({.hidden = 13, .encoder = encoder, .channels1 = 3, .channels2 = 4}, o, 7, 5);
    const auto seen = random_tensor({batch, steps, o}, 1, true);
    const auto twin = torch::tanh(policy_logits(FlatLeaf(policy.parameters()).constants(), policy, seen));
    RecurrentPolicy::State state;
    state.reset(batch, policy.hidden());
    std::vector<float> u(batch * 2);
    double worst = 0;
    for (std::int64_t t = 0; t < steps; ++t) {
      const auto now = seen.select(1, t).contiguous();
      policy.forward({now.data_ptr<float>(), batch * o}, state.hidden, state.cell, u);
      worst = std::max(worst, largest(torch::from_blob(u.data(), {batch, 2}) - twin.select(1, t)));
    }
    CHECK(largest(twin) > 0.05);
    CHECK(worst < 1e-5);
  }
}

TEST_CASE("lstm_sequence equals LibTorch's LSTM") {
  constexpr std::int64_t batch = 3, steps = 7, inputs = 5, width = 6;
  const auto weight = random_tensor({inputs + width, 4 * width}, 1), bias = random_tensor({4 * width}, 2),
             x = random_tensor({batch, steps, inputs}, 3);
  const auto zero = torch::zeros({1, batch, width});
  const auto expected =
      std::get<0>(torch::lstm(x, {zero, zero},
                              {weight.narrow(0, 0, inputs).t().contiguous(),
                               weight.narrow(0, inputs, width).t().contiguous(), bias, torch::zeros({4 * width})},
                              true, 1, 0, false, false, true));
  CHECK(largest(lstm_sequence(weight, bias, x) - expected) < 1e-6);
}

TEST_CASE("a critic without memory, by hand") {
  const CriticShape shape{2, 3, false, false, 0, 0, 0, 4};
  nn::Parameters p = make_critic(shape, 1);
  const auto o = random_tensor({1, 1, 2}, 2), s = random_tensor({1, 1, 3}, 3), u = random_tensor({1, 1, 2}, 4);
  const auto w = FlatLeaf(p).constants();
  const double q = critic_value(w, shape, critic_state(w, shape, o, s, torch::zeros({1, 1, 2})), u).item<double>();
  std::vector<double> x;
  for (const auto& part : {o, s, u})
    for (std::int64_t k = 0; k < part.numel(); ++k) x.push_back(part.data_ptr<float>()[k]);
  const auto layer = [&](const std::string& name, const std::vector<double>& in, bool relu) {
    const auto weight = p[name + ".w"], bias = p[name + ".b"];
    std::vector<double> out(bias.begin(), bias.end());
    for (std::size_t i = 0; i < in.size(); ++i)
      for (std::size_t k = 0; k < out.size(); ++k) out[k] += in[i] * weight[i * out.size() + k];
    for (double& y : out) y = relu && y < 0 ? 0 : y;
    return out;
  };
  CHECK(x.size() == 7);
  CHECK(q ==
        doctest::Approx(layer("value", layer("hidden2", layer("hidden1", x, true), true), false)[0]).epsilon(1e-5));
}

TEST_CASE("the paper's critic remembers: observations, actions and their order") {
  const CriticShape shape{36, 0, true, true, 6, 3, 4, 5};
  nn::Parameters p = make_critic(shape, 1);
  const auto w = FlatLeaf(p).constants();
  const auto o = random_tensor({2, 4, 36}, 2, true), u = random_tensor({2, 4, 2}, 3);
  const auto q = [&](const torch::Tensor& seen, const torch::Tensor& previous) {
    return critic_value(w, shape, critic_state(w, shape, seen, torch::zeros({2, 4, 0}), previous), u);
  };
  const auto previous = random_tensor({2, 4, 2}, 4);
  auto other_start = o.clone(), other_action = previous.clone(), other_end = o.clone();
  other_start.select(1, 0).zero_(), other_action.select(1, 1).zero_(), other_end.select(1, 3).zero_();
  const auto base = q(o, previous);
  CHECK(base.sizes() == torch::IntArrayRef({2, 4}));
  CHECK(largest((q(other_start, previous) - base).select(1, 3)) > 1e-7);
  CHECK(largest((q(o, other_action) - base).select(1, 3)) > 1e-7);
  CHECK(largest((q(other_end, previous) - base).narrow(1, 0, 3)) == 0);  // no look ahead
}

TEST_CASE("flat gradients agree with finite differences, and are clipped by their norm") {
  torch::set_num_threads(1);
  RecurrentPolicy policy =
      testing::lively_policy({.hidden = 5, .encoder = "conv", .channels1 = 2, .channels2 = 3}, 36 + 2, 6, 1);
  nn::Parameters& p = policy.parameters();
  const auto seen = random_tensor({3, 4, 38}, 1, true), wanted = random_tensor({3, 4, 2}, 2);
  FlatLeaf leaf(p);
  const auto loss = [&] { return (policy_logits(leaf.views(), policy, seen) - wanted).square().mean(); };
  const auto gradient = gradient_of(leaf, p, loss(), 1e9);
  double squares = 0;
  for (const float g : gradient) squares += double{g} * g;
  for (const nn::Block& block : p.blocks()) {
    CAPTURE(block.name);
    // the entry with the largest gradient, so that rounding (1e-7 of the loss, over 2h) stays small against it
    std::size_t at = block.offset;
    for (std::size_t k = 0; k < block.size; ++k)
      if (std::abs(gradient[block.offset + k]) > std::abs(gradient[at])) at = block.offset + k;
    float& w = p.flat()[at];
    const float kept = w, h = 2e-3f;
    w = kept + h;
    const double up = loss().item<double>();
    w = kept - h;
    const double down = loss().item<double>();
    w = kept;
    CHECK(gradient[at] == doctest::Approx((up - down) / (2 * h)).epsilon(0.02).scale(0.005));
  }
  const auto clipped = gradient_of(leaf, p, loss(), 0.5 * std::sqrt(squares));
  for (std::size_t k = 0; k < gradient.size(); ++k)
    REQUIRE(clipped[k] == doctest::Approx(gradient[k] / 2).epsilon(1e-4));
  Adam<float> adam(p.flat().size());
  CHECK_THROWS_WITH_AS(leaf.descend(loss() * std::nanf(""), adam, 0.1, 1, "critic"),
                       "the loss of the critic is not a number; try a smaller learning rate", std::runtime_error);
}

TEST_CASE("DDPG's targets: the last step does not bootstrap") {
  const auto r = torch::tensor({{1.f, 2.f, 3.f}, {-1.f, 0.f, 5.f}}),
             next = torch::tensor({{10.f, 20.f, 30.f}, {1.f, 2.f, 1000.f}});
  CHECK(torch::equal(ddpg_targets(r, next, 0.5), torch::tensor({{6.f, 12.f, 3.f}, {-0.5f, 1.f, 5.f}})));
  CHECK(torch::equal(ddpg_targets(r, next, 1), torch::tensor({{11.f, 22.f, 3.f}, {0.f, 2.f, 5.f}})));
}

}  // namespace rover
