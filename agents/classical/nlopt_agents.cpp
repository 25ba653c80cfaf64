#include "agents/classical/nlopt_agents.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlopt.hpp>

#include "agents/classical/fiber_agent.h"

namespace rover {
namespace {

struct Objective {
  Evaluator& evaluator;
  std::uint64_t calls = 0;
  bool draws = false;  // NLopt's random numbers are a thread's: sown anew at each call, they are this search's own

  double operator()(Reals point, double* gradient) {
    // NLopt asks for the start again, which the first look already paid for.
    const bool known = calls++ == 0 && std::ranges::equal(point, evaluator.start());
    const double value = known ? evaluator.start_value() : evaluator.value(point, true);
    if (draws) nlopt::srand(static_cast<unsigned long>(derive_seed(evaluator.seed(), calls, "nlopt")));
    if (gradient) std::ranges::copy(known ? evaluator.start_gradient() : evaluator.gradient(), gradient);
    return value;
  }
};

double call_objective(unsigned n, const double* point, double* gradient, void* objective) {
  return (*static_cast<Objective*>(objective))({point, n}, gradient);
}

/// A failure before the first evaluation is thrown; a later one ends the run: rounding limits progress, or the
/// objective threw.
void run_once(nlopt::opt& optimizer, Objective& objective, std::vector<double>& point) {
  const std::uint64_t calls_before = objective.calls;
  double value = 0;
  try {
    optimizer.optimize(point, value);
  } catch (const std::runtime_error&) {
    if (!objective.evaluator.cancelled() && objective.calls == calls_before) throw;
  }
}

/// The domain's width, what steps are shares of; where it is infinite, ten times the start's size or 1.
double width_of(const Evaluator& evaluator, std::size_t i) {
  const Box& box = *evaluator.problem().domain;
  const double width = box.high[i] - box.low[i];
  return std::isfinite(width) ? width : 10 * std::max(1.0, std::abs(evaluator.start()[i]));
}

/// One run, in which the simplex is renewed: each ends when it has shrunk to a tenth, and the next is half as large as
/// the best point has moved.
void renew(nlopt::opt& optimizer, Objective& objective, std::vector<double>& point, const NloptOptions& options) {
  constexpr double shrunk = 0.1, of_move = 0.5;
  const Evaluator& evaluator = objective.evaluator;
  std::vector<double> steps(point.size()), tolerances(point.size());
  for (double size = options.initial_step; size > options.tolerance && !evaluator.cancelled();) {
    for (std::size_t i = 0; i < point.size(); ++i) {
      steps[i] = size * width_of(evaluator, i);
      tolerances[i] = std::max(options.tolerance, shrunk * size) * width_of(evaluator, i);
    }
    optimizer.set_initial_step(steps);
    optimizer.set_xtol_abs(tolerances);
    const std::vector<double> before = point;
    run_once(optimizer, objective, point);
    if (evaluator.cancelled()) return;  // the domain may be gone
    double moved = 0;
    for (std::size_t i = 0; i < point.size(); ++i)
      moved = std::max(moved, std::abs(point[i] - before[i]) / width_of(evaluator, i));
    size = std::clamp(of_move * moved, shrunk * size, size);
  }
}

using OneRun = std::function<void(nlopt::opt&, Objective&, std::vector<double>& point)>;

/// Runs from the start and then from random points, each until it moves less than `tolerance` of the domain's width.
/// Without finite bounds there is no such point, and the first run is the last.
void descend(nlopt::opt optimizer, double tolerance, bool restarts, Evaluator& evaluator, bool draws = false,
             const OneRun& run = run_once) {
  const auto& [low, high] = *evaluator.problem().domain;
  const std::size_t d = evaluator.problem().dimension;
  RandomStream stream = make_stream(evaluator.seed(), 0, "restart");
  for (std::size_t i = 0; i < d; ++i) restarts = restarts && std::isfinite(high[i] - low[i]);
  Objective objective{evaluator};
  objective.draws = draws;
  if (draws) nlopt::srand(static_cast<unsigned long>(derive_seed(evaluator.seed(), 0, "nlopt")));
  std::vector<double> tolerances(d), point(evaluator.start().begin(), evaluator.start().end());
  for (std::size_t i = 0; i < d; ++i) tolerances[i] = tolerance * width_of(evaluator, i);
  optimizer.set_lower_bounds(low);
  optimizer.set_upper_bounds(high);
  optimizer.set_xtol_abs(tolerances);
  optimizer.set_min_objective(call_objective, &objective);
  do {
    run(optimizer, objective, point);
    if (evaluator.cancelled()) return;  // the domain may be gone
    for (std::size_t i = 0; i < d; ++i) point[i] = stream.uniform(low[i], high[i]);
  } while (restarts);
}

void divide(const DirectOptions& options, Evaluator& evaluator) {
  std::vector<double> low = evaluator.problem().domain->low, high = evaluator.problem().domain->high;
  const std::size_t d = low.size();
  RandomStream stream = make_stream(evaluator.seed(), 0, "restart");
  Objective objective{evaluator};
  nlopt::opt optimizer(nlopt::GN_DIRECT_L, static_cast<unsigned>(d));
  optimizer.set_min_objective(call_objective, &objective);
  constexpr std::uint64_t most = std::numeric_limits<int>::max(), each = 500;
  optimizer.set_maxeval(static_cast<int>(options.run_length > 0 ? options.run_length : std::min(most, each * d)));
  while (true) {
    optimizer.set_lower_bounds(low);
    optimizer.set_upper_bounds(high);
    std::vector<double> point(d);
    for (std::size_t i = 0; i < d; ++i) point[i] = (low[i] + high[i]) / 2;
    run_once(optimizer, objective, point);
    if (evaluator.cancelled()) return;  // the domain may be gone
    const Box& box = *evaluator.problem().domain;
    for (std::size_t i = 0; i < d; ++i) {
      const double width = box.high[i] - box.low[i];
      low[i] = box.low[i] + width * stream.uniform(0, 0.1), high[i] = box.high[i] - width * stream.uniform(0, 0.1);
    }
  }
}

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();

/// `renew_from`: the dimension from which simplices are renewed.
std::unique_ptr<Agent> make_local(nlopt::algorithm algorithm, const NloptOptions& options, std::size_t renew_from,
                                  std::function<void(const Problem&)> check = {}) {
  const auto loop = [=](Evaluator& evaluator) {
    std::vector<double> steps(evaluator.problem().dimension);
    const double share = std::min(options.initial_step,
                                  0.5 * (1 - 1e-12));  // BOBYQA needs two steps between the bounds, rounding included
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i] = share * width_of(evaluator, i);
    nlopt::opt optimizer(algorithm, static_cast<unsigned>(steps.size()));
    optimizer.set_initial_step(steps);
    const OneRun renewing = [&](auto&... run) { renew(run..., options); };
    descend(std::move(optimizer), options.tolerance, options.restarts, evaluator, false,
            steps.size() >= renew_from ? renewing : run_once);
  };
  return make_fiber_agent(loop, std::move(check));
}

}  // namespace

