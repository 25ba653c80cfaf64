#pragma once
#include <memory>

#include "agents/agent.h"
#include "agents/search/controller.h"
#include "agents/search/options.h"

namespace rover {

/// The Rover that counts its evaluations, on any surface with d ≥ 2: looks at values alone, at most what the budget
/// leaves, never outside the domain; the pose follows the best point. Each look-and-try ends an iteration. With d > 2
/// it searches in slices through the best point. `controller` null: the tuned rule.
/// Throws UsageError for options out of range.
std::unique_ptr<Agent> make_search_agent(const SearchOptions& options,
                                         std::shared_ptr<SearchController> controller = {});

}  // namespace rover
