#include "storage/data_set.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "storage/appendable.h"
#include "storage/hdf5.h"

namespace rover {
namespace {

constexpr std::size_t kChunkRows = 1024, kMaxSide = 4096;
constexpr const char* kNames[] = {"grids", "directions", "labels", "landscape", "episode"};
// The episode number of rows that a kill left grown but not filled: they were not acknowledged, so they are not read.
constexpr std::uint64_t kUnwritten = std::numeric_limits<std::uint64_t>::max();

/// Calls visit(name, column, values a row) for each column of a DataSet, always in the same order.
template <class Rows, class Visit>
void for_each_column(Rows& rows, std::size_t n, Visit&& visit) {
  visit(kNames[0], rows.grids_bnn, n * n);
  visit(kNames[1], rows.directions_b2, std::size_t{2});
  visit(kNames[2], rows.labels, std::size_t{1});
  visit(kNames[3], rows.landscapes, std::size_t{1});
  visit(kNames[4], rows.episodes, std::size_t{1});
}

template <class Column>
hid_t type_of(const Column&) {
  return h5::native_type<typename Column::value_type>();
}

struct Columns {
  std::array<h5::Handle, std::size(kNames)> sets;
  std::size_t n = 0;
  std::uint64_t rows = kUnwritten;  ///< that every column holds, less those at the end that a kill left unwritten
};

h5::Shape row_shape(const std::string& name, std::size_t n, std::size_t width) {
  return name == "grids" ? h5::Shape{n, n} : width > 1 ? h5::Shape{width} : h5::Shape{};
}

h5::About about(const std::string& name) {
  if (name == "grids") return {"1", "function values around a point, rescaled to [0, 1]; a grid of n x n a row"};
  if (name == "directions")
    return {"1", "unit vector from the grid's middle; first entry along the grid's first index"};
  if (name == "labels") return {"1", "1: the teacher's direction; 0: another one, on the same grid"};
  if (name == "landscape") return {"1", "index of the function's family, in the order of the attribute 'landscapes'"};
  return {"1", "number of the teacher's run that the grid comes from; rows of 2^64 - 1 were never written"};
}

Columns open_columns(hid_t file) {
  Columns out;
  for (std::size_t i = 0; i < out.sets.size(); ++i) out.sets[i] = h5::open_data_set(file, kNames[i]);
  const h5::Shape grids = h5::shape_of(out.sets[0]);
  if (grids.size() != 3 || grids[1] != grids[2] || grids[1] == 0 || grids[1] > kMaxSide) h5::fail_read(file, kNames[0]);
  out.n = grids[1];
  std::size_t i = 0;
  DataSet types;
  for_each_column(types, out.n, [&](const std::string& name, const auto& column, std::size_t width) {
    out.rows = std::min(out.rows, h5::row_count(out.sets[i++], type_of(column), row_shape(name, out.n, width), name));
  });
  std::array<std::uint64_t, kChunkRows> block;
  while (out.rows > 0) {
    const std::uint64_t first = (out.rows - 1) / kChunkRows * kChunkRows, count = out.rows - first;
    h5::read_rows(out.sets.back(), H5T_NATIVE_UINT64, first, count, block.data(), kNames[4]);
    const auto whole = static_cast<std::uint64_t>(
        std::find(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count), kUnwritten) - block.begin());
    out.rows = first + whole;
    if (whole > 0) break;
  }
  return out;
}

}  // namespace

struct DataSetWriter::Impl {
  h5::GrowingFile file;
  std::size_t n;
  std::array<h5::Handle, std::size(kNames)> sets;
  std::uint64_t written = 0;
  DataSet pending;

  Impl(const std::filesystem::path& path, std::size_t grid_size, const Attributes& attributes)
      : file(h5::kDataSet, path), n(grid_size) {
    if (n == 0) throw std::invalid_argument("a data set needs grids of at least 1×1");
    const h5::Quiet quiet;
    h5::put_texts(file.id(), attributes);
    for_each_column(pending, n, [&](const std::string& name, const auto& column, std::size_t width) {
      file.add(name, type_of(column), row_shape(name, n, width), kChunkRows, name == "episode" ? &kUnwritten : nullptr,
               true, about(name));
    });
    file.start();
    for (std::size_t i = 0; i < sets.size(); ++i) sets[i] = h5::open_data_set(file.id(), kNames[i]);
  }

