#include "env/rescaled_env.h"

#include <doctest/doctest.h>

#include "env/check_env.h"
#include "env/vector_env_base.h"

using namespace rover;

namespace {

/// Sees (100 + its draw, its last action); rewards its action.
struct Shifted final : VectorEnvBase {
  std::vector<float> x, last;
  Shifted(std::size_t size, Autoreset mode)
      : VectorEnvBase(size, {{90, 2}, {110, 6}}, {{2}, {6}}, 3, mode), x(size), last(size) {}
  void begin(std::size_t b, std::uint64_t seed) override {
    x[b] = static_cast<float>(make_stream(seed, 0, "x").uniform(90, 110)), last[b] = 2;
  }
  Outcome advance(std::size_t b, std::span<const float> action) override {
    last[b] = action[0];
    return {.reward = action[0]};
  }
  void observe(std::span<const std::uint32_t> rows, std::span<float> out) override {
    for (const auto b : rows) out[2 * b] = x[b], out[2 * b + 1] = last[b];
  }
};

Rescaling rescaling() { return {{{90, 2}, {110, 6}}, {{2}, {6}}, {100, 4}, {5, 0.1f}}; }

std::unique_ptr<RescaledEnv> rescaled(std::size_t size, Autoreset mode) {
  return std::make_unique<RescaledEnv>(std::make_unique<Shifted>(size, mode), rescaling());
}

}  // namespace

TEST_CASE("observations are centred, scaled and bounded; decisions cover the action space") {
  const auto env = rescaled(2, Autoreset::disabled);
  BatchBuffer batch(2, 2);
  env->reset(1, batch.view());
  Shifted plain(2, Autoreset::disabled);
  BatchBuffer raw(2, 2);
  static_cast<VectorEnv&>(plain).reset(1, raw.view());
  for (std::size_t b = 0; b < 2; ++b) {
    CHECK(batch.observations[2 * b] == (raw.observations[2 * b] - 100) / 5);
    CHECK(batch.observations[2 * b + 1] == -10);  // (2 − 4)/0.1, at the bound
  }
  env->step(std::vector<float>{-1, 0.5f}, batch.view());
  CHECK(batch.rewards == std::vector<float>{2, 5});
  env->step(std::vector<float>{7, 0}, batch.view());
  CHECK(batch.rewards == std::vector<float>{6, 4});
  std::vector<float> back(2);
  rescaling().unsee(std::vector<float>{0.5f, 2}, back);
  CHECK(back[0] == 102.5f);
  CHECK(back[1] == doctest::Approx(4.2));
}

TEST_CASE("a rescaled environment keeps the contract") {
  for (const Autoreset mode : {Autoreset::next_step, Autoreset::same_step, Autoreset::disabled})
    for (const std::size_t size : {1, 3}) CHECK(check_env(*rescaled(size, mode), 2).empty());
  CHECK_THROWS_WITH_AS(
      RescaledEnv(std::make_unique<Shifted>(1, Autoreset::disabled), {{{0}, {1}}, {{0}, {1}}, {0}, {1}}),
      "the rescaling was made for an environment with other spaces", UsageError);
}
