#include "agents/search/search_agent.h"

#include "agents/search/noisy_search.h"
#include "agents/search/portfolio.h"
#include "agents/search/wide_search.h"

namespace rover {

std::unique_ptr<Agent> make_search_agent(const SearchOptions& options, std::shared_ptr<SearchSteering> steering) {
  check_options(options);
  return make_fiber_agent([options, steering = std::move(steering)](Evaluator& evaluator) {
    if (evaluator.problem().dimension > most_quadratic_dimensions) search::search_wide(options, evaluator);
    else if (options.noise.average && evaluator.problem().noisy.value_or(false))
      search::search_in_noise(options, evaluator);
    else search::Portfolio(options, evaluator, steering.get()).run();
  });
}

}  // namespace rover
