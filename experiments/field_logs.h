#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "storage/evaluation.h"

namespace rover {

// Results as the field's own tools read them. Both forms hold, of each run, the evaluations at which its best value
// improved; points are left out.

struct FieldLog {
  enum class Format {
    coco,  ///< COCO's: for cocopp, IOHanalyzer and iohinspector; of the suite bbob alone
    ioh    ///< IOHprofiler's, version 2: for IOHanalyzer and iohinspector
  } format;
  std::filesystem::path folder;
};

/// {"coco", "DIR", "ioh", "DIR2"} as the command line gives them. Throws UsageError.
std::vector<FieldLog> parse_field_logs(const std::vector<std::string>& words);

/// The file of one agent's runs on one function that names all others: folder/AGENT/….info or ….json. `number`: the
/// function's in its suite, from 1. One folder takes any number of evaluations: each agent, function and dimension has
/// files of its own.
std::filesystem::path index_file(const FieldLog& log, const std::string& agent, std::size_t number,
                                 const std::string& function, std::uint64_t dimension);

/// Writes the runs of all agents, each file whole or not at all and the index last; files that exist are replaced. The
/// value at evaluation 1 is that of the start, if the agent did not ask for another first. IOH's `raw_y` is the gap to
/// the optimum, as IOHexperimenter writes it of bbob, or the value where the optimum is not known. Throws
/// std::runtime_error in one sentence.
void write_field_log(const FieldLog& log, const Evaluation& evaluation);

}  // namespace rover
