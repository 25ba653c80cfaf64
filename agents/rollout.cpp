#include "agents/rollout.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rover {

RandomActions::RandomActions(Space actions) : space_(std::move(actions)) {
  for (std::size_t k = 0; k < space_.size(); ++k)
    if (!std::isfinite(space_.low[k]) || !std::isfinite(space_.high[k]))
      throw UsageError("random actions need an action space with bounds");
}

void RandomActions::reset(std::span<const std::uint64_t> seeds_b) {
  streams_.resize(seeds_b.size());
  for (std::size_t b = 0; b < seeds_b.size(); ++b) streams_[b] = make_stream(seeds_b[b], 0, "random actions");
}

void RandomActions::act(std::span<const float>, std::span<float> actions_ba) {
  const std::size_t a = space_.size();
  for (std::size_t k = 0; k < actions_ba.size(); ++k)
    actions_ba[k] = static_cast<float>(streams_[k / a].uniform(space_.low[k % a], space_.high[k % a]));
}

void ConstantActions::act(std::span<const float>, std::span<float> actions_ba) {
  for (std::size_t k = 0; k < actions_ba.size(); ++k) actions_ba[k] = action_[k % action_.size()];
}

void rollout(BatchPolicy& policy, VectorEnv& env, std::span<const std::uint64_t> seeds_b, Rollout& into,
             const RolloutRecorder& recorder) {
  rollout_from([&](Batch out) { env.reset(seeds_b, {}, out); }, policy, env, seeds_b, into, recorder);
}

void rollout_from(const std::function<void(Batch)>& start, BatchPolicy& policy, VectorEnv& env,
                  std::span<const std::uint64_t> seeds_b, Rollout& into, const RolloutRecorder& recorder) {
  if (env.autoreset() != Autoreset::disabled)
    throw std::logic_error("a rollout plays one episode a row: its environment needs autoreset disabled");
  const std::size_t size = env.size();
  const auto ended = [&](std::size_t b) { return into.batch.terminated[b] || into.batch.truncated[b]; };
  start(into.batch.view());
  policy.reset(seeds_b);
  std::ranges::fill(into.rested_b, std::uint8_t{0});
  std::ranges::fill(into.returns_b, 0.0);
  if (recorder) recorder(0, into);
  for (std::size_t t = 1, playing = size; playing > 0; ++t) {
    if (t > env.horizon())
      throw std::runtime_error("an episode has not ended after the environment's horizon of " +
                               std::to_string(env.horizon()) + " steps");
    policy.act(into.batch.observations, into.actions);
    env.step(into.actions, into.batch.view());
    playing = 0;
    for (std::size_t b = 0; b < size; ++b) {
      into.returns_b[b] += into.batch.rewards[b];
      playing += !ended(b);
    }
    if (recorder) recorder(t, into);
    for (std::size_t b = 0; b < size; ++b) into.rested_b[b] = ended(b);
  }
}

}  // namespace rover
