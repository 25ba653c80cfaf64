#include "agents/nn/recurrent_policy.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/agents/nn/policies.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

using testing::lively_policy;

std::vector<float> observations(std::size_t size, std::uint64_t key) {
  RandomStream stream{key, 0};
  std::vector<float> out(size);
  for (float& x : out) x = static_cast<float>(stream.uniform());
  return out;
}

struct Step {
  std::vector<float> u, hidden, cell;
};

Step forward(const RecurrentPolicy& policy, std::span<const float> seen, std::vector<float> hidden,
             std::vector<float> cell) {
  Step out{std::vector<float>(hidden.size() / policy.hidden() * 2), std::move(hidden), std::move(cell)};
  policy.forward(seen, out.hidden, out.cell, out.u);
  return out;
}

Step first(const RecurrentPolicy& policy, std::span<const float> seen) {
  const std::size_t rows = seen.size() / policy.observation_size();
  return forward(policy, seen, std::vector<float>(rows * policy.hidden()), std::vector<float>(rows * policy.hidden()));
}

}  // namespace

TEST_CASE("a linear policy is tanh(W o + b)") {
  RecurrentPolicy policy({.encoder = "linear", .memory = "none", .output_scale = 0},
                         PolicyShape{3, 0, 2, ActionMap::direct}, 1);
  const std::vector<float> seen{1, -2, 0.5f, 0, 0, 0};
  std::vector<float> u(4);
  policy.forward(seen, {}, {}, u);
  CHECK(u == std::vector<float>(4));
  const std::vector<float> weights{0.1f, 0, 0.2f, 0.5f, 0, 1, 0.3f, -0.1f};  // W input-major, b
  std::ranges::copy(weights, policy.parameters().flat().begin());
  policy.forward(seen, {}, {}, u);
  CHECK(u[0] == doctest::Approx(std::tanh(0.1 - 0.4 + 0.3)).epsilon(1e-5));
  CHECK(u[1] == doctest::Approx(std::tanh(-1 + 0.5 - 0.1)).epsilon(1e-5));
  CHECK(u[2] == doctest::Approx(std::tanh(0.3)).epsilon(1e-5));
  Checkpoint out;
  policy.save(out);
  CHECK(RecurrentPolicy::load(out).linear());
  CHECK_THROWS_WITH_AS(RecurrentPolicy({.encoder = "linear"}, PolicyShape{3, 0, 2}, 1),
                       "a linear policy has no memory: set memory to none", UsageError);
}

TEST_CASE("a recurrent policy: bounded, its rows independent, with a memory") {
  for (const char* encoder : {"dense", "conv"}) {
    CAPTURE(encoder);
    const RecurrentPolicy policy =
        lively_policy({.hidden = 13, .encoder = encoder, .channels1 = 3, .channels2 = 4}, 7 * 7 + 6, 7, 5);
    const std::size_t o = policy.observation_size(), h = policy.hidden(), rows = 6;
    const auto seen = observations(rows * o, 1), later = observations(rows * o, 2);
    const Step one = first(policy, seen), two = forward(policy, later, one.hidden, one.cell);
    CHECK(std::ranges::all_of(two.u, [](float u) { return std::abs(u) <= 1; }));
    CHECK(std::ranges::any_of(two.u, [](float u) { return std::abs(u) > 0.05f; }));
    CHECK(first(policy, later).u != two.u);  // the same observation after another history
    for (std::size_t b = 0; b < rows; ++b) {
      const Step alone = first(policy, std::span(seen).subspan(b * o, o));
      REQUIRE(std::equal(alone.u.begin(), alone.u.end(), &one.u[2 * b]));
      REQUIRE(std::equal(alone.hidden.begin(), alone.hidden.end(), &one.hidden[h * b]));
      REQUIRE(std::equal(alone.cell.begin(), alone.cell.end(), &one.cell[h * b]));
    }
    Checkpoint out;
    policy.save(out);
    const RecurrentPolicy loaded = RecurrentPolicy::load(out);
    CHECK(loaded.convolutional() == policy.convolutional());
    CHECK(forward(loaded, later, one.hidden, one.cell).u == two.u);
  }
}

TEST_CASE("a fresh policy keeps step size and resolution nearly constant") {
  const RecurrentPolicy policy({}, 64, 8, 1);
  for (const float u : first(policy, observations(64 * 20, 3)).u) CHECK(std::abs(u) < 0.12f);
}

