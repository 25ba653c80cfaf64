#include "experiments/external_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <utility>

#include "core/executor.h"
#include "core/settings.h"
#include "storage/atomic_file.h"

namespace rover {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail_to_start() { throw std::runtime_error("cannot start the command: " + system_reason(errno)); }

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }
  void close() {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }
  int get() const { return value_; }
  int& slot() { return value_; }

 private:
  int value_;
};

struct Pipe {
  Descriptor out, in;
  Pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail_to_start();
    out.slot() = ends[0], in.slot() = ends[1];
  }
};

/// The end of what a stream said.
struct Tail {
  static constexpr std::size_t kept = 1 << 16;
  std::string text;
  void add(const char* data, std::size_t size) {
    text.append(data, size);
    if (text.size() > 2 * kept) text.erase(0, text.size() - kept);
  }
  /// Its last line or word that is not empty.
  std::string last(const char* separators) const {
    const auto end = text.find_last_not_of(" \t\r\n");
    if (end == text.npos) return "";
    const auto before = text.find_last_of(separators, end);
    return text.substr(before == text.npos ? 0 : before + 1, end - (before == text.npos ? 0 : before + 1) + 1);
  }
};

/// A child in a process group of its own, which is killed with it.
class Child {
 public:
  Child(const std::string& command, int standard_input, const Pipe& output, const Pipe& error) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_adddup2(&files, standard_input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&files, output.in.get(), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, error.in.get(), STDERR_FILENO);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    sigset_t defaults;
    sigemptyset(&defaults);
    for (const int number : {SIGXFSZ, SIGINT, SIGTERM, SIGPIPE}) sigaddset(&defaults, number);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    std::string shell = "sh", option = "-c", text = command;
    char* const arguments[] = {shell.data(), option.data(), text.data(), nullptr};
    errno = ::posix_spawn(&id_, "/bin/sh", &files, &attributes, arguments, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    if (errno != 0) fail_to_start();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (ended_) return;
    ::kill(-id_, SIGKILL);
    wait(0);
  }
  /// Whether it has ended; `flags` WNOHANG: without waiting for it.
  bool wait(int flags) {
    while (!ended_) {
      const pid_t id = ::waitpid(id_, &status_, flags);
      if (id == 0) return false;
      if (id < 0 && errno == EINTR) continue;
      ended_ = true;
    }
    return true;
  }
  int status() const { return status_; }

 private:
  pid_t id_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

std::string on_line(Reals point) {
  std::string out;
  for (const double x : point) out += (out.empty() ? "" : " ") + detail::to_text(x);
  return out + "\n";
}

/// Calls visit(position, length, coordinate) for each {K} of the command.
template <class Visit>
void for_each_place(const std::string& command, Visit&& visit) {
  for (std::size_t at = command.find('{'); at != command.npos; at = command.find('{', at + 1)) {
    const std::size_t end = command.find_first_not_of("0123456789", at + 1);
    if (end == command.npos || command[end] != '}' || end == at + 1) continue;
    std::size_t coordinate = 0;
    if (std::from_chars(command.data() + at + 1, command.data() + end, coordinate).ec != std::errc{})
      coordinate = command.npos;
    visit(at, end + 1 - at, coordinate);
  }
}

}  // namespace

ExternalProgram::ExternalProgram(std::string command, std::size_t dimension, double seconds, std::function<bool()> stop)
    : command_(std::move(command)), dimension_(dimension), seconds_(seconds), stop_(std::move(stop)) {
  if (command_.find_first_not_of(" \t\n") == command_.npos) throw UsageError("the command is empty");
  for_each_place(command_, [&](std::size_t at, std::size_t length, std::size_t coordinate) {
    by_arguments_ = true;
    if (coordinate >= dimension_)
      throw UsageError("the command has a place " + command_.substr(at, length) + ", but the point has " +
                       std::to_string(dimension_) + " coordinates, {0} to {" + std::to_string(dimension_ - 1) + "}");
  });
}

double ExternalProgram::operator()(Reals point) const {
  std::string command, input;
  std::size_t done = 0;
  for_each_place(command_, [&](std::size_t at, std::size_t length, std::size_t coordinate) {
    command += command_.substr(done, at - done) + detail::to_text(point[coordinate]);
    done = at + length;
  });
  command += command_.substr(done);
  if (!by_arguments_) input = on_line(point);

  const Descriptor standard_input(::memfd_create("point", MFD_CLOEXEC));
  if (standard_input.get() < 0 ||
      ::write(standard_input.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
      ::lseek(standard_input.get(), 0, SEEK_SET) != 0)
    fail_to_start();
  Pipe output, error;
  const auto begin = Clock::now();
  Child child(command, standard_input.get(), output, error);
  output.in.close(), error.in.close();

  Tail said, complained;
  std::array<char, 4096> buffer{};
  while (output.out.get() >= 0 || error.out.get() >= 0) {
    const double left = seconds_ - std::chrono::duration<double>(Clock::now() - begin).count();
    if (left <= 0) throw std::runtime_error("it took longer than " + detail::to_text(seconds_) + " s");
    if (stop_ && stop_()) throw Stopped();
    pollfd waiting[] = {{output.out.get(), POLLIN, 0}, {error.out.get(), POLLIN, 0}};
    const int ready = ::poll(waiting, 2, static_cast<int>(std::clamp(1000 * left + 1, 1.0, 100.0)));
    if (ready < 0 && errno != EINTR) fail_to_start();
    if (ready == 0 && child.wait(WNOHANG)) break;  // it has ended, what it left behind still holds the pipes
    for (auto [pipe, tail, poll] :
         {std::tuple{&output, &said, &waiting[0]}, std::tuple{&error, &complained, &waiting[1]}}) {
      if (ready <= 0 || poll->revents == 0) continue;
      const ssize_t size = ::read(pipe->out.get(), buffer.data(), buffer.size());
      if (size > 0) tail->add(buffer.data(), static_cast<std::size_t>(size));
      else if (size == 0 || errno != EINTR) pipe->out.close();
    }
  }
  while (!child.wait(WNOHANG)) {  // it closed its streams, and works on
    if (std::chrono::duration<double>(Clock::now() - begin).count() > seconds_)
      throw std::runtime_error("it took longer than " + detail::to_text(seconds_) + " s");
    if (stop_ && stop_()) throw Stopped();
    ::usleep(200);
  }

  const std::string reason = complained.last("\n").substr(0, 200);
  if (WIFSIGNALED(child.status()))
    throw std::runtime_error("the command was ended by signal " + std::to_string(WTERMSIG(child.status())));
  if (const int code = WEXITSTATUS(child.status()); code != 0)
    throw std::runtime_error("the command ended with exit code " + std::to_string(code) +
                             (reason.empty() ? "" : " (" + reason + ")"));
  const std::string word = said.last(" \t\r\n");
  if (word.empty()) throw std::runtime_error("the command printed nothing");
  const std::string_view digits = word.starts_with('+') ? std::string_view(word).substr(1) : std::string_view(word);
  double value = 0;
  const auto [end, error_code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error_code != std::errc{} || end != digits.data() + digits.size())
    throw std::runtime_error("the command printed '" + word.substr(0, 60) + "' where a number should stand");
  return value;
}

}  // namespace rover
