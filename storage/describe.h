#pragma once
#include <filesystem>
#include <string>

namespace rover {

/// What an HDF5 file (or a run's folder: its run.h5; or a recording's) holds, as text for people: kind and versions,
/// attributes, a summary of what we know of its kind (rows, last values), then its data sets with types and shapes. Any
/// HDF5 file will do. Throws std::runtime_error, in one sentence, for any other file, and for a damaged one of ours.
std::string describe_file(const std::filesystem::path& path);

}  // namespace rover
