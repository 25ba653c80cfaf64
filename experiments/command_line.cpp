#include "experiments/command_line.h"

#include <charconv>
#include <functional>
#include <iostream>
#include <new>
#include <stdexcept>
#include <utility>

#include "core/settings.h"
#include "experiments/commands.h"
#include "experiments/entries.h"
#include "experiments/manual.h"
#include "experiments/plugins.h"
#include "experiments/register.h"

namespace rover {
namespace po = boost::program_options;
namespace {

struct Command {
  const char* name;
  const char* summary;
  int (*run)(std::span<const std::string>);
};

int help_command(std::span<const std::string> arguments);

constexpr Command kCommands[] = {
    {"train", "train an agent, or go on with a training", train_command},
    {"minimize", "minimise a function of your own, or a landscape", minimize_command},
    {"evaluate", "compare agents on functions they never saw", evaluate_command},
    {"tune", "find an agent's settings on training functions", tune_command},
    {"reproduce", "the paper's tables and figures, beside the paper's", reproduce_command},
    {"plot", "draw the results of an evaluation or a training", plot_command},
    {"list", "agents, landscapes, envs, suites, presets or trainers", list_command},
    {"info", "what a file of this program holds", info_command},
    {"help", "about a command, an agent, a landscape, … by its name", help_command},
};

void print_help(std::ostream& out) {
  out << "rover: optimization as navigation\n\nusage: rover COMMAND [arguments]   (rover COMMAND --help tells "
         "more)\n\n";
  for (const auto& command : kCommands)
    out << "  " << command.name << std::string(11 - std::string(command.name).size(), ' ') << command.summary << '\n';
  out << "\nWith any command:\n  --plugin FILE    agents, landscapes, environments and trainers of your own, from a "
         "shared "
         "object\n  --deterministic  the same bits on every processor of this architecture, but slower\n\nrover "
         "--version shows the version. Exit codes: 0 done, 1 the run failed, 2 the call was wrong, 130 "
         "interrupted.\n";
}

/// `rover help COMMAND …`: the command's --help. KIND [NAME]: as `rover list`. NAME: everything of that name.
int help_command(std::span<const std::string> arguments) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h") {
    print_help(std::cout);
    return 0;
  }
  const std::string& name = arguments[0];
  if (name == "--man" || name == "--bash-completion") {
    std::cout << (name == "--man" ? man_page() : bash_completion());
    return 0;
  }
  if (name.starts_with("-"))
    throw UsageError(unknown_name("option", name, {"--help", "--man", "--bash-completion"}) + " (rover help)");
  std::vector<std::string> known;
  for (const auto& command : kCommands) {
    known.push_back(command.name);
    if (name != command.name) continue;
    std::vector<std::string> call(arguments.begin() + 1, arguments.end());
    call.emplace_back("--help");
    return command.run(call);
  }
  if (find_kind(name)) return list_command(arguments);
  bool found = false;
  for (const Kind& kind : kinds())
    for (const auto& id : kind.ids()) {
      known.push_back(id);
      if (id == name) std::cout << (std::exchange(found, true) ? "\n" : "") << kind.text(id);
    }
  if (!found) throw UsageError(unknown_name("name", name, known) + " (rover help, rover list agents)");
  return 0;
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    print_help(std::cerr);
    return 2;
  }
  const std::string& name = arguments[0];
  if (name == "--help" || name == "-h") {
    print_help(std::cout);
    return 0;
  }
  if (name == "--version") {
    std::cout << "rover " ROVER_VERSION "\n";
    return 0;
  }
  for (const auto& command : kCommands)
    if (name == command.name) return command.run(std::span(arguments).subspan(1));
  const bool option = name.starts_with("-");
  std::vector<std::string> known;
  if (option) known = {"--help", "--version"};
  else
    for (const auto& command : kCommands) known.push_back(command.name);
  throw UsageError(unknown_name(option ? "option" : "command", name, known) + " (rover --help)");
}

