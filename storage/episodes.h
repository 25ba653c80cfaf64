#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rover {

/// One recorded episode of T steps with O observed and A acted values a step.
struct Episode {
  std::vector<float> observations;         ///< [T + 1, O]
  std::vector<float> actions;              ///< [T, A]
  std::vector<double> rewards;             ///< T
  std::vector<std::uint8_t> terminations;  ///< T, 0 or 1
  std::vector<std::uint8_t> truncations;   ///< T, 0 or 1
  std::uint64_t seed = 0;
  std::map<std::string, std::vector<double>>
      infos;  ///< a value a step (T), or one more for the reset; names may hold slashes
  std::size_t steps() const { return rewards.size(); }
  bool operator==(const Episode&) const = default;
};

struct EpisodeMeta {
  std::string dataset_id;         ///< "rover/step-control-v0"
  std::string observation_space;  ///< as Gymnasium describes spaces in JSON; see box_space_json
  std::string action_space;
  std::string algorithm;                          ///< what chose the actions
  std::string env_id;                             ///< as Gymnasium names it: "Rover/StepControl-v0"
  std::uint64_t horizon = 0;                      ///< the environment's, in steps; 0: none
  std::map<std::string, std::string> attributes;  ///< settings, seed and the like
};

/// {"type": "Box", "dtype": "float32", "shape": [n], "low": […], "high": […]}, infinities as Python reads them.
std::string box_space_json(std::span<const float> low, std::span<const float> high);

/// Records episodes in Minari's layout: `folder`/data/main_data.hdf5 with a group /episode_{i} each, and metadata.json
/// beside it. The recording is in memory until close(), which writes both files whole or not at all.
class EpisodeWriter {
 public:
  EpisodeWriter(std::filesystem::path folder, EpisodeMeta meta);
  EpisodeWriter(EpisodeWriter&&) noexcept;
  EpisodeWriter& operator=(EpisodeWriter&&) noexcept;
  ~EpisodeWriter();  ///< discards what was not closed

  /// Throws std::invalid_argument when the sizes do not fit together.
  void write(const Episode& episode);
  /// Throws std::runtime_error in one sentence when it cannot write.
  void close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct Recording {
  EpisodeMeta meta;
  std::vector<Episode> episodes;
};

/// Reads recordings of ours and of Minari, as long as observations and actions are arrays of numbers. Throws
/// std::runtime_error for a file that is missing, not HDF5 or not of this layout.
Recording read_episodes(const std::filesystem::path& folder);

}  // namespace rover
