#pragma once
#include <memory>

#include "agents/agent.h"
#include "env/heading.h"

namespace rover {

/// Shows what a heading alone is worth, without a policy: goes along it as far as the best grid point lies, doubles its
/// window when that point lies on the grid's border and halves it otherwise. Two-dimensional problems only.
std::unique_ptr<Agent> make_heading_walker(std::shared_ptr<const Heading> heading);

}  // namespace rover
