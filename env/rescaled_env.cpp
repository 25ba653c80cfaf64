#include "env/rescaled_env.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rover {

void Rescaling::see(std::span<const float> observations_bo, std::span<float> seen_bo) const {
  const std::size_t o = mean.size();
  for (std::size_t k = 0; k < seen_bo.size(); ++k)
    seen_bo[k] = std::clamp((observations_bo[k] - mean[k % o]) / scale[k % o], -largest, largest);
}

void Rescaling::unsee(std::span<const float> seen_bo, std::span<float> observations_bo) const {
  const std::size_t o = mean.size();
  for (std::size_t k = 0; k < seen_bo.size(); ++k) {
    const float x = seen_bo[k] * scale[k % o] + mean[k % o];
    observations_bo[k] = std::clamp(x, observations.low[k % o], observations.high[k % o]);
  }
}

void Rescaling::act(std::span<const float> u_ba, std::span<float> actions_ba) const {
  const std::size_t a = actions.size();
  for (std::size_t k = 0; k < actions_ba.size(); ++k) {
    const float low = actions.low[k % a], high = actions.high[k % a], share = (std::clamp(u_ba[k], -1.f, 1.f) + 1) / 2;
    actions_ba[k] = std::clamp((1 - share) * low + share * high, low, high);  // nan stays nan
  }
}

RescaledEnv::RescaledEnv(std::unique_ptr<VectorEnv> env, Rescaling rescaling)
    : env_(std::move(env)),
      rescaling_(std::move(rescaling)),
      observation_space_{std::vector<float>(rescaling_.mean.size(), -Rescaling::largest),
                         std::vector<float>(rescaling_.mean.size(), Rescaling::largest)},
      action_space_{std::vector<float>(rescaling_.actions.size(), -1.f),
                    std::vector<float>(rescaling_.actions.size(), 1.f)},
      observations_(env_->size() * env_->observation_space().size()),
      actions_(env_->size() * env_->action_space().size()) {
  if (env_->observation_space() != rescaling_.observations || env_->action_space() != rescaling_.actions)
    throw UsageError("the rescaling was made for an environment with other spaces");
  if (env_->autoreset() == Autoreset::same_step) final_observations_.resize(observations_.size());
}

void RescaledEnv::reset(std::span<const std::uint64_t> seeds_b, std::span<const std::uint8_t> mask_b, Batch out) {
  if (out.observations.size() != observations_.size())
    throw std::invalid_argument("the batch does not fit the environment");
  env_->reset(seeds_b, mask_b, inner(out));
  rescaling_.see(observations_, out.observations);
}

void RescaledEnv::step(std::span<const float> actions, Batch out) {
  if (out.observations.size() != observations_.size() || actions.size() != actions_.size())
    throw std::invalid_argument("the batch or the actions do not fit the environment");
  rescaling_.act(actions, actions_);
  env_->step(actions_, inner(out));
  rescaling_.see(observations_, out.observations);
  if (!final_observations_.empty()) rescaling_.see(env_->final_observations(), final_observations_);
}

}  // namespace rover
