#include "storage/isolated.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <new>
#include <stdexcept>

#include "storage/atomic_file.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ROVER_ADDRESS_SANITIZER 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ROVER_ADDRESS_SANITIZER 1
#endif

namespace rover {
namespace {

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;
constexpr std::uint64_t kOverhead = 48 * kMiB;  ///< what libhdf5 needs beside the content
constexpr double kSeconds = 0.1, kSecondsPerByte = 1.0 / 20e6;
constexpr std::uint64_t kErrorBytes = 4096;

std::mutex lock_mutex;
thread_local int lock_depth = 0;
bool in_child = false;

/// Pages of this process: all of its address space, and what can be written of it.
struct Pages {
  std::uint64_t all = 0, data = 0;
};

Pages pages() {
  Pages out;
  char text[256] = {};
  const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (file < 0) return out;
  const ssize_t size = ::read(file, text, sizeof text - 1);
  ::close(file);
  std::uint64_t fields[7] = {};
  std::size_t field = 0;
  for (ssize_t i = 0; i < size && field < 7; ++i)
    if (text[i] >= '0' && text[i] <= '9')
      fields[field] = 10 * fields[field] + static_cast<std::uint64_t>(text[i] - '0');
    else ++field;
  return {fields[0], fields[5]};
}

void limit(int what, rlim_t value) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(what), &now) != 0) return;
  now.rlim_cur = std::min(value, now.rlim_max);
  ::setrlimit(static_cast<__rlimit_resource_t>(what), &now);
}

itimerval timer(double seconds) {
  const auto whole = static_cast<time_t>(seconds);
  return {{0, 0}, {whole, static_cast<suseconds_t>(1e6 * (seconds - static_cast<double>(whole)))}};
}

/// Restores the default signal handlers in the child, except those with which a sanitizer reports.
void reset_signals() {
  for (const int number : {SIGINT, SIGTERM, SIGALRM, SIGPROF, SIGPIPE}) ::signal(number, SIG_DFL);
#ifndef ROVER_ADDRESS_SANITIZER
  for (const int number : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL}) ::signal(number, SIG_DFL);
#endif
  ::signal(SIGXFSZ, SIG_IGN);  // a write fails instead
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void confine(std::uint64_t file_bytes) {
  reset_signals();
#ifdef PR_SET_PDEATHSIG
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
#endif
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) ::dup2(nowhere, STDERR_FILENO), ::close(nowhere);  // where glibc would report a damaged heap
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t more = 2 * content_limit(file_bytes) + kOverhead;
  const Pages now = pages();
  if (now.data > 0) limit(RLIMIT_DATA, now.data * page + more);
#ifndef ROVER_ADDRESS_SANITIZER
  if (now.all > 0) limit(RLIMIT_AS, now.all * page + more);
#endif
  const double seconds = kSeconds + kSecondsPerByte * static_cast<double>(file_bytes);
  const itimerval processor = timer(seconds), clock = timer(10 * seconds + 10);
  ::setitimer(ITIMER_PROF, &processor, nullptr);
  ::setitimer(ITIMER_REAL, &clock, nullptr);
}

[[noreturn]] void serve(int descriptor, std::uint64_t file_bytes,
                        const std::function<std::function<void(Wire&)>()>& produce) {
  in_child = true;
  confine(file_bytes);
  Wire wire(descriptor, true, ~std::uint64_t{0});
  try {
    std::string error;
    std::function<void(Wire&)> write;
    try {
      write = produce();
    } catch (const std::bad_alloc&) { error = ""; } catch (const std::exception& failure) {
      error = std::string(failure.what()).substr(0, kErrorBytes);
    }
    std::uint8_t succeeded = write != nullptr;
    wire(succeeded);
    if (write) write(wire);
    else wire(error);
  } catch (...) { ::_exit(1); }
  ::_exit(0);  // not exit, which would flush and close what the parent has open
}

/// No control characters: they come from the file, and the sentence goes to a terminal.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

Hdf5Lock::Hdf5Lock() {
  if (lock_depth++ == 0) lock_mutex.lock();
}
Hdf5Lock::~Hdf5Lock() {
  if (--lock_depth == 0) lock_mutex.unlock();
}

std::uint64_t content_limit(std::uint64_t file_bytes) { return std::max(64 * kMiB, 32 * file_bytes); }

bool is_isolated() { return in_child; }

void Wire::bytes(void* data, std::size_t size) {
  if (size > left_) throw std::runtime_error("more than a file of this size holds");
  left_ -= size;
  for (auto* at = static_cast<char*>(data); size > 0;) {
    const ssize_t n = writes_ ? ::write(descriptor_, at, size) : ::read(descriptor_, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw std::runtime_error("the other end is gone");
    at += n, size -= static_cast<std::size_t>(n);
  }
}

namespace detail {

void read_isolated(const std::filesystem::path& path, const std::function<std::function<void(Wire&)>()>& produce,
                   const std::function<void(Wire&)>& receive) {
  require_readable(path);
  std::error_code ignored;
  const std::uintmax_t known = std::filesystem::file_size(path, ignored);
  const std::uint64_t file_bytes = ignored ? 0 : known;
  int ends[2] = {-1, -1};
  pid_t child = -1;
  {
    const Hdf5Lock lock;
    H5open();  // once, instead of in every child
    const int failure = ::pipe2(ends, O_CLOEXEC) != 0 ? errno : 0;
    if (failure == 0 && (child = ::fork()) == 0) {
      ::close(ends[0]);
      serve(ends[1], file_bytes, produce);
    }
    const int reason = failure != 0 ? failure : errno;
    if (ends[1] >= 0) ::close(ends[1]);
    if (child < 0) {
      if (ends[0] >= 0) ::close(ends[0]);
      throw std::runtime_error("cannot read '" + path.string() + "': " + system_reason(reason));
    }
  }
#ifdef F_SETPIPE_SZ
  (void)::fcntl(ends[0], F_SETPIPE_SZ, static_cast<int>(kMiB));
#endif
  // Twice: indices and names take some room beside the content.
  Wire wire(ends[0], false, 2 * content_limit(file_bytes));
  bool whole = false, out_of_memory = false;
  std::string error;
  try {
    std::uint8_t succeeded = 0;
    wire(succeeded);
    if (succeeded == 1) receive(wire);
    else wire(error), out_of_memory = error.empty();
    whole = true;
  } catch (const std::bad_alloc&) {
    out_of_memory = true;
  } catch (const std::exception&) {  // the child is gone, or sends nonsense
  }
  ::close(ends[0]);
  if (!whole) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  const std::string start = "'" + path.string() + "' ";
  if (out_of_memory)
    throw std::runtime_error(start + "needs more memory than a file of its size should, or is damaged");
  if (!whole) throw std::runtime_error(start + "is damaged: HDF5 cannot read it");
  if (!error.empty()) throw std::runtime_error(printable(error));
}

}  // namespace detail
}  // namespace rover
