#include "agents/search/space/space_search.h"

#include "agents/search/space/noisy_search.h"
#include "agents/search/space/portfolio.h"

namespace rover {

std::unique_ptr<Agent> make_space_search(const SpaceSearchOptions& options, std::shared_ptr<SpaceSteering> steering) {
  check_options(options);
  return make_fiber_agent(
      [options, steering = std::move(steering)](Evaluator& evaluator) {
        if (options.noise.average && evaluator.problem().noisy.value_or(false))
          space::search_in_noise(options, evaluator);
        else space::Portfolio(options, evaluator, steering.get()).run();
      },
      [](const Problem& problem) {
        if (problem.dimension > most_dimensions_in_space)
          throw UsageError("the agent 'rover-space' fits quadratics in at most " +
                           std::to_string(most_dimensions_in_space) + " dimensions");
      });
}

}  // namespace rover
