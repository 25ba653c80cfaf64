#pragma once
#include "agents/classical/fiber_agent.h"
#include "agents/search/options.h"

namespace rover::search {

/// The search among noisy values: descents that average, from the start, from the best of random points and from where
/// populations end, and between them more samples around the best. Its answer is the lowest of the models' minima, by
/// value and standard error. Runs until the evaluator ends it.
void search_in_noise(const SearchOptions& options, Evaluator& evaluator);

}  // namespace rover::search
