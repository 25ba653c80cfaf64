#include <iostream>

#include "core/settings.h"
#include "experiments/command_line.h"
#include "experiments/commands.h"
#include "storage/describe.h"

namespace rover {
namespace po = boost::program_options;

int info_command(std::span<const std::string> arguments) {
  po::options_description options("options"), all;
  options.add_options()("help,h", po::bool_switch(), "this text");
  all.add(options).add_options()("files", po::value<std::vector<std::string>>());
  const po::variables_map given = parse_arguments(all, "files", arguments);
  if (given["help"].as<bool>()) {
    std::cout << "usage: rover info FILE|RUN…\n\nShows what an HDF5 file of this program holds: its kind, version, "
                 "settings and arrays.\n";
    return 0;
  }
  if (!given.count("files")) throw UsageError("info on what? rover info FILE|RUN…");
  for (const auto& file : given["files"].as<std::vector<std::string>>()) std::cout << describe_file(file);
  return 0;
}

}  // namespace rover
