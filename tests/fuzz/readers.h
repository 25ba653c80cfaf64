#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace rover::fuzz {

/// The outcome of one input.
enum class Outcome { read, refused, contained };  ///< contained: HDF5 itself failed, in the process that read the file

/// A reader with its corpus, in memory: small files as the program's own writers make them, and IDX files.
struct Target {
  std::string name;
  std::vector<std::string> corpus;
};
/// checkpoint, run_log, data_set, evaluation, episodes, describe, model, idx. `scratch`: a folder to make files in.
std::vector<Target> targets(const std::filesystem::path& scratch);

/// Lets the reader `name` read `bytes`, put in a file below `scratch`. Throws std::logic_error for what no input may
/// cause: an exception that is no std::runtime_error, or one that is not one sentence.
Outcome read(const std::string& name, const std::string& bytes, const std::filesystem::path& scratch);

/// The same for a model whose entries are altered and whose hash is right, as in a forged file.
Outcome load_altered_model(const std::string& bytes, std::uint64_t state, const std::filesystem::path& scratch);

}  // namespace rover::fuzz
