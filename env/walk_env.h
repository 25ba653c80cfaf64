#pragma once
#include <memory>
#include <string>
#include <vector>

#include "env/heading.h"
#include "env/landscapes/registry.h"
#include "env/vector_env_base.h"

namespace rover {

struct WalkEnvOptions {
  std::uint64_t pool = 4000;  ///< surfaces of make_walk_pool
  std::uint64_t grid_size = 6;
  std::uint64_t horizon = 120;          ///< looks after the first
  std::string observation = "context";  ///< as in StepControlOptions
  std::string targets = "1e-1,1e-2,1e-3,1e-4,1e-5,1e-6,1e-8";
  double missed = 3;           ///< a target that was not reached counts as reached after this times all looks
  std::uint64_t patience = 3;  ///< of the safeguard
  double window = 1.2;         ///< width of the first look, as a fraction of the domain's
  template <class Visit>
  void fields(Visit&& visit) {
    visit("pool", pool, "surfaces drawn beforehand", in(1, 100000));
    visit("grid_size", grid_size, "n of the n×n grid", in(3, 64));
    visit("horizon", horizon, "looks of an episode, T", in(1, 100000));
    visit("observation", observation, "parts joined by '+': grid, context, features");
    visit("targets", targets, "normalised regrets to reach, falling, comma-separated");
    visit("missed", missed, "a target that was not reached counts as reached after this times T looks", in(1, 1000));
    visit("patience", patience, "looks without a new best before the safeguard acts", in(1, 100000));
    visit("window", window, "width of the first look, as a fraction of the domain's", above(0, 100));
  }
};

/// The walk of the deployed Rover in the plane as a POMDP: observation and action (Δα, Δδ) ∈ [−0.5, 1]² of the paper's
/// (env/step_control_env.h), but on surfaces in boxes (make_walk_pool), from the first look that the deployed agent
/// takes, with its safeguard and its new beginnings (env/safeguard.h): in a step in which those act, the action is not
/// read. Poses and samples are projected into the box. A policy walks here as it does in agents/rover with
/// `RoverModel::remembers` (the recurrent state lives on when the walk begins anew); a test holds the two together.
///
/// The clock counts looks; the reward is TargetClock's, for the lowest sample so far. Terminated when all targets are
/// reached, truncated at T, where open targets count as reached after `missed`·T looks.
/// Info: value (lowest noise-free sample), regret, log_step_size, log_resolution, family, steps, and reached_1 …
/// reached_Q: looks to the k-th target, NaN while it is open.
/// Privileged, [families + 4]: one-hot family, log10 regret/4, log α/3, log δ/3, t/T.
class WalkEnv : public VectorEnvBase {
 public:
  using VectorEnvBase::VectorEnvBase;
  virtual const InstancePool& pool() const = 0;
  /// Like reset(seeds_b, {}, out), but row b stands on instance instances_b[b] of the pool.
  virtual void reset_from(std::span<const std::uint64_t> seeds_b, std::span<const std::size_t> instances_b,
                          Batch out) = 0;
};

/// `pool` null: drawn under `pool_seed`. Throws UsageError for options that do not fit, std::invalid_argument without a
/// heading.
std::unique_ptr<WalkEnv> make_walk_env(std::size_t size, const WalkEnvOptions& options,
                                       std::shared_ptr<const Heading> heading,
                                       Autoreset autoreset = Autoreset::next_step,
                                       std::shared_ptr<const InstancePool> pool = nullptr, std::uint64_t pool_seed = 0);

}  // namespace rover
