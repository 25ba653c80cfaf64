#include "agents/classical/nlopt_agents.h"

#include <algorithm>
#include <nlopt.hpp>

#include "agents/classical/fiber_agent.h"
#include "agents/classical/options.h"

namespace rover {
namespace {

struct Objective {
  Evaluator& evaluator;
  std::uint64_t calls = 0;

  double operator()(Reals point) {
    // NLopt asks for the start again, which the first look already paid for.
    if (calls++ == 0 && std::ranges::equal(point, evaluator.start())) return evaluator.start_value();
    return evaluator.value(point, true);
  }
};

double call_objective(unsigned n, const double* point, double*, void* objective) {
  return (*static_cast<Objective*>(objective))({point, n});
}

void run(nlopt::algorithm algorithm, const NloptOptions& options, Evaluator& evaluator) {
  const auto& [low, high] = *evaluator.problem().domain;
  const std::size_t d = evaluator.problem().dimension;
  RandomStream stream = make_stream(evaluator.seed(), 0, "restart");
  Objective objective{evaluator};

  std::vector<double> steps(d), tolerances(d), point(evaluator.start().begin(), evaluator.start().end());
  for (std::size_t i = 0; i < d; ++i) {
    steps[i] = options.initial_step * (high[i] - low[i]);
    tolerances[i] = options.tolerance * (high[i] - low[i]);
  }
  nlopt::opt optimizer(algorithm, static_cast<unsigned>(d));
  optimizer.set_lower_bounds(low);
  optimizer.set_upper_bounds(high);
  optimizer.set_initial_step(steps);
  optimizer.set_xtol_abs(tolerances);
  optimizer.set_min_objective(call_objective, &objective);
  do {
    const std::uint64_t calls_before = objective.calls;
    double value = 0;
    try {
      optimizer.optimize(point, value);
    } catch (const std::runtime_error&) {  // rounding limits progress, or NLopt's own words for an objective that threw
      if (!evaluator.cancelled() && objective.calls == calls_before) throw;
    }
    if (evaluator.cancelled()) return;  // the domain may be gone
    for (std::size_t i = 0; i < d; ++i) point[i] = stream.uniform(low[i], high[i]);
  } while (options.restarts);
}

std::unique_ptr<Agent> make(nlopt::algorithm algorithm, const NloptOptions& options, std::function<void(const Problem&)> check = {}) {
  require(options.initial_step > 0 && options.initial_step <= 0.5, "initial_step", "must lie in (0, 0.5]");
  require(options.tolerance > 0, "tolerance", "must be greater than 0");
  return make_fiber_agent([=](Evaluator& evaluator) { run(algorithm, options, evaluator); }, std::move(check));
}

}  // namespace

std::unique_ptr<Agent> make_nelder_mead(const NloptOptions& options) { return make(nlopt::LN_NELDERMEAD, options); }

std::unique_ptr<Agent> make_bobyqa(const NloptOptions& options) {
  return make(nlopt::LN_BOBYQA, options, [](const Problem& problem) {
    if (problem.dimension < 2) throw UsageError("the agent 'bobyqa' needs a landscape of at least 2 dimensions");
  });
}

}  // namespace rover
