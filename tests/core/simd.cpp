#include "core/simd.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace rover {

TEST_CASE("the instruction set has a name, and can be brought down to what every processor has") {
  CHECK(!simd_target().empty());
  CHECK(simd_target() != "?");
  const pid_t child = fork();  // a child: the setting cannot be undone
  if (child == 0) {
    use_baseline_simd();
    const std::string baseline = simd_target();
    _exit(baseline == "AVX2" || baseline == "AVX3" || baseline == "AVX3_DL" || baseline.empty());
  }
  int status = 1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace rover
