#include "agents/runner.h"

#include <doctest/doctest.h>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

namespace {

// Moves by (1, 0) and looks at its pose; every second look ends an iteration.
struct Walker final : Agent {
  Problem problem;
  std::uint64_t seed = 0;
  int acts = 0;
  std::vector<double> seen_values;
  void reset(const Problem& what, std::uint64_t with, Action& first) override {
    problem = what, seed = with, acts = 0;
    seen_values.clear();
    first.move = {100, 100};  // ignored
  }
  void act(const Observation& seen, Action& next) override {
    seen_values.push_back(seen.values[0]);
    next.move = {1, 0};
    next.ends_iteration = acts++ % 2 == 1;
  }
};

// Counts its steps in every observation; an action's square is the reward.
struct Counter final : VectorEnv {
  std::size_t b = 3, t = 0;
  std::uint64_t seed = 0;
  Space observations{{0, 0}, {1e9f, 1e9f}}, actions{{-1}, {1}};
  void write(Batch out) {
    for (std::size_t k = 0; k < b; ++k)
      out.observations[2 * k] = static_cast<float>(k), out.observations[2 * k + 1] = static_cast<float>(t);
  }
  std::size_t size() const override { return b; }
  const Space& observation_space() const override { return observations; }
  const Space& action_space() const override { return actions; }
  Autoreset autoreset() const override { return Autoreset::disabled; }
  void reset(std::uint64_t with, Batch out) override { seed = with, t = 0, write(out); }
  void reset_where(std::span<const std::uint8_t>, Batch) override {}
  void step(std::span<const float> action, Batch out) override {
    ++t, write(out);
    for (std::size_t k = 0; k < b; ++k) out.rewards[k] = action[k] * action[k];
  }
  std::span<const float> final_observations() const override { return {}; }
  std::vector<std::string> info_keys() const override { return {}; }
  std::span<const double> info(std::string_view) const override { return {}; }
};

// Its action is the sum of its observation.
struct Sum final : BatchPolicy {
  std::size_t size = 0;
  std::uint64_t seed = 0;
  void reset(std::size_t batch, std::uint64_t with) override { size = batch, seed = with; }
  void act(std::span<const float> seen, std::span<float> actions) override {
    for (std::size_t k = 0; k < actions.size(); ++k) actions[k] = seen[2 * k] + seen[2 * k + 1];
  }
};

}  // namespace

TEST_CASE("play tells the agent its problem, feeds it every observation and ends with the budget") {
  Walker walker;
  const auto surface = bowl(2);
  const auto game = play_on(surface, walker, {-3, 0}, 5, 42);
  CHECK(walker.problem.dimension == 2);
  CHECK(walker.problem.domain == &surface->domain());
  CHECK(walker.problem.budget == 5);
  CHECK(walker.seed == 42);
  CHECK(walker.seen_values == std::vector<double>{9, 4, 1, 0, 1});
  CHECK(game.info.evaluations == 5);
  CHECK(game.info.best_value == 0);
  CHECK(game.looks.size() == 6);  // reset, four steps, and the one that was refused
  CHECK(game.looks[0].pose == std::vector<double>{-3, 0});
}

TEST_CASE("play ends after max_iterations of the agent's own iterations") {
  Walker walker;
  const auto game = play_on(bowl(2), walker, {-3, 0}, 1000, 1, 4);
  CHECK(game.info.iterations == 4);
  CHECK(game.info.evaluations < 12);
}

TEST_CASE("play refuses surfaces without the derivatives that an agent needs") {
  CHECK_THROWS_WITH_AS(play_on(two_wells(), "gd", {}, {1, 1}, 100),
                       "the agent needs gradients, and the landscape 'test surface' has none", UsageError);
  const auto first_order = std::make_shared<Surface>(
      cube(2, -1, 1), [](Reals x) { return x[0]; }, [](Reals, MutReals g) { g[0] = 1, g[1] = 0; });
  CHECK_THROWS_WITH_AS(play_on(first_order, "newton", {}, {0, 0}, 100),
                       "the landscape 'test surface' has no Hessian: choose an agent that needs none", UsageError);
}

TEST_CASE("rollout steps the policy and the environment in turn and shows both sides of a step") {
  Counter env;
  Sum policy;
  std::size_t calls = 0;
  rollout(policy, env, 7, 4,
          [&](std::size_t t, std::span<const float> before, std::span<const float> actions, const Batch& after) {
            CHECK(t == calls++);
            for (std::size_t k = 0; k < 3; ++k) {
              CHECK(before[2 * k + 1] == static_cast<float>(t));
              CHECK(after.observations[2 * k + 1] == static_cast<float>(t + 1));
              CHECK(actions[k] == static_cast<float>(k + t));
              CHECK(after.rewards[k] == actions[k] * actions[k]);
            }
          });
  CHECK(calls == 4);
  CHECK(env.seed == 7);
  CHECK(policy.seed == 7);
  CHECK(policy.size == 3);
}