TEST_CASE("exponents and rates are each other's inverse, and the paper's range") {
  CHECK(rate_of(1) == 1);
  CHECK(rate_of(-1) == -0.5f);
  CHECK(rate_of(0) == 0);
  CHECK(rate_of(7) == 1);
  CHECK(exponent_of(-0.75f) == -1);
  for (float u = -1; u <= 1; u += 0.01f) CHECK(exponent_of(rate_of(u)) == doctest::Approx(u).epsilon(1e-6));
}

TEST_CASE("exploration is an Ornstein–Uhlenbeck process of the given standard deviation") {
  RecurrentPolicy policy({.hidden = 4}, 3, 0, 1);
  std::ranges::fill(policy.parameters().flat(), 0.f);  // u = 0
  constexpr std::size_t batch = 64, steps = 440, warm_up = 40;
  constexpr double sigma = 0.2;  // the clamp at 1 is five deviations away
  RecurrentBatchPolicy player({&policy}, sigma);
  player.reset(spread_seed(9, batch));
  const std::vector<float> seen(batch * 3);
  std::vector<float> actions(batch * 2), previous(batch * 2);
  double squares = 0, products = 0, count = 0;
  for (std::size_t t = 0; t < steps; ++t) {
    player.act(seen, actions);
    for (std::size_t k = 0; k < actions.size(); ++k) {
      const float u = exponent_of(actions[k]);
      if (t >= warm_up) squares += double{u} * u, products += double{u} * previous[k], count += 1;
      previous[k] = u;
    }
  }
  // 51200 correlated samples are worth 51200 · (1 − 0.85²)/(1 + 0.85²) ≈ 8250 for the variance: ±0.8%
  CHECK(std::sqrt(squares / count) == doctest::Approx(sigma).epsilon(0.03));
  CHECK(products / squares == doctest::Approx(0.85).epsilon(0.02));

  std::vector<float> again(batch * 2), other(batch * 2);
  player.reset(spread_seed(9, batch)), player.act(seen, again);
  player.reset(spread_seed(10, batch)), player.act(seen, other);
  CHECK(again != other);
  player.reset(spread_seed(9, batch)), player.act(seen, other);
  CHECK(again == other);
}

TEST_CASE("two policies share a batch") {
  const RecurrentPolicy a = lively_policy({.hidden = 8}, 5, 0, 1), b = lively_policy({.hidden = 8}, 5, 0, 2);
  const auto seen = observations(4 * 5, 4);
  std::vector<float> together(8), alone(4);
  RecurrentBatchPolicy both({&a, &b});
  both.reset(spread_seed(0, 4)), both.act(seen, together);
  RecurrentBatchPolicy only_b({&b});
  only_b.reset(spread_seed(0, 2)), only_b.act(std::span(seen).subspan(10), alone);
  CHECK(std::ranges::equal(alone, std::span(together).subspan(4)));
  CHECK_THROWS_WITH_AS(both.reset(spread_seed(0, 3)), "the batch does not divide among the policies", std::logic_error);
}

TEST_CASE("a policy refuses what does not fit, and says so when its weights have burst") {
  CHECK_THROWS_WITH_AS(RecurrentPolicy({.encoder = "cnv"}, 64, 8, 0),
                       "unknown encoder 'cnv'; did you mean 'conv'? (dense, conv or linear)", UsageError);
  CHECK_THROWS_WITH_AS(RecurrentPolicy({.hidden = 0}, 64, 8, 0), "hidden=0 is out of range: at least 1, at most 1024",
                       UsageError);
  const char* small = "the conv encoder needs observations that begin with a grid of at least 6×6";
  CHECK_THROWS_WITH_AS(RecurrentPolicy({.encoder = "conv"}, 64, 5, 0), small, UsageError);
  CHECK_THROWS_WITH_AS(RecurrentPolicy({.encoder = "conv"}, 6, 8, 0), small, UsageError);
  CHECK_THROWS_WITH_AS(RecurrentPolicy({.encoder = "conv", .channels1 = 0}, 64, 8, 0),
                       "channels1=0 is out of range: at least 1, at most 256", UsageError);
  RecurrentPolicy policy({.hidden = 4}, 2, 0, 1);
  policy.parameters()["out.w"][0] = std::nanf("");
  RecurrentBatchPolicy player({&policy});
  player.reset(spread_seed(0, 1));
  std::vector<float> actions(2);
  CHECK_THROWS_WITH_AS(player.act(std::vector<float>(2), actions),
                       "the policy's action is not a number; try a smaller learning rate", std::runtime_error);
}

}  // namespace rover
