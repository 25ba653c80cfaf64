#include "agents/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace rover {

std::uint64_t gradient_steps(const Problem& problem) {
  constexpr std::uint64_t endless = std::uint64_t{1} << 48;
  // The first look comes before the first step, and the last step is looked at, too.
  const std::uint64_t cost = problem.gradient_evaluations > 0 ? problem.gradient_evaluations : 2 * problem.dimension,
                      looks = cost > 0 ? problem.budget / cost : 0;
  const std::uint64_t paid = looks > 0 ? looks - 1 : 0;
  const std::uint64_t steps = problem.iterations > 0 ? std::min(problem.iterations, paid) : paid;
  return steps < endless ? steps : 0;
}

Schedule::Schedule(const ScheduleOptions& options, const Problem& problem)
    : rate_(options.learning_rate),
      kind_(options.schedule == "linear"   ? Kind::linear
            : options.schedule == "cosine" ? Kind::cosine
                                           : Kind::constant) {
  if (kind_ == Kind::constant) return;
  steps_ = gradient_steps(problem);
  if (steps_ == 0)
    throw UsageError("schedule=" + options.schedule + " needs to know how many iterations the run has, or its budget");
}

double Schedule::at(std::uint64_t t) const {
  if (kind_ == Kind::constant) return rate_;
  const double share = std::min(1.0, static_cast<double>(t) / static_cast<double>(steps_));
  return kind_ == Kind::linear ? rate_ * (1 - share) : rate_ * (1 + std::cos(std::numbers::pi * share)) / 2;
}

}  // namespace rover
