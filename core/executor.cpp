#include "core/executor.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "core/parallel.h"

namespace rover {
namespace {

class ThreadExecutor final : public Executor {
 public:
  explicit ThreadExecutor(std::size_t threads)
      : threads_(threads ? threads : std::max(1u, std::thread::hardware_concurrency())) {}
  std::size_t workers() const override { return threads_; }

 private:
  void run(std::size_t count, const std::function<Bytes(std::size_t, std::size_t)>& job,
           const std::function<void(std::size_t, const Bytes&)>& keep, const std::function<bool()>& stop) override {
    std::mutex mutex;
    in_parallel(count, threads_, [&](std::size_t k, std::size_t thread) {
      if (stop && stop()) throw Stopped();
      const Bytes result = job(k, thread);
      const std::lock_guard lock(mutex);
      keep(k, result);
    });
  }

  std::size_t threads_;
};

}  // namespace

std::unique_ptr<Executor> make_thread_executor(std::size_t threads) {
  return std::make_unique<ThreadExecutor>(threads);
}

}  // namespace rover
