#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "agents/nn/recurrent_policy.h"
#include "env/rescaled_env.h"

namespace rover {

/// A policy that was trained on a registered environment, and what it was trained on: what `rover train es` and
/// `rover train ddpg` leave in model.h5 (`model` = "env-policy").
struct EnvPolicy {
  std::string env;    ///< its id in environments()
  Settings settings;  ///< those of its settings that were given
  Rescaling rescaling;
  std::shared_ptr<const RecurrentPolicy> policy;  ///< on rescaled observations and actions

  void save(Checkpoint& out) const;
  /// Throws std::runtime_error when `in` is no such policy, or when its parts do not fit each other.
  static EnvPolicy load(const Checkpoint& in);
  /// Whether `in` holds one.
  static bool is_in(const Checkpoint& in);
  static EnvPolicy read(const std::filesystem::path& path);
  /// The environment with the settings of the training, `size` episodes at once, autoreset disabled.
  std::unique_ptr<VectorEnv> make_env(std::size_t size) const;
  /// The policy for the environment's own observations and actions, not rescaled.
  std::unique_ptr<BatchPolicy> player() const;
};

/// The policy in `path` (a run folder's model.h5), ready to play `env`. Throws std::runtime_error when it was trained
/// on an environment with other spaces.
std::unique_ptr<BatchPolicy> load_policy(const std::filesystem::path& path, const VectorEnv& env);

}  // namespace rover
