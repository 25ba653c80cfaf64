#pragma once
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

namespace rover {

/// A folder of the test's own, gone afterwards.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "rover-storage-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() { std::filesystem::remove_all(folder_); }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

template <class Function>
std::string error_of(Function&& function) {
  try {
    function();
  } catch (const std::exception& error) { return error.what(); }
  return "";
}

namespace detail {
template <class Function>
pid_t forked(int (&pipe_ends)[2], Function&& child) {
  if (::pipe(pipe_ends) != 0) std::abort();
  std::fflush(nullptr);
  std::cout.flush();
  const pid_t process = ::fork();
  if (process == 0) {
    ::alarm(20);
    child();
    std::exit(0);  // not _exit: HDF5's own clean-up is part of what is tested
  }
  ::close(pipe_ends[1]);
  return process;
}
}  // namespace detail

/// The error of `function` in a child process; "signal N" after it if the child died of one, "exit N" if it did not
/// leave cleanly.
template <class Function>
std::string in_child(Function&& function) {
  int ends[2];
  const pid_t child = detail::forked(ends, [&] {
    const std::string error = error_of(function);
    if (::write(ends[1], error.data(), error.size()) != static_cast<ssize_t>(error.size())) std::exit(9);
  });
  std::string error;
  char buffer[512];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) error.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return error + " signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? error : error + " exit " + std::to_string(WEXITSTATUS(status));
}

/// The same where no file may grow beyond `bytes`, which fails like a full disk.
template <class Function>
std::string with_file_limit(rlim_t bytes, Function&& function) {
  return in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    function();
  });
}

/// Runs `function(acknowledge)` in a child, kills it with SIGKILL `microseconds` after its first acknowledge(n), and
/// returns the last n.
template <class Function>
std::uint64_t killed_while(useconds_t microseconds, Function&& function) {
  int ends[2];
  const pid_t child = detail::forked(ends, [&] {
    function([&](std::uint64_t n) {
      if (::write(ends[1], &n, sizeof n) != sizeof n) std::exit(9);
    });
  });
  std::uint64_t last = 0;
  // The pipe holds 64 kB: a reader that slept would stop the child, so it reads until the time has come.
  const auto next = [&](std::uint64_t& n) { return ::read(ends[0], &n, sizeof n) == sizeof n; };
  if (next(last)) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
    while (std::chrono::steady_clock::now() < end && next(last)) {}
  }
  ::kill(child, SIGKILL);
  while (next(last)) {}
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return last;
}

}  // namespace rover
