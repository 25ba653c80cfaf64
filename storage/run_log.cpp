#include "storage/run_log.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "storage/appendable.h"
#include "storage/hdf5.h"

namespace rover {
namespace {

struct Row {
  std::uint64_t step;
  double value;
};

// The step of rows that a kill left grown but not filled: they were not acknowledged, so they are not read.
constexpr std::uint64_t kUnwritten = std::numeric_limits<std::uint64_t>::max();
constexpr hsize_t kChunkRows = 256;

h5::Handle row_type() {
  h5::Handle type(H5Tcreate(H5T_COMPOUND, sizeof(Row)));
  H5Tinsert(type, "step", HOFFSET(Row, step), H5T_NATIVE_UINT64);
  H5Tinsert(type, "value", HOFFSET(Row, value), H5T_NATIVE_DOUBLE);
  return type;
}

}  // namespace

struct RunLog::Impl {
  struct Series {
    h5::Handle set;
    hsize_t written = 0;
    std::vector<Row> pending;
  };
  h5::GrowingFile file;
  h5::Handle type = row_type();
  std::map<std::string, Series> series;

  /// Under a temporary name until every series exists, so that `path` always holds a log that opens.
  Impl(const std::filesystem::path& path, const RunRecord& record) : file(h5::kRunLog, path) {
    const h5::Quiet quiet;
    h5::put_texts(file.id(), record.attributes);
    if (!record.origin.command.empty()) h5::put_origin(file.id(), record.origin);
    const Row unwritten{kUnwritten, std::numeric_limits<double>::quiet_NaN()};
    const h5::About about{"step: steps of the training; value: the metric's own",
                          "a row each time the metric was logged; rows of step 2^64 - 1 were never written"};
    for (const auto& [name, rows] : record.series)
      file.add("series/" + name, type, {}, kChunkRows, &unwritten, false, about);
    file.start();
    for (const auto& [name, rows] : record.series) {
      Series& one = series[name];
      one.set = h5::open_data_set(file.id(), "series/" + name);
      for (std::size_t i = 0; i < rows.steps.size(); ++i) one.pending.push_back({rows.steps[i], rows.values[i]});
    }
    flush();
    file.publish();
  }

  void flush() {
    const h5::Quiet quiet;
    std::size_t bytes = 0;
    for (const auto& [name, one] : series) bytes += h5::append_bytes(one.set, one.pending.size());
    file.reserve(bytes);
    for (auto& [name, one] : series) {
      h5::append(file.path(), one.set, type, one.written, one.pending.size(), one.pending.data());
      one.written += one.pending.size();
      one.pending.clear();
    }
  }
};

RunLog::RunLog(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RunLog::RunLog(RunLog&&) noexcept = default;
RunLog& RunLog::operator=(RunLog&&) noexcept = default;

RunLog::~RunLog() {
  if (!impl_) return;
  try {
    impl_->flush();
  } catch (const std::exception&) {  // a destructor cannot report it
  }
}

RunLog RunLog::create(const std::filesystem::path& path, const std::vector<std::string>& series,
                      const Attributes& attributes) {
  RunRecord record;
  for (const std::string& name : series) record.series[name];
  record.attributes = attributes;
  return RunLog(std::make_unique<Impl>(path, record));
}

RunLog RunLog::resume(const std::filesystem::path& path, std::uint64_t last_step) {
  RunRecord record = read_run_log(path);
  for (auto& [name, rows] : record.series) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < rows.steps.size(); ++i) {
      if (rows.steps[i] > last_step) continue;
      rows.steps[kept] = rows.steps[i], rows.values[kept] = rows.values[i];
      ++kept;
    }
    rows.steps.resize(kept), rows.values.resize(kept);
  }
  return RunLog(std::make_unique<Impl>(path, record));
}

void RunLog::append(const std::string& series, std::uint64_t step, double value) {
  const auto found = impl_->series.find(series);
  if (found == impl_->series.end()) throw std::invalid_argument("the run log has no series '" + series + "'");
  found->second.pending.push_back({step, value});
}

void RunLog::flush() { impl_->flush(); }

static void transfer(Wire& wire, RunSeries& series) { wire(series.steps, series.values); }
static void transfer(Wire& wire, Provenance& made) {
  wire(made.command, made.date, made.version, made.commit, made.simd_target);
}
static void transfer(Wire& wire, RunRecord& record) { wire(record.series, record.attributes, record.origin); }

static RunRecord read_here(const std::filesystem::path& path) {
  const h5::Quiet quiet;
  const h5::Handle file = h5::open(path, h5::kRunLog);
  RunRecord out;
  out.attributes = h5::texts(file);
  out.origin = h5::origin(file);
  if (H5Lexists(file, "series", H5P_DEFAULT) <= 0) return out;  // a run without metrics
  const h5::Handle group = h5::open_object(file, "series"), type = row_type();
  h5::for_each_data_set(group, [&](const std::string& name, hid_t set) {
    RunSeries& series = out.series[name];
    const std::uint64_t count = h5::row_count(set, type, {}, name);
    std::vector<Row> rows;
    for (std::uint64_t first = 0; first < count; first += rows.size()) {
      rows.resize(std::min<std::uint64_t>(count - first, kChunkRows * 64));
      h5::read_rows(set, type, first, rows.size(), rows.data(), name);
      for (const Row& row : rows) {
        if (row.step == kUnwritten) return;
        series.steps.push_back(row.step), series.values.push_back(row.value);
      }
    }
  });
  return out;
}

RunRecord read_run_log(const std::filesystem::path& path) {
  RunRecord out = isolated(path, [&] { return read_here(path); });
  for (const auto& [name, series] : out.series)
    if (series.values.size() != series.steps.size())
      throw std::runtime_error("'" + path.string() + "' is damaged: cannot read '" + name + "'");
  return out;
}

}  // namespace rover
