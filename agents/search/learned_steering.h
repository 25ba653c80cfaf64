#pragma once
#include <filesystem>
#include <memory>

#include "agents/search/options.h"
#include "agents/search/steering.h"

namespace rover {

/// A policy that was trained on Rover/Search-v0, and the search that it steered there.
struct SteeringModel {
  std::shared_ptr<SearchSteering> steering;
  SearchOptions search;
  /// What `rover train es` or `rover train ddpg` left. Throws std::runtime_error for another file.
  static SteeringModel read(const std::filesystem::path& path);
};

}  // namespace rover
