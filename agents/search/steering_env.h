#pragma once
#include <memory>
#include <string>
#include <vector>

#include "agents/search/options.h"
#include "env/landscapes/registry.h"
#include "env/vector_env_base.h"

namespace rover {

/// Settings of the problem of steering the search in space.
struct SteeringEnvOptions {
  std::string dimensions = "2,3,5";
  std::string families = "all";
  std::uint64_t pool = 900;
  std::uint64_t budget = 500;
  std::uint64_t horizon = 250;
  bool blind = false;
  SearchOptions search = {};
  template <class Visit>
  void fields(Visit&& visit) {
    visit("dimensions", dimensions, "numbers of coordinates, comma-separated; each episode has one of them");
    visit("families", families, "of training surfaces, comma-separated, -NAME for all others, or all");
    visit("pool", pool, "surfaces drawn beforehand, for each number of coordinates", in(1, 100000));
    visit("budget", budget, "evaluations of an episode, a coordinate", in(10, 1e6));
    visit("horizon", horizon, "decisions of an episode", in(1, 1e6));
    visit("blind", blind, "nothing is observed, so that what is learned decides alike everywhere: the ablation");
    visit("search", search, "the search that is steered");
  }
};

/// "all", "bowl,bent" or "-bowl,-bent": names of varied_families(). Throws UsageError for another, and for none left.
std::vector<std::string> parse_families(const std::string& text);

/// Steering the search as a POMDP on the training surfaces of make_varied_pool, with evaluations as the clock. A step
/// is a decision and the slice of evaluations that follows: a twentieth of those made so far, at least 4 + 2d.
/// Observation: SearchFeature [35], the same in every dimension. Action: SearchDecision [16] in [−1, 1], 0: the rule.
/// With n evaluations made, the reward of a step is
///   −1/50 Σ_q [ln n_{t+1} − ln n_t] over the 50 targets 10^(−8i/50) of the start's regret that were open, one reached
///   in the step counting up to the evaluation that reached it,
/// so that the return is −mean ln(evaluations to target) but for the first slice, and stopping early never pays: open
/// targets count as the whole budget. Terminated when all are reached; truncated at the budget (`budget`·d) or the
/// horizon. The start is known, one evaluation. The seed of an episode draws surface and search. Info: value (best so
/// far), regret, evaluations, steps, family, dimension, and log_evaluations, the mean of ln(evaluations to target),
/// open ones at the budget. Privileged [families + 3]: one-hot family, log10 regret/8, evaluations/budget, t/T.
class SteeringEnv : public VectorEnvBase {
 public:
  using VectorEnvBase::VectorEnvBase;
  virtual const SteeringEnvOptions& options() const = 0;
  /// Surfaces of all dimensions.
  virtual const InstancePool& pool() const = 0;
  /// Like reset(seeds_b, {}, out), but row b stands on instance instances_b[b]. Throws std::invalid_argument for one
  /// that the pool has not.
  virtual void reset_from(std::span<const std::uint64_t> seeds_b, std::span<const std::size_t> instances_b,
                          Batch out) = 0;
};

std::unique_ptr<SteeringEnv> make_steering_env(std::size_t size, const SteeringEnvOptions& options,
                                               Autoreset autoreset = Autoreset::next_step, std::uint64_t pool_seed = 0);

}  // namespace rover
