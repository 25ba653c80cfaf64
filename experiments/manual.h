#pragma once
#include <string>

namespace rover {

/// rover(1), as troff: commands with their options, registered entries with their settings, variables, exit codes.
std::string man_page();

/// Completes commands, options, and the names and settings of what is registered, in bash.
std::string bash_completion();

}  // namespace rover
