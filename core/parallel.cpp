#include "core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace rover {

void in_parallel(std::size_t count, std::size_t threads,
                 const std::function<void(std::size_t job, std::size_t thread)>& job) {
  std::atomic<std::size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::size_t first_failed = count;
  std::exception_ptr error;
  const auto work = [&](std::size_t thread) {
    // Every job that was taken is run, so all jobs before a failed one have run, and the first failure is the same for
    // any number of threads.
    while (!failed) {
      const std::size_t k = next++;
      if (k >= count) return;
      try {
        job(k, thread);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (k < first_failed) first_failed = k, error = std::current_exception();
        failed = true;
      }
    }
  };
  {
    if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
    std::vector<std::jthread> pool;
    for (std::size_t t = 1; t < std::min(threads, count); ++t) pool.emplace_back(work, t);
    work(0);
  }
  if (error) std::rethrow_exception(error);
}

}  // namespace rover
