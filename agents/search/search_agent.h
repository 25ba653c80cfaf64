#pragma once
#include <memory>

#include "agents/agent.h"
#include "agents/search/options.h"
#include "agents/search/steering.h"

namespace rover {

/// The most dimensions that a quadratic of all pairs of coordinates is fitted in; beyond, descents are quasi-Newton's.
inline constexpr std::size_t most_quadratic_dimensions = 40;

/// A search that counts its evaluations and does not depend on the axes: descents by a quadratic fitted to the nearest
/// samples in a window that remembers the surface's shape; restarts from the best of d + 1 random points, by a
/// population with a surrogate, and along the axes, each kind at its share of the evaluations. A look's points are
/// evaluated one by one; a round of look and try is an iteration. Throws UsageError for options out of range.
/// `steering` null: by the rule. Among noise, and in more than `most_quadratic_dimensions`, it is not asked.
std::unique_ptr<Agent> make_search_agent(const SearchOptions& options,
                                         std::shared_ptr<SearchSteering> steering = nullptr);

}  // namespace rover
