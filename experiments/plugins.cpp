#include "experiments/plugins.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <set>

#include "agents/agent.h"
#include "core/plugin.h"
#include "storage/atomic_file.h"

namespace rover {
namespace {

/// "rover::make_thing(int)" for the mangled name of it.
std::string demangled(const std::string& name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(abi::__cxa_demangle(name.c_str(), nullptr, nullptr, &status),
                                                    std::free);
  return text ? text.get() : name;
}

/// The loader's message without the file's name, and an undefined symbol as a sentence about it.
std::string loader_error(const std::string& file) {
  const char* const given = ::dlerror();
  std::string text = given ? given : "the loader does not say why";
  if (text.starts_with(file + ": ")) text.erase(0, file.size() + 2);
  static const std::string undefined = "undefined symbol: ";
  if (text.starts_with(undefined))
    return "it needs " + demangled(text.substr(undefined.size())) +
           ", which this program has not: it was built against another version, or lacks a library";
  return text;
}

/// An exception that leaves an initialiser ends the process, and a crash does, too: a child process tries. Returns why
/// it died, or "".
std::string death_of_loading(const std::string& file) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};  // then we shall see
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(number, SIG_DFL);
    ::dup2(ends[1], STDERR_FILENO);
    ::dup2(ends[1], STDOUT_FILENO);
    ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    ::_exit(0);
  }
  ::close(ends[1]);
  std::string said;
  std::array<char, 1024> buffer{};
  for (ssize_t size; (size = ::read(ends[0], buffer.data(), buffer.size())) > 0 || (size < 0 && errno == EINTR);)
    if (size > 0) said.append(buffer.data(), static_cast<std::size_t>(size));
  ::close(ends[0]);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  if (child < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0)) return {};
  const std::string what = "what():  ";
  if (const auto at = said.find(what); at != said.npos)
    return "its initialiser threw: " + said.substr(at + what.size(), said.find('\n', at) - at - what.size());
  if (WIFSIGNALED(status))
    return "signal " + std::to_string(WTERMSIG(status)) + " ended its initialiser, or the file is damaged";
  return "its initialiser ended the process";
}

/// Throws when an agent that was not there before would be tuned with values that it does not take.
void check_grids(const std::vector<std::string>& before) {
  for (const std::string& id : agents().ids()) {
    if (std::ranges::find(before, id) != before.end()) continue;
    for (const auto& [key, values] : agents().info(id).tuning)
      for (const std::string& value : values) try {
          (void)agents().make(id, {{key, value}});
        } catch (const UsageError& error) {
          throw std::logic_error("the agent '" + id + "' is tuned with values that it refuses: " + error.what());
        }
  }
}

}  // namespace

void load_plugin(const std::string& path) {
  const auto refuse = [&](const std::string& why) { throw std::runtime_error("the plug-in '" + path + "' " + why); };
  std::error_code error;
  const std::string file = std::filesystem::canonical(path, error).string();
  if (error) refuse("cannot be opened: " + system_reason(error.value()));
  static std::set<std::string> loaded;
  if (loaded.contains(file)) return;
  if (!std::filesystem::is_regular_file(file)) refuse("cannot be loaded: not a file");
  if (const std::string death = death_of_loading(file); !death.empty()) refuse("cannot be loaded: " + death);
  void* const handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) refuse("cannot be loaded: " + loader_error(file));
  const auto* const info = static_cast<const PluginInfo*>(::dlsym(handle, "rover_plugin"));
  if (!info) refuse("is no plug-in of this program: it lacks ROVER_PLUGIN(…) of core/plugin.h");
  if (info->built_for != interface_version)
    refuse("was built for version " + std::to_string(info->built_for) + " of the interface, this program has version " +
           std::to_string(interface_version) + ": build it anew");
  const PluginInfo own;
  if (info->settings_size != own.settings_size || info->entry_size != own.entry_size)
    refuse("was built with another compiler or standard library than this program");
  const auto before = agents().ids();
  try {
    info->add();
    check_grids(before);
  } catch (const std::exception& failure) { refuse("cannot add what it brings: " + std::string(failure.what())); }
  loaded.insert(file);
}

void load_plugins(std::vector<std::string>& arguments) {
  static const std::string option = "--plugin";
  for (std::size_t k = 0; k < arguments.size();) {
    const std::string argument = arguments[k];
    std::string path;
    if (argument == option) {
      if (k + 1 == arguments.size() || arguments[k + 1].empty())
        throw UsageError("--plugin needs a path: ./libmine.so");
      path = arguments[k + 1];
      arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(k));
    } else if (argument.starts_with(option + "=")) {
      path = argument.substr(option.size() + 1);
      if (path.empty()) throw UsageError("--plugin needs a path: ./libmine.so");
    } else {
      ++k;
      continue;
    }
    arguments.erase(arguments.begin() + static_cast<std::ptrdiff_t>(k));
    load_plugin(path);
  }
}

}  // namespace rover
