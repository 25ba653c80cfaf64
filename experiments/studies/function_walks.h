#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "agents/agent.h"
#include "agents/schedule.h"
#include "env/trial.h"
#include "experiments/reproduce.h"

namespace rover {

// Noise-free walks of agents with gradients over many small surfaces, and classical ones tuned for them.

using MakeAgent = std::function<std::unique_ptr<Agent>()>;

/// What a point of a trial's surface counts, and at most.
struct Judge {
  std::function<double(const Landscape&, Reals point)> loss;
  std::function<double(const Trial&)> worst;
};
/// The surface's value; where it is above that, and once a walk has diverged, 1.5 f(x₀).
Judge by_value();

/// What walks on trials came to: at the end, at the point of the least value seen, and at each step the mean over the
/// trials.
struct WalkLosses {
  std::vector<double> last, best, at;  ///< [n], [n], [T + 1]
};
WalkLosses walk(const MakeAgent& make, const std::vector<Trial>& trials, std::uint64_t steps, const Judge& judge,
                std::size_t threads);
/// The same, kept as a cell of the study.
WalkLosses kept_walk(StudyPlace& place, const std::string& cell, const MakeAgent& make,
                     const std::vector<Trial>& trials, std::uint64_t steps, const Judge& judge);

/// `count` trials of a distribution over tasks (training/meta/meta_task.h).
std::vector<Trial> draw_trials(const std::string& tasks, std::size_t count, std::uint64_t seed);

/// A classical optimizer by its learning rate and momentum.
struct Classical {
  std::string label;
  std::function<std::unique_ptr<Agent>(const ScheduleOptions& rate, double momentum)> make;
};
/// Gradient descent with momentum, and Adam (β₂ .99).
const std::vector<Classical>& classical_optimizers();

/// Of 33 rates from 1e-4 to 6.6, each with a momentum of 0, .5 and .9, the pair with the lowest mean over the trials:
/// of the losses at the end, or, if `returns_best`, at the points of the least value. Kept as a cell.
std::pair<double, double> tuned(StudyPlace& place, const std::string& cell, const Classical& optimizer,
                                const std::string& schedule, const std::vector<Trial>& trials, std::uint64_t steps,
                                const Judge& judge, bool returns_best = false);

/// A value a training seed as "mean [least, greatest]".
std::string spread_text(const std::vector<double>& seeds);

}  // namespace rover