  void append(const DataSetRows& rows) {
    const std::size_t count = rows.labels.size();
    for_each_column(rows, n, [&](const std::string& name, const auto& column, std::size_t width) {
      if (column.size() != count * width)
        throw std::invalid_argument("a block of " + std::to_string(count) + " rows needs " +
                                    std::to_string(count * width) + " values of '" + name + "', not " +
                                    std::to_string(column.size()));
    });
    const auto add = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
    add(pending.grids_bnn, rows.grids_bnn), add(pending.directions_b2, rows.directions_b2),
        add(pending.labels, rows.labels);
    add(pending.landscapes, rows.landscapes), add(pending.episodes, rows.episodes);
    const std::uint64_t end =
        (written + pending.size()) / kChunkRows * kChunkRows;  // whole chunks, so that each is compressed once
    if (end > written) write(end - written);
  }

  void write(std::size_t count) {
    const h5::Quiet quiet;
    if (count == 0) return;
    std::size_t bytes = 0;
    for (const auto& set : sets) bytes += h5::append_bytes(set, count);
    file.reserve(bytes);
    std::size_t i = 0;
    for_each_column(pending, n, [&](const std::string&, const auto& column, std::size_t) {
      h5::append(file.path(), sets[i++], type_of(column), written, count, column.data());
    });
    for_each_column(pending, n, [&](const std::string&, auto& column, std::size_t width) {
      column.erase(column.begin(), column.begin() + static_cast<std::ptrdiff_t>(count * width));
    });
    written += count;
  }
};

DataSetWriter::DataSetWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataSetWriter::DataSetWriter(DataSetWriter&&) noexcept = default;
DataSetWriter& DataSetWriter::operator=(DataSetWriter&&) noexcept = default;

DataSetWriter::~DataSetWriter() {
  if (!impl_) return;
  try {
    flush();
  } catch (const std::exception&) {  // a destructor cannot report it
  }
}

DataSetWriter DataSetWriter::create(const std::filesystem::path& path, std::size_t n, const Attributes& attributes) {
  auto impl = std::make_unique<Impl>(path, n, attributes);
  impl->file.publish();
  return DataSetWriter(std::move(impl));
}

DataSetWriter DataSetWriter::resume(const std::filesystem::path& path, std::uint64_t rows) {
  const std::uint64_t chunks = rows / kChunkRows;
  const DataSet rest = read_data_set(path, chunks * kChunkRows, rows - chunks * kChunkRows);
  if (rest.held < rows)
    throw std::runtime_error("'" + path.string() + "' holds " + std::to_string(rest.held) + " rows, not the " +
                             std::to_string(rows) + " to resume from");
  const h5::Quiet quiet;
  const h5::Handle old = h5::open(path, h5::kDataSet);
  const Columns from = open_columns(old);
  auto impl = std::make_unique<Impl>(path, rest.n, rest.attributes);
  for (std::size_t i = 0; i < impl->sets.size(); ++i) {
    impl->file.reserve(H5Dget_storage_size(from.sets[i]));
    h5::copy_chunks(path, from.sets[i], impl->sets[i], chunks, kNames[i]);
  }
  impl->written = chunks * kChunkRows;
  impl->append({rest.grids_bnn, rest.directions_b2, rest.labels, rest.landscapes, rest.episodes});
  impl->write(impl->pending.size());
  impl->file.publish();
  return DataSetWriter(std::move(impl));
}

void DataSetWriter::append(const DataSetRows& rows) { impl_->append(rows); }
void DataSetWriter::flush() { impl_->write(impl_->pending.size()); }
std::uint64_t DataSetWriter::rows() const { return impl_->written + impl_->pending.size(); }

static void transfer(Wire& wire, DataSet& rows) {
  wire(rows.n, rows.held, rows.grids_bnn, rows.directions_b2, rows.labels, rows.landscapes, rows.episodes,
       rows.attributes);
}

DataSet read_data_set(const std::filesystem::path& path, std::uint64_t first, std::uint64_t count) {
  const auto read = [&] {
    const h5::Quiet quiet;
    const h5::Handle file = h5::open(path, h5::kDataSet);
    const Columns columns = open_columns(file);
    DataSet out;
    out.n = columns.n, out.held = columns.rows;
    out.attributes = h5::texts(file);
    const std::uint64_t begin = std::min(first, columns.rows), rows = std::min(count, columns.rows - begin);
    std::size_t i = 0;
    for_each_column(out, out.n, [&](const char* name, auto& column, std::size_t width) {
      column.resize(rows * width);
      h5::read_rows(columns.sets[i++], type_of(column), begin, rows, column.data(), name);
    });
    return out;
  };
  DataSet out = isolated(path, read);
  for_each_column(out, out.n, [&](const std::string& name, const auto& column, std::size_t width) {
    if (column.size() != out.size() * width)
      throw std::runtime_error("'" + path.string() + "' is damaged: cannot read '" + name + "'");
  });
  return out;
}

}  // namespace rover
