// `rover`: starts without LibTorch, and goes on in `rover-torch` for what needs it.
#include "experiments/program.h"

int main(int count, char** arguments) {
  rover::Program program;
#ifdef ROVER_LIBEXECDIR  // from bin to the folder of rover-torch; not there when built with ROVER_TRAINING=OFF
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  program.with_libtorch = self / "rover-torch";  // in the build folder
  if (!std::filesystem::exists(program.with_libtorch, error))
    program.with_libtorch = (self / ROVER_LIBEXECDIR "/rover-torch").lexically_normal();
#endif
  return rover::run_program(count, arguments, program);
}
