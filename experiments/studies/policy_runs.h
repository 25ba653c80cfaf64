#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "agents/rover/rover_agent.h"
#include "env/step_control_env.h"
#include "experiments/evaluation.h"
#include "experiments/figure.h"
#include "experiments/reproduce.h"

namespace rover {

/// For figures 8 to 10: a trained policy in the paper's POMDP, from chosen starts.
struct PolicyStart {
  std::size_t instance;          ///< of the pool
  double step_size, resolution;  ///< α₀, δ₀
};

/// Series [steps + 1][runs] of episodes; row 0 is the start.
struct PolicyRuns {
  std::vector<std::vector<double>> step_size, resolution, regret, x, y;
  std::size_t steps() const { return regret.size() - 1; }
};

/// Trains the policy of figures 8 to 10: in the paper's POMDP alone, without what the presets add in the deployed walk,
/// where it learns to rely on the safeguard. Returns the run folder.
std::filesystem::path train_in_pomdp(StudyPlace& place);

/// Loads RUN_FOLDER/model.h5. Throws std::runtime_error for a folder without a trained Rover.
RoverModel load_policy(const std::filesystem::path& run_folder);

/// Plays one episode of `steps` steps from each start; the noise of noisy instances is drawn under `seed`.
PolicyRuns play_policy(const RoverModel& model, std::shared_ptr<const InstancePool> pool,
                       std::span<const PolicyStart> starts, std::size_t steps, std::uint64_t seed);

/// Adds GROUP/step_size, resolution, regret, x and y, [steps + 1, runs] each.
void put_runs(Checkpoint& out, const std::string& group, const PolicyRuns& runs);

/// The middle of the training's log-uniform ranges: α₀ = 0.5; δ₀ = 0.3 for n = 8, and the same window n·δ₀ for other n.
double usual_step_size();
double usual_resolution(std::size_t grid_size);

/// The pool's instance `index`, `count` times, the first from its own start, the others with each coordinate moved by
/// N(0, 1)·`share` of the distance to the optimum.
std::shared_ptr<const InstancePool> perturbed_starts(const InstancePool& pool, std::size_t index, std::size_t count,
                                                     double share, std::uint64_t seed);

/// Median of each row as the line, quantiles `low` and `high` as the envelope, over the row's number.
Curve median_curve(const std::string& label, const std::vector<std::vector<double>>& rows, double low, double high);

}  // namespace rover
