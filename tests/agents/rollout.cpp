#include "agents/rollout.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>

#include "env/vector_env_base.h"

using namespace rover;

namespace {

// Sees (its seed, its steps); an action's square is the reward; row b's episode ends after seed steps.
struct Counter final : VectorEnvBase {
  std::vector<std::uint64_t> seeds;
  explicit Counter(std::size_t size, Autoreset autoreset = Autoreset::disabled)
      : VectorEnvBase(size, {{0, 0}, {1e9f, 1e9f}}, {{-100}, {100}}, 9, autoreset), seeds(size) {}
  void begin(std::size_t b, std::uint64_t seed) override { seeds[b] = seed; }
  Outcome advance(std::size_t b, std::span<const float> action) override {
    return {.reward = action[0] * action[0], .terminated = steps(b) == seeds[b]};
  }
  void observe(std::span<const std::uint32_t> rows, std::span<float> observations) override {
    for (const auto b : rows)
      observations[2 * b] = static_cast<float>(seeds[b]), observations[2 * b + 1] = static_cast<float>(steps(b));
  }
};

// Its action is the sum of its observation.
struct Sum final : BatchPolicy {
  std::vector<std::uint64_t> seeds;
  void reset(std::span<const std::uint64_t> with) override { seeds.assign(with.begin(), with.end()); }
  void act(std::span<const float> seen, std::span<float> actions) override {
    for (std::size_t k = 0; k < actions.size(); ++k) actions[k] = seen[2 * k] + seen[2 * k + 1];
  }
};

}  // namespace

TEST_CASE("rollout plays one episode a row, shows each step, and ends when all have ended") {
  Counter env(3);
  Sum policy;
  Rollout into(env);
  const std::vector<std::uint64_t> seeds{2, 1, 4};
  for (int again = 0; again < 2; ++again) {
    std::size_t calls = 0;
    rollout(policy, env, seeds, into, [&](std::size_t t, const Rollout& seen) {
      CHECK(t == calls++);
      for (std::size_t b = 0; b < 3; ++b) {
        const std::size_t made = std::min<std::size_t>(t, seeds[b]);
        CHECK(seen.batch.observations[2 * b + 1] == static_cast<float>(made));
        CHECK(seen.batch.terminated[b] == (t >= seeds[b]));
        CHECK(seen.rested_b[b] == (t > seeds[b]));
        if (t == 0 || t > seeds[b]) {
          CHECK(seen.batch.rewards[b] == 0);
          continue;
        }
        const auto action = static_cast<float>(seeds[b] + t - 1);
        CHECK(seen.actions[b] == action);
        CHECK(seen.batch.rewards[b] == action * action);
      }
    });
    CHECK(calls == 5);
    CHECK(policy.seeds == seeds);
    CHECK(into.returns_b == std::vector<double>{4 + 9, 1, 16 + 25 + 36 + 49});
  }
  rollout(policy, env, std::vector<std::uint64_t>{20, 20, 20}, into);  // to the horizon
  CHECK(into.batch.truncated == std::vector<std::uint8_t>{1, 1, 1});
}

TEST_CASE("a rollout from a start of the caller's; and only where rows rest") {
  Counter env(2);
  Sum policy;
  Rollout into(env);
  const std::vector<std::uint64_t> seeds{7, 8};
  rollout_from([&](Batch out) { env.reset(std::vector<std::uint64_t>{1, 2}, {}, out); }, policy, env, seeds, into);
  CHECK(env.seeds == std::vector<std::uint64_t>{1, 2});
  CHECK(policy.seeds == seeds);
  Counter resets(2, Autoreset::next_step);
  CHECK_THROWS_AS(rollout(policy, resets, seeds, into), std::logic_error);
}

TEST_CASE("random actions fill the space, row by row from the seeds; constant ones do not move") {
  RandomActions policy({{-1, 10}, {1, 20}});
  std::vector<float> four(8), two(4);
  policy.reset(std::vector<std::uint64_t>{1, 2, 3, 4});
  policy.act({}, four);
  for (std::size_t k = 0; k < 8; ++k) CHECK((k % 2 ? four[k] >= 10 && four[k] <= 20 : four[k] >= -1 && four[k] <= 1));
  policy.reset(std::vector<std::uint64_t>{3, 3});
  policy.act({}, two);
  CHECK(two == std::vector<float>{four[4], four[5], four[4], four[5]});
  CHECK_THROWS_WITH_AS(RandomActions({{-1}, {INFINITY}}), "random actions need an action space with bounds",
                       UsageError);
  ConstantActions same({1, 2});
  same.act({}, two);
  CHECK(two == std::vector<float>{1, 2, 1, 2});
}
