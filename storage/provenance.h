#pragma once
#include <string>

namespace rover {

/// What made a file. Files that resumed runs must end with to the bit (checkpoint.h5, model.h5, dataset.h5, replay/)
/// record version, commit and instruction set; run logs, evaluations and results also command and date.
struct Provenance {
  std::string command, date;    ///< as typed; UTC, ISO 8601. Empty where none was set
  std::string version, commit;  ///< of Rover Descent; "unknown" outside a git repository
  std::string simd_target;      ///< the instruction set of the kernels (core/simd.h): results differ in last bits
};

/// Sets the command that files written from now on record; called once, at a program's start.
void set_command(const std::string& command);
Provenance provenance();

}  // namespace rover
