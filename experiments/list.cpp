#include <iostream>

#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "experiments/entries.h"

namespace rover {
namespace po = boost::program_options;
namespace {

constexpr const char* usage = "rover list agents|landscapes|envs|suites|presets|trainers [NAME ...]";

/// The names asked for of one kind; none: all.
struct Request {
  const Kind* kind;
  std::vector<std::string> names;
};

std::vector<Request> read_requests(const std::vector<std::string>& arguments) {
  std::vector<Request> out;
  for (const auto& argument : arguments) {
    if (const Kind* const kind = find_kind(argument)) {
      out.push_back({kind, {}});
    } else if (out.empty()) {
      std::vector<std::string> known;
      for (const Kind& one : kinds()) known.push_back(one.name);
      throw UsageError(unknown_name("kind of thing", argument, known) + " (" + usage + ")");
    } else {
      require_id(*out.back().kind, argument);
      out.back().names.push_back(argument);
    }
  }
  return out;
}

void print_json(const Request& request) {
  const bool all = request.names.empty();
  const auto names = all ? request.kind->ids() : request.names;
  if (!all && names.size() == 1) {
    std::cout << request.kind->json(names[0]) << '\n';
    return;
  }
  std::cout << "[";
  for (std::size_t k = 0; k < names.size(); ++k) std::cout << (k == 0 ? "\n" : ",\n") << request.kind->json(names[k]);
  std::cout << "\n]\n";
}

}  // namespace

int list_command(std::span<const std::string> arguments) {
  po::options_description options("options"), all;
  options.add_options()("json", po::bool_switch(), "for tools: everything that is known, as JSON")(
      "help,h", po::bool_switch(), "this text");
  all.add(options).add_options()("arguments", po::value<std::vector<std::string>>());
  const po::variables_map given = parse_arguments(all, "arguments", arguments);
  if (given["help"].as<bool>()) {
    std::cout
        << "usage: " << usage
        << "\n\nShows every name of that kind with what it is; with a NAME all about that one: what it needs, its "
           "settings\nwith defaults and ranges, what is tuned.\n\n"
        << options;
    return 0;
  }
  if (!given.count("arguments")) throw UsageError(std::string("list what? ") + usage);
  const auto requests = read_requests(given["arguments"].as<std::vector<std::string>>());
  if (given["json"].as<bool>() && requests.size() > 1) throw UsageError("--json shows one kind at a time");
  for (const Request& request : requests) {
    if (given["json"].as<bool>()) {
      print_json(request);
      continue;
    }
    if (&request != &requests.front()) std::cout << '\n';
    if (request.names.empty()) std::cout << request.kind->table();
    for (std::size_t k = 0; k < request.names.size(); ++k)
      std::cout << (k == 0 ? "" : "\n") << request.kind->text(request.names[k]);
  }
  return 0;
}

}  // namespace rover
