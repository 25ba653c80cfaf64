#pragma once
#include <hwy/highway.h>

#include <cstdint>

namespace rover::test {

/// What Highway chooses from until the end of the scope; 0: what the processor has.
struct Targets {
  static constexpr std::int64_t old = HWY_SSE4 | HWY_SSSE3;
  static bool have_old() { return (hwy::SupportedTargets() & old) != 0; }
  explicit Targets(std::int64_t targets) { choose(targets); }
  ~Targets() { choose(0); }
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;
  static void choose(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

}  // namespace rover::test
