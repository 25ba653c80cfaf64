#include "core/interrupt.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>

using namespace rover;

namespace {

/// The exit code of a process that does `work`, or minus the signal that ended it.
template <class Work>
int exit_code_of(Work work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(STDERR_FILENO);
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, SIG_DFL);  // not doctest's
    work();
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace

TEST_CASE("the first signal is for the work to see, as long as somebody is in scope") {
  for (const int signal : {SIGINT, SIGTERM})
    CHECK(exit_code_of([&] {
            {
              const Interruptible outer("stopped");
              {
                const Interruptible inner("stopped");
                if (interrupted()) ::_exit(1);
                std::raise(signal);
              }
              if (!interrupted()) ::_exit(2);
            }
            const Interruptible next("stopped");
            if (interrupted()) ::_exit(3);
          }) == 0);
  CHECK(exit_code_of([] {
          { const Interruptible scope("stopped"); }
          std::raise(SIGINT);
        }) == -SIGINT);
}

TEST_CASE("a second signal, and work that does not stop, end the process") {
  CHECK(exit_code_of([] {
          const Interruptible scope("stopped");
          std::raise(SIGINT);
          std::raise(SIGINT);
        }) == 130);
  CHECK(exit_code_of([] {
          const Interruptible scope("stopped", 0.2);
          std::raise(SIGTERM);
          for (;;) ::pause();
        }) == 130);
}
