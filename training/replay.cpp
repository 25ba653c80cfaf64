#include "training/replay.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/settings.h"

namespace rover {
namespace {

// Larger values are taken for typing errors: 8192 episodes of 30 steps with a grid of 8×8 take .07 GiB.
constexpr double most_memory_gib = 4, most_disk_gib = 64;

}  // namespace

ReplayBuffer::ReplayBuffer(EpisodeShape shape, std::size_t capacity, std::size_t in_memory,
                           const std::filesystem::path& spill)
    : shape_(shape), capacity_(capacity), in_memory_(std::min(capacity, in_memory)) {
  if (capacity == 0) throw UsageError("a replay buffer needs room for at least one episode");
  const auto gigabytes = [&](std::size_t episodes) {
    return static_cast<double>(episodes) * static_cast<double>(shape_.size()) * sizeof(float) / (1 << 30);
  };
  if (gigabytes(in_memory_) > most_memory_gib || gigabytes(capacity_) > most_disk_gib)
    throw UsageError("a replay buffer of " + std::to_string(capacity) + " episodes of " +
                     std::to_string(shape_.size()) + " numbers takes " +
                     detail::to_text(std::ceil(gigabytes(capacity))) +
                     " GiB: choose fewer (at most 4 GiB in memory, 64 GiB with what is spilled)");
  if (in_memory_ < capacity_) {
    if (spill.empty())
      throw UsageError("a replay buffer of " + std::to_string(capacity) + " episodes with room for " +
                       std::to_string(in_memory) + " in memory needs a folder to spill into");
    disk_.emplace(spill, capacity_ - in_memory_, shape_.size());
  }
}

void ReplayBuffer::add(std::span<const float> episode) {
  const std::size_t width = shape_.size();
  if (episode.size() != width) throw std::invalid_argument("the episode does not fit the replay buffer");
  if (next_ < in_memory_) {
    memory_.resize(std::max(memory_.size(), (next_ + 1) * width));
    std::ranges::copy(episode, memory_.begin() + static_cast<std::ptrdiff_t>(next_ * width));
  } else {
    disk_->write(next_ - in_memory_, episode);
  }
  next_ = (next_ + 1) % capacity_;
  size_ = std::min(size_ + 1, capacity_);
}

void ReplayBuffer::read(std::size_t slot, std::span<float> episode) const {
  const std::size_t width = shape_.size();
  if (slot >= size_) throw std::out_of_range("the replay buffer has no episode " + std::to_string(slot));
  if (slot < in_memory_)
    std::copy_n(memory_.begin() + static_cast<std::ptrdiff_t>(slot * width), width, episode.begin());
  else disk_->read(slot - in_memory_, episode);
}

void ReplayBuffer::save(Checkpoint& out, const std::string& prefix) const {
  std::vector<float> all(size_ * shape_.size());
  for (std::size_t slot = 0; slot < size_; ++slot)
    read(slot, std::span(all).subspan(slot * shape_.size(), shape_.size()));
  out.put<float>(prefix + "episodes", all, {size_, shape_.size()});
  out.put_integer(prefix + "next", next_);
}

void ReplayBuffer::load(const Checkpoint& in, const std::string& prefix) {
  const auto& all = in.get<float>(prefix + "episodes");
  const std::size_t width = shape_.size(), count = all.size() / width, next = in.integer(prefix + "next");
  if (count * width != all.size() || count > capacity_ || next >= capacity_ || (count < capacity_ && next != count))
    throw std::runtime_error("the checkpoint's replay does not fit this trainer");
  memory_.clear(), size_ = 0, next_ = 0;
  for (std::size_t slot = 0; slot < count; ++slot) add(std::span(all).subspan(slot * width, width));
  next_ = next;
}

}  // namespace rover
