#pragma once
#include "agents/classical/fiber_agent.h"
#include "agents/search/options.h"

namespace rover::search {

/// The search in many dimensions, where the fit of a quadratic of all pairs of coordinates would cost too much. Beside
/// the function an evaluation costs O(d). Runs until the evaluator ends it.
void search_wide(const SearchOptions& options, Evaluator& evaluator);

}  // namespace rover::search
