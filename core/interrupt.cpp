#include "core/interrupt.h"

#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <mutex>

namespace rover {
namespace {

volatile std::sig_atomic_t signals = 0;
itimerval grace{};  // written before the handler is installed
std::atomic<const char*> words{""};

constexpr std::array<int, 3> kHandled{SIGINT, SIGTERM, SIGALRM};
std::mutex scopes_mutex;
std::size_t scopes = 0;
std::array<struct sigaction, kHandled.size()> before;

extern "C" void on_signal(int number) {
  if (number != SIGALRM && signals == 0) {
    signals = 1;
    ::setitimer(ITIMER_REAL, &grace, nullptr);
    return;
  }
  const char* text = words.load();
  for (const char* part : {"\nrover: ", text, "\n"}) {
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, part, std::strlen(part));
  }
  ::_exit(130);
}

}  // namespace

bool interrupted() { return signals != 0; }

Interruptible::Interruptible(const char* last_words, double grace_s) {
  const std::lock_guard lock(scopes_mutex);
  if (scopes++ > 0) return;
  signals = 0;
  const auto whole = static_cast<time_t>(grace_s);
  grace.it_value = {whole, static_cast<suseconds_t>(1e6 * (grace_s - static_cast<double>(whole)))};
  words = last_words;
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < kHandled.size(); ++i) sigaction(kHandled[i], &action, &before[i]);
}

Interruptible::~Interruptible() {
  const std::lock_guard lock(scopes_mutex);
  if (--scopes > 0) return;
  constexpr itimerval kNever{};
  ::setitimer(ITIMER_REAL, &kNever, nullptr);
  for (std::size_t i = 0; i < kHandled.size(); ++i) sigaction(kHandled[i], &before[i], nullptr);
}

}  // namespace rover
