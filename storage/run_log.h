#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/provenance.h"

namespace rover {

/// The series of one run in one HDF5 file, written under SWMR: others may read it while it grows, and after a kill −9
/// every row that `flush` had returned from is there. Each series is an extendible data set of (step, value) under
/// /series.
class RunLog {
 public:
  using Attributes = std::map<std::string, std::string>;

  /// A new log at `path` (one that is there is replaced). No series can be added later. `attributes`: config, seed,
  /// versions. Throws std::runtime_error when the file cannot be written.
  static RunLog create(const std::filesystem::path& path, const std::vector<std::string>& series,
                       const Attributes& attributes);
  /// Continues a log, after a kill or a normal end: keeps the rows with step ≤ `last_step`. The old log stays until the
  /// new one is complete.
  static RunLog resume(const std::filesystem::path& path, std::uint64_t last_step);

  RunLog(RunLog&&) noexcept;
  RunLog& operator=(RunLog&&) noexcept;
  ~RunLog();  ///< flushes, without reporting failures: call flush() where they matter

  /// Rows stay in memory until flush. Throws std::invalid_argument for a series that was not announced.
  void append(const std::string& series, std::uint64_t step, double value);
  /// Throws std::runtime_error when the rows cannot be written; they are then kept, and the next flush tries again.
  void flush();

 private:
  struct Impl;
  explicit RunLog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct RunSeries {
  std::vector<std::uint64_t> steps;
  std::vector<double> values;
};

struct RunRecord {
  std::map<std::string, RunSeries> series;
  RunLog::Attributes attributes;
  Provenance origin;  ///< command and date are those of the run's beginning
};

/// Can be called while the run goes on, and after a kill. Throws std::runtime_error for a file that is missing, not
/// HDF5 or no run log.
RunRecord read_run_log(const std::filesystem::path& path);

}  // namespace rover
