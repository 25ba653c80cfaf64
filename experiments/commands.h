#pragma once
#include <span>
#include <string>

namespace rover {

// One function a sub-command of the `rover` program. `arguments`: what follows the sub-command's name. Returns the exit
// code; throws UsageError for a wrong call (exit code 2) and any other std::exception for a failed run (1). Each
// answers --help.
int train_command(std::span<const std::string> arguments);
int minimize_command(std::span<const std::string> arguments);
int evaluate_command(std::span<const std::string> arguments);
int tune_command(std::span<const std::string> arguments);
int list_command(std::span<const std::string> arguments);
int info_command(std::span<const std::string> arguments);
int reproduce_command(std::span<const std::string> arguments);
int plot_command(std::span<const std::string> arguments);

}  // namespace rover
