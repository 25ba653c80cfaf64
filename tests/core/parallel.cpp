#include "core/parallel.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/storage/scratch.h"

namespace rover {

TEST_CASE("jobs run once each, whatever the number of threads, and each thread knows its number") {
  for (const std::size_t threads : {0, 1, 2, 7}) {
    std::vector<std::atomic<int>> runs(20);
    in_parallel(runs.size(), threads, [&](std::size_t job, std::size_t thread) {
      ++runs[job];
      if (threads > 0) CHECK(thread < threads);
    });
    for (const auto& count : runs) CHECK(count == 1);
  }
  in_parallel(0, 3, [](std::size_t, std::size_t) { FAIL("there is no job"); });
}

TEST_CASE("the first failure in job order is thrown, and no job begins after it was seen") {
  for (const std::size_t threads : {1, 2, 5}) {
    std::atomic<std::size_t> begun = 0;
    const auto run = [&] {
      in_parallel(1000, threads, [&](std::size_t job, std::size_t) {
        ++begun;
        if (job >= 3) throw std::runtime_error("job " + std::to_string(job));
      });
    };
    CHECK(error_of(run) == "job 3");
    CHECK(begun <= 3 + threads);
  }
}

}  // namespace rover
