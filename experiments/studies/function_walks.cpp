#include "experiments/studies/function_walks.h"

#include <algorithm>
#include <limits>
#include <numbers>

#include "agents/classical/gradient.h"
#include "agents/runner.h"
#include "agents/trials.h"
#include "core/executor.h"
#include "env/bad_value.h"
#include "experiments/studies/rule_contest.h"
#include "experiments/text.h"
#include "training/meta/meta_task.h"

namespace rover {

Judge by_value() {
  return {[](const Landscape& landscape, Reals point) { return landscape.value(point); },
          [](const Trial& trial) { return 1.5 * trial.start_value; }};
}

WalkLosses walk(const MakeAgent& make, const std::vector<Trial>& trials, std::uint64_t steps, const Judge& judge,
                std::size_t threads) {
  // The losses of a walk, and at the end that of the best point.
  const auto walks = make_thread_executor(threads)->map(trials.size(), [&](std::size_t k) {
    const Trial& trial = trials[k];
    const double worst = judge.worst(trial);
    const auto counted = [&](Reals point) {
      const double loss = judge.loss(*trial.landscape, point);
      return loss < worst ? loss : worst;
    };
    std::vector<double> losses, best = trial.start;
    const auto agent = make();
    const auto env = make_surface_env(trial.landscape, {.budget = unlimited, .start = trial.start});
    try {
      play(*agent, *env, 0, steps, [&](const Action&, const StepResult& result, const EpisodeInfo& info) {
        losses.push_back(counted(result.observation.pose)), best = info.best_point;
      });
    } catch (const BadValueError&) {  // it diverged
    }
    losses.resize(steps + 1, worst), losses.push_back(counted(best));
    return losses;
  });
  WalkLosses out{{}, {}, std::vector<double>(steps + 1)};
  for (const auto& losses : walks) {
    out.last.push_back(losses[steps]), out.best.push_back(losses[steps + 1]);
    for (std::size_t t = 0; t <= steps; ++t) out.at[t] += losses[t] / static_cast<double>(trials.size());
  }
  return out;
}

WalkLosses kept_walk(StudyPlace& place, const std::string& cell, const MakeAgent& make,
                     const std::vector<Trial>& trials, std::uint64_t steps, const Judge& judge) {
  const auto numbers = place.cell(cell, [&] {
    const WalkLosses losses = walk(make, trials, steps, judge, place.threads);
    std::vector<double> out = losses.last;
    out.insert(out.end(), losses.best.begin(), losses.best.end());
    out.insert(out.end(), losses.at.begin(), losses.at.end());
    return out;
  });
  const auto n = static_cast<std::ptrdiff_t>(trials.size());
  return {{numbers.begin(), numbers.begin() + n},
          {numbers.begin() + n, numbers.begin() + 2 * n},
          {numbers.begin() + 2 * n, numbers.end()}};
}

std::vector<Trial> draw_trials(const std::string& tasks, std::size_t count, std::uint64_t seed) {
  const TaskDistribution distribution(tasks);
  std::vector<Trial> out;
  for (std::size_t k = 0; k < count; ++k) {
    MetaTask task = distribution.draw(derive_seed(seed, k, "surface"));
    out.push_back(make_trial(task.landscape, std::move(task.start)));
  }
  return out;
}

const std::vector<Classical>& classical_optimizers() {
  static const std::vector<Classical> all{{"SGD",
                                           [](const ScheduleOptions& rate, double momentum) {
                                             return make_momentum({rate, momentum});
                                           }},
                                          {"Adam", [](const ScheduleOptions& rate, double momentum) {
                                             return make_adam({.rate = rate, .beta1 = momentum, .beta2 = 0.99});
                                           }}};
  return all;
}

std::pair<double, double> tuned(StudyPlace& place, const std::string& cell, const Classical& optimizer,
                                const std::string& schedule, const std::vector<Trial>& trials, std::uint64_t steps,
                                const Judge& judge, bool returns_best) {
  const auto chosen = place.cell(cell, [&] {
    double best = std::numeric_limits<double>::infinity();
    std::vector<double> out(2);
    for (const double momentum : {0.0, 0.5, 0.9})
      for (double rate = 1e-4; rate < 7; rate *= std::numbers::sqrt2) {
        const auto make = [&] { return optimizer.make({rate, schedule}, momentum); };
        const WalkLosses losses = walk(make, trials, steps, judge, place.threads);
        const double loss = mean(returns_best ? losses.best : losses.last);
        if (loss < best) best = loss, out = {rate, momentum};
      }
    return out;
  });
  return {chosen[0], chosen[1]};
}

std::string spread_text(const std::vector<double>& seeds) {
  std::string out = short_number(mean(seeds));
  if (seeds.size() > 1)
    out += " [" + short_number(std::ranges::min(seeds)) + ", " + short_number(std::ranges::max(seeds)) + "]";
  return out;
}

}  // namespace rover
