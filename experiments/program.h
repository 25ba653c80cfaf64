#pragma once
#include <filesystem>

namespace rover {

struct Program {
  /// The same program with LibTorch, started in this one's place, with the same arguments, for what needs LibTorch.
  /// Empty: there is none.
  std::filesystem::path with_libtorch;
};

/// The whole `rover` program, for a main of three lines: it includes the agents, landscapes, environments and trainers
/// that you add to their registries before the call.
///
///   int main(int count, char** arguments) {
///     rover::agents().add<MyOptions>(…);
///     rover::register_torch_trainers();  // imitation/torch/trainers.h; only where rover::imitation_torch is linked
///     return rover::run_program(count, arguments);
///   }
///
/// Returns the exit code: 0, 2 for a wrong call, 1 for a failed run, 130 when interrupted.
int run_program(int count, char** arguments, const Program& program = {});

/// Called by a command that needs LibTorch, before it begins: continues in Program::with_libtorch and does not return.
/// Returns when there is none. Throws std::runtime_error when it cannot be started.
void go_on_with_libtorch();

}  // namespace rover
