#pragma once
#include <filesystem>
#include <vector>

namespace rover {

/// The folders that may hold presets/ and models/, in the order in which they are searched:
/// $ROVER_DATA, if it is set; share/rover_descent in the nearest folder above the executable that has one (the prefix
/// of an installed program, wherever it was moved to, or the build folder); what add_data_folder was given. Throws
/// UsageError when $ROVER_DATA is no folder.
std::vector<std::filesystem::path> data_folders();

/// Adds a folder to the end of data_folders(). For programs that link the library and are installed elsewhere: each
/// target that links it through find_package(RoverDescent) is given the package's folder.
void add_data_folder(std::filesystem::path folder);

}  // namespace rover
