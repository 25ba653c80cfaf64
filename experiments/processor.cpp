#include "experiments/processor.h"

#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace rover {

void prepare_process(char** arguments) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 64 << 20);
#if defined(__x86_64__)
  using CoreName = char* (*)();
  const auto core_name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (!core_name || std::getenv("OPENBLAS_CORETYPE")) return;
  const std::string_view core = core_name();
  if (core != "Prescott" && core != "Core2" && core != "Nehalem") return;
  const char* better = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") ? "SkylakeX"
                       : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")        ? "Haswell"
                                                                                                : nullptr;
  if (!better) return;
  setenv("OPENBLAS_CORETYPE", better, 1);
  std::error_code failed;
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe", failed);  // by its own name, so that pkill and top know it
  if (!failed) execv(program.c_str(), arguments);               // returns only when it fails: then the slow kernels do
#else
  (void)arguments;
#endif
}

}  // namespace rover
