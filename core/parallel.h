#pragma once
#include <cstddef>
#include <functional>

namespace rover {

/// Runs job(0 … count − 1, thread), taken in order by `threads` threads (0: one a core; the caller is thread 0), and
/// returns when all have ended. After a failure no further job begins; what is thrown is the first failure in job
/// order, whatever the number of threads. For results that stay in this process, like surfaces; those that can be
/// written as bytes go through an Executor (core/executor.h).
void in_parallel(std::size_t count, std::size_t threads,
                 const std::function<void(std::size_t job, std::size_t thread)>& job);

}  // namespace rover
