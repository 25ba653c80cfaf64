#include "env/vector_env_base.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace rover {
namespace {

void require_entries(std::size_t given, std::size_t size, const char* what) {
  if (given != size)
    throw std::invalid_argument(std::string(what) + " one entry for each of " + std::to_string(size) +
                                " environments, not " + std::to_string(given));
}

}  // namespace

std::vector<std::uint64_t> spread_seed(std::uint64_t seed, std::size_t size) {
  std::vector<std::uint64_t> out(size);
  for (std::size_t b = 0; b < size; ++b) out[b] = derive_seed(seed, b, "row");
  return out;
}

VectorEnvBase::VectorEnvBase(std::size_t size, Space observations, Space actions, std::size_t horizon,
                             Autoreset autoreset)
    : rows_(size),
      observation_space_(std::move(observations)),
      action_space_(std::move(actions)),
      horizon_(horizon),
      autoreset_(autoreset),
      begin_([this](std::size_t b, std::uint64_t seed) { begin(b, seed); }),
      action_(action_space_.size()) {
  if (size == 0) throw UsageError("an environment needs at least one copy of itself: size ≥ 1");
  if (horizon == 0) throw UsageError("the horizon must be at least 1 step");
  chosen_.reserve(std::min(size, chunk));
  if (autoreset_ == Autoreset::same_step) final_observations_.resize(size * observation_space_.size());
}

void VectorEnvBase::check(const Batch& out) const {
  if (out.observations.size() != size() * observation_space_.size() || out.rewards.size() != size() ||
      out.terminated.size() != size() || out.truncated.size() != size())
    throw std::invalid_argument("the batch does not fit " + std::to_string(size()) + " environments of " +
                                std::to_string(observation_space_.size()) + " observed numbers");
}

/// The first episode of a row has the row's seed, the others one that is derived from it.
void VectorEnvBase::next_episode(std::size_t b, const Begin& begin) {
  Row& row = rows_[b];
  const std::uint64_t seed = row.episode == 0 ? row.seed : derive_seed(row.seed, row.episode, "episode");
  ++row.episode;
  row.steps = 0;
  row.terminated = row.truncated = false;
  begin(b, seed);
}

void VectorEnvBase::reset(std::span<const std::uint64_t> seeds_b, std::span<const std::uint8_t> mask_b, Batch out) {
  reset_rows(begin_, seeds_b, mask_b, out);
}

void VectorEnvBase::reset_by(const Begin& begin, std::span<const std::uint64_t> seeds_b, Batch out) {
  reset_rows(begin, seeds_b, {}, out);
}

void VectorEnvBase::reset_rows(const Begin& begin, std::span<const std::uint64_t> seeds_b,
                               std::span<const std::uint8_t> mask_b, Batch out) {
  check(out);
  if (!seeds_b.empty()) require_entries(seeds_b.size(), size(), "seeds need");
  if (!mask_b.empty()) require_entries(mask_b.size(), size(), "the reset mask needs");
  const auto chosen = [&](std::size_t b) { return mask_b.empty() || mask_b[b]; };
  for (std::size_t b = 0; b < size() && seeds_b.empty(); ++b)
    if (chosen(b) && rows_[b].episode == 0)
      throw std::logic_error("environment " + std::to_string(b) + " must be reset with a seed before it can go on");
  for (std::size_t first = 0; first < size(); first += chunk) {
    chosen_.clear();
    for (std::size_t b = first; b < std::min(size(), first + chunk); ++b) {
      if (!chosen(b)) continue;
      if (!seeds_b.empty()) rows_[b].seed = seeds_b[b], rows_[b].episode = 0;
      next_episode(b, begin);
      out.rewards[b] = 0, out.terminated[b] = out.truncated[b] = 0;
      chosen_.push_back(static_cast<std::uint32_t>(b));
    }
    if (!chosen_.empty()) observe(chosen_, out.observations);
  }
}

void VectorEnvBase::step(std::span<const float> actions, Batch out) {
  check(out);
  const std::size_t a = action_.size(), width = observation_space_.size();
  if (actions.size() != a * size())
    throw std::invalid_argument("the actions need " + std::to_string(a) + " entries for each of " +
                                std::to_string(size()) + " environments");
  for (std::size_t b = 0; b < size(); ++b) {
    if (rows_[b].episode == 0) throw std::logic_error("the environment must be reset before its first step");
    for (std::size_t k = 0; k < a && !rows_[b].ended(); ++k)
      if (std::isnan(actions[b * a + k]))
        throw std::invalid_argument("the action of environment " + std::to_string(b) + " is nan");
  }
  for (std::size_t first = 0; first < size(); first += chunk) {
    const std::size_t last = std::min(size(), first + chunk);
    chosen_.clear();
    for (std::size_t b = first; b < last; ++b) {
      Row& row = rows_[b];
      if (row.ended()) {
        out.rewards[b] = 0;
        if (autoreset_ == Autoreset::disabled) continue;
        next_episode(b, begin_);  // autoreset next_step
      } else {
        for (std::size_t k = 0; k < a; ++k)
          action_[k] = std::clamp(actions[b * a + k], action_space_.low[k], action_space_.high[k]);
        ++row.steps;
        const Outcome outcome = advance(b, action_);
        out.rewards[b] = static_cast<float>(outcome.reward);
        row.terminated = outcome.terminated;
        row.truncated = !row.terminated && (outcome.truncated || row.steps >= horizon_);
      }
      out.terminated[b] = row.terminated, out.truncated[b] = row.truncated;
      chosen_.push_back(static_cast<std::uint32_t>(b));
    }
    if (!chosen_.empty()) observe(chosen_, out.observations);
    if (autoreset_ != Autoreset::same_step) continue;
    chosen_.clear();
    for (std::size_t b = first; b < last; ++b) {
      if (!rows_[b].ended()) continue;
      std::copy_n(&out.observations[b * width], width, &final_observations_[b * width]);
      next_episode(b, begin_);
      chosen_.push_back(static_cast<std::uint32_t>(b));
    }
    if (!chosen_.empty()) observe(chosen_, out.observations);
  }
}

std::span<const double> VectorEnvBase::info(std::string_view key) const {
  throw std::invalid_argument(unknown_name("info key", key, info_keys()));
}

}  // namespace rover
