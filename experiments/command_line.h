#pragma once
#include <boost/program_options.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rover {

/// The `rover` program after its name: finds the sub-command, runs it, and turns what it throws into one sentence on
/// stderr. Returns the exit code: 0, 2 for a wrong call, 1 for a failed run, 130 for an interrupted training.
int run_command_line(const std::vector<std::string>& arguments);

/// Parses a sub-command's arguments. Those without an option's name are collected in `positional` (a vector<string>
/// option of `options`, or "" to refuse them). Options are not abbreviated. Throws UsageError in one sentence, with a
/// suggestion for an unknown one.
boost::program_options::variables_map parse_arguments(const boost::program_options::options_description& options,
                                                      const std::string& positional,
                                                      std::span<const std::string> arguments);

/// The option's value. Throws UsageError, naming the range, when it is no whole number from `least` to `most`.
std::uint64_t whole_number(const boost::program_options::variables_map& given, const std::string& option,
                           std::uint64_t least = 0, std::uint64_t most = ~std::uint64_t{0});
/// The most threads that a command starts.
constexpr std::uint64_t kMaxThreads = 256;

/// The program's commands, in the order of its help.
struct CommandInfo {
  std::string name, summary;
};
std::vector<CommandInfo> command_list();
/// The options that a command takes, without running it.
struct CommandOption {
  std::string name, argument, help;  ///< "--out", "FOLDER" or "" for a switch
};
std::vector<CommandOption> command_options(const std::string& command);

}  // namespace rover
