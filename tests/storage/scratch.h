#pragma once
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

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

template <class Function> std::string error_of(Function&& function) {
  try {
    function();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// The error of `function` in a child process that may not write files beyond `bytes`: a full disk, as far as a program can tell. "signal N"
/// when it died of one, "exit N" when it did not leave cleanly.
template <class Function> std::string with_file_limit(rlim_t bytes, Function&& function) {
  int ends[2];
  if (::pipe(ends) != 0) std::abort();
  std::fflush(nullptr);
  std::cout.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, bytes};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string error = error_of(function);
    const bool sent = ::write(ends[1], error.data(), error.size()) == static_cast<ssize_t>(error.size());
    std::exit(sent ? 0 : 9);  // not _exit: HDF5's own clean-up must survive the full disk too
  }
  ::close(ends[1]);
  std::string error;
  char buffer[512];
  for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) error.append(buffer, static_cast<std::size_t>(n));
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return error + " signal " + std::to_string(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? error : error + " exit " + std::to_string(WEXITSTATUS(status));
}

}  // namespace rover
