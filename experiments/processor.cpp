#include "experiments/processor.h"

#include <dlfcn.h>
#include <malloc.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/simd.h"

namespace rover {

namespace {

/// Restarts the program in a changed environment; returns when it cannot, or when nothing has to change.
void start_anew(char** arguments, std::span<const std::pair<const char*, std::string>> environment) {
  bool changed = false;
  for (const auto& [name, value] : environment) {
    const char* now = std::getenv(name);
    changed |= now == nullptr || now != value;
    setenv(name, value.c_str(), 1);
  }
  if (!changed) return;
  std::error_code failed;
  const auto program =
      std::filesystem::read_symlink("/proc/self/exe", failed);  // by its own name, so that pkill and top find it
  if (!failed) execv(program.c_str(), arguments);
}

}  // namespace

void prepare_process(char** arguments, bool deterministic) {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 2000000000);
  mallopt(M_TOP_PAD, 64 << 20);
#if defined(__x86_64__)
  if (deterministic) {
    use_baseline_simd();
    static const std::pair<const char*, std::string> baseline[] = {
        {"OPENBLAS_CORETYPE", "Prescott"},
        {"ATEN_CPU_CAPABILITY", "default"},
        {"DNNL_MAX_CPU_ISA", "SSE41"},
        {"ONEDNN_MAX_CPU_ISA", "SSE41"},
        {"GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX2_Usable,-FMA_Usable,-FMA4_Usable"}};
    return start_anew(arguments, baseline);
  }
  using CoreName = char* (*)();
  const auto core_name = reinterpret_cast<CoreName>(dlsym(RTLD_DEFAULT, "openblas_get_corename"));
  if (!core_name || std::getenv("OPENBLAS_CORETYPE")) return;
  const std::string_view core = core_name();
  if (core != "Prescott" && core != "Core2" && core != "Nehalem") return;
  const char* better = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") ? "SkylakeX"
                       : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")        ? "Haswell"
                                                                                                : nullptr;
  const std::pair<const char*, std::string> environment[] = {{"OPENBLAS_CORETYPE", better ? better : ""}};
  if (better) start_anew(arguments, environment);
#else
  (void)arguments;
  if (deterministic) use_baseline_simd();
#endif
}

}  // namespace rover