/// Thrown by parse_arguments when called for command_options, once the options are known.
struct OptionsAreKnown {};
std::vector<CommandOption>* asked_options = nullptr;

std::vector<CommandOption> read_options(const po::options_description& options, const std::string& positional) {
  std::vector<CommandOption> out;
  for (const auto& option : options.options()) {
    if (option->long_name() == positional) continue;
    const bool takes_value = option->semantic()->max_tokens() > 0;
    out.push_back({"--" + option->long_name(), takes_value ? option->semantic()->name() : "", option->description()});
  }
  return out;
}

/// One sentence; LibTorch's what() carries a backtrace after its first line.
int fail(const std::string& text, int code) {
  std::cerr << "rover: " << text.substr(0, text.find('\n')) << std::endl;
  return code;
}

}  // namespace

std::vector<CommandInfo> command_list() {
  std::vector<CommandInfo> out;
  for (const auto& command : kCommands) out.push_back({command.name, command.summary});
  return out;
}

std::vector<CommandOption> command_options(const std::string& command) {
  std::vector<CommandOption> out;
  for (const auto& one : kCommands) {
    if (command != one.name || one.run == help_command) continue;
    asked_options = &out;
    try {
      one.run({});
    } catch (const OptionsAreKnown&) {}
    asked_options = nullptr;
  }
  return out;
}

int run_command_line(const std::vector<std::string>& arguments) {
  try {
    register_all();
    std::vector<std::string> own = arguments;
    load_plugins(own);
    const int code = run(own);
    if (!std::cout.flush()) return fail("cannot write to the standard output", 1);
    return code;
  } catch (const UsageError& error) { return fail(error.what(), 2); } catch (const std::bad_alloc&) {
    return fail("out of memory", 1);
  } catch (const std::length_error&) {  // a container larger than any memory
    return fail("out of memory", 1);
  } catch (const std::exception& error) { return fail(error.what(), 1); }
}

std::uint64_t whole_number(const po::variables_map& given, const std::string& option, std::uint64_t least,
                           std::uint64_t most) {
  const auto text = given[option].as<std::string>();
  const char* end = text.data() + text.size();
  std::uint64_t value = 0;
  if (const auto read = std::from_chars(text.data(), end, value);
      read.ec == std::errc{} && read.ptr == end && value >= least && value <= most)
    return value;
  throw UsageError("--" + option + " " + text + " is not a whole number " +
                   (most == ~std::uint64_t{0} ? "≥ " + std::to_string(least)
                                              : "from " + std::to_string(least) + " to " + std::to_string(most)));
}

po::variables_map parse_arguments(const po::options_description& options, const std::string& positional,
                                  std::span<const std::string> arguments) {
  if (asked_options) {
    *asked_options = read_options(options, positional);
    throw OptionsAreKnown{};
  }
  po::positional_options_description places;
  if (!positional.empty()) places.add(positional.c_str(), -1);
  po::variables_map values;
  try {
    namespace style = po::command_line_style;
    po::store(po::command_line_parser(std::vector<std::string>(arguments.begin(), arguments.end()))
                  .options(options)
                  .positional(places)
                  .style(style::unix_style & ~style::allow_guessing)
                  .run(),
              values);
    po::notify(values);
  } catch (const po::unknown_option& error) {
    std::vector<std::string> known;
    for (const auto& option : options.options())
      if (option->long_name() != positional) known.push_back("--" + option->long_name());
    throw UsageError(unknown_name("option", error.get_option_name(), known));
  } catch (const po::too_many_positional_options_error&) {
    for (const auto& argument : arguments)
      if (!argument.starts_with("-")) throw UsageError("unexpected argument '" + argument + "'");
    throw UsageError("too many arguments");
  } catch (const po::error& error) { throw UsageError(error.what()); }
  return values;
}

}  // namespace rover
