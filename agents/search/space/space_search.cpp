#include "agents/search/space/space_search.h"

#include "agents/search/space/noisy_search.h"
#include "agents/search/space/portfolio.h"
#include "agents/search/space/wide_search.h"

namespace rover {

std::unique_ptr<Agent> make_space_search(const SpaceSearchOptions& options, std::shared_ptr<SpaceSteering> steering) {
  check_options(options);
  return make_fiber_agent([options, steering = std::move(steering)](Evaluator& evaluator) {
    if (evaluator.problem().dimension > most_dimensions_in_space) space::search_wide(options, evaluator);
    else if (options.noise.average && evaluator.problem().noisy.value_or(false))
      space::search_in_noise(options, evaluator);
    else space::Portfolio(options, evaluator, steering.get()).run();
  });
}

}  // namespace rover
