#pragma once
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "storage/checkpoint.h"
#include "storage/row_file.h"

namespace rover {

/// Sizes of the whole episodes that a replay buffer holds.
struct EpisodeShape {
  std::size_t steps = 0;             ///< T
  std::size_t observation_size = 0;  ///< O
  std::size_t privileged_size = 0;   ///< P, may be 0
  std::size_t action_size = 0;       ///< A
  std::size_t size() const {
    return (steps + 1) * (observation_size + privileged_size) + steps * (action_size + 1) + 1;
  }
};

/// Views of one episode's parts inside one row of floats.
template <class T>
struct EpisodeView {
  std::span<T> observations;  ///< [T + 1, O]
  std::span<T> privileged;    ///< [T + 1, P]
  std::span<T> actions;       ///< [T, A]
  std::span<T> rewards;       ///< [T]
  std::span<T> terminated;    ///< [1]: 1 when it ended by termination, 0 by truncation
  EpisodeView(std::span<T> row, const EpisodeShape& s)
      : observations(row.subspan(0, (s.steps + 1) * s.observation_size)),
        privileged(row.subspan(observations.size(), (s.steps + 1) * s.privileged_size)),
        actions(row.subspan(observations.size() + privileged.size(), s.steps * s.action_size)),
        rewards(row.subspan(observations.size() + privileged.size() + actions.size(), s.steps)),
        terminated(row.last(1)) {}
};

/// Experience replay over whole episodes of one length (Heess et al. 2015 replay histories, not transitions): a ring of
/// the latest `capacity`. Slots beyond `in_memory` live in an HDF5 scratch file. What is in the buffer does not depend
/// on the split.
class ReplayBuffer {
 public:
  /// `spill`: path of the scratch file; needed only when in_memory < capacity. Throws UsageError when it is missing.
  ReplayBuffer(EpisodeShape shape, std::size_t capacity, std::size_t in_memory,
               const std::filesystem::path& spill = {});
  const EpisodeShape& shape() const { return shape_; }
  std::size_t size() const { return size_; }  ///< episodes held
  void add(std::span<const float> episode);   ///< one row of shape().size(); the oldest goes when full
  void read(std::size_t slot, std::span<float> episode) const;  ///< slot < size()
  /// Slot of the k-th latest episode, k < size(); 0: the last added.
  std::size_t latest(std::size_t k) const { return (next_ + capacity_ - 1 - k) % capacity_; }
  void save(Checkpoint& out, const std::string& prefix) const;
  void load(const Checkpoint& in, const std::string& prefix);

 private:
  EpisodeShape shape_;
  std::size_t capacity_, in_memory_, size_ = 0, next_ = 0;
  std::vector<float> memory_;
  std::optional<RowFile> disk_;
};

}  // namespace rover
