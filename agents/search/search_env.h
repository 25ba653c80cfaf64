#pragma once
#include <memory>
#include <string>
#include <vector>

#include "agents/search/search.h"
#include "env/landscapes/registry.h"
#include "env/vector_env_base.h"

namespace rover {

/// Settings of the problem of steering the search that counts its evaluations.
struct SearchEnvOptions {
  std::uint64_t pool = 4000;                    ///< surfaces of make_extended_pool
  std::uint64_t budget = 500;                   ///< evaluations of an episode
  std::uint64_t horizon = 320;                  ///< decisions of an episode
  std::string targets = "1e-1,1e-2,1e-3,1e-5";  ///< normalised regrets, falling
  SearchOptions search;
  template <class Visit>
  void fields(Visit&& visit) {
    visit("pool", pool, "surfaces drawn beforehand", in(1, 100000));
    visit("budget", budget, "evaluations of an episode", in(1, 1e6));
    visit("horizon", horizon, "decisions of an episode", in(1, 1e6));
    visit("targets", targets, "normalised regrets to reach, falling, comma-separated");
    visit("search", search, "the search that is steered");
  }
  /// The target that reported figures refer to: 1e-3, or the last if it is not among them.
  std::size_t main_target() const;
};

/// The search as a POMDP on the training surfaces of make_extended_pool, with evaluations as the clock.
/// One step is one decision of the search with the look, try or restart that follows. Observation: the search's
/// features [29]. Action a: its decisions u ∈ [−1, 1]^10 by to_decisions, 0: the tuned rule. With n evaluations made
/// and Q targets q, the reward is
///   −1/Q Σ_q [ln n_{t+1} − ln n_t] over the targets that were open; one reached in the step counts up to the
///   evaluation that reached it,
/// so that the return is −mean ln(evaluations to target), but for what the first look took. Terminated when all targets
/// are reached; truncated at the budget or the horizon, where open targets count as the whole budget. The start is
/// known, one evaluation. The seed of an episode draws the surface and is the search's own. Info: value (best so far),
/// regret, evaluations, steps, family, and reached_1 … reached_Q: evaluations to the k-th target, the budget if it was
/// not reached, NaN while it is open. Privileged, [families + 3]: one-hot family, log10 regret/4, evaluations/budget,
/// t/T.
class SearchEnv : public VectorEnvBase {
 public:
  using VectorEnvBase::VectorEnvBase;
  virtual const SearchEnvOptions& options() const = 0;
  virtual const InstancePool& pool() const = 0;
  /// Like reset(seeds_b, {}, out), but row b stands on instance instances_b[b]. Throws std::invalid_argument for one
  /// that the pool has not.
  virtual void reset_from(std::span<const std::uint64_t> seeds_b, std::span<const std::size_t> instances_b,
                          Batch out) = 0;
};

/// Decisions u of an action a: u = gain · a, clipped. The gains are such that a step of one size in any entry changes
/// the evaluations alike, as measured about the rule on training surfaces: less than 1 where the rule is sharp
/// (downhill, momentum, step_size, …), more where u > .8 and u < −.8 say yes or no, which small steps from the
/// rule would never reach.
void to_decisions(std::span<const float> action, std::span<float> u);
/// And back: an action whose decisions these are.
void to_action(std::span<const float> u, std::span<float> action);

/// `pool` null: drawn under `pool_seed`. Pools are two-dimensional and can be shared between environments.
std::unique_ptr<SearchEnv> make_search_env(std::size_t size, const SearchEnvOptions& options,
                                           Autoreset autoreset = Autoreset::next_step,
                                           std::shared_ptr<const InstancePool> pool = nullptr,
                                           std::uint64_t pool_seed = 0);

}  // namespace rover