std::unique_ptr<Agent> make_nelder_mead(const NelderMeadOptions& options) {
  check_options(options);
  constexpr std::size_t many = 6;
  return make_local(nlopt::LN_NELDERMEAD, options,
                    options.renewal == "on"    ? 1
                    : options.renewal == "off" ? never
                                               : many);
}

std::unique_ptr<Agent> make_bobyqa(const NloptOptions& options) {
  check_options(options);
  return make_local(nlopt::LN_BOBYQA, options, never, [](const Problem& problem) {
    if (problem.dimension < 2) throw UsageError("the agent 'bobyqa' needs a landscape of at least 2 dimensions");
  });
}

std::unique_ptr<Agent> make_crs2(const CrsOptions& options) {
  check_options(options);
  const auto loop = [=](Evaluator& evaluator) {
    nlopt::opt optimizer(nlopt::GN_CRS2_LM, static_cast<unsigned>(evaluator.problem().dimension));
    optimizer.set_population(static_cast<unsigned>(options.population));
    descend(std::move(optimizer), options.tolerance, options.restarts, evaluator, true);
  };
  return make_fiber_agent(loop, [=](const Problem& problem) {
    if (options.population > 0 && options.population <= problem.dimension)
      throw UsageError("the agent 'crs2' needs a population of more than d = " + std::to_string(problem.dimension) +
                       " points, not " + std::to_string(options.population));
  });
}

std::unique_ptr<Agent> make_direct_l(const DirectOptions& options) {
  check_options(options);
  return make_fiber_agent([=](Evaluator& evaluator) { divide(options, evaluator); });
}

std::unique_ptr<Agent> make_l_bfgs(const LbfgsOptions& options) {
  check_options(options);
  const auto loop = [=](Evaluator& evaluator) {
    const std::size_t d = evaluator.problem().dimension;
    nlopt::opt optimizer(nlopt::LD_LBFGS, static_cast<unsigned>(d));
    // NLopt's own choice fills 10 MB with zeros at every start, which takes longer than a run in few dimensions.
    const std::size_t all = std::clamp<std::size_t>(1310720 / d, 10, 1000);
    optimizer.set_vector_storage(static_cast<unsigned>(options.memory > 0 ? options.memory : all));
    descend(std::move(optimizer), options.tolerance, options.restarts, evaluator);
  };
  return make_fiber_agent(loop, {}, Query::Kind::gradients);
}

}  // namespace rover
