#include "core/simd.h"

#include <hwy/targets.h>

namespace rover {

std::string simd_target() {
  const auto targets = static_cast<std::uint64_t>(hwy::SupportedTargets() & HWY_TARGETS);
  const std::uint64_t best = targets & (~targets + 1);  // Highway gives better targets lower bits
  return hwy::TargetName(static_cast<std::int64_t>(best ? best : static_cast<std::uint64_t>(HWY_STATIC_TARGET)));
}

void use_baseline_simd() { hwy::DisableTargets(~static_cast<std::int64_t>(HWY_STATIC_TARGET)); }

}  // namespace rover
