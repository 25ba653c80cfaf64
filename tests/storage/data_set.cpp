#include "storage/data_set.h"

#include <doctest/doctest.h>

#include "storage/checkpoint.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

constexpr std::size_t kN = 4;

/// Rows [first, first + count) of a data set whose every value follows from its row.
DataSet block(std::uint64_t first, std::size_t count) {
  DataSet out;
  out.n = kN;
  for (std::uint64_t row = first; row < first + count; ++row) {
    for (std::size_t i = 0; i < kN * kN; ++i) out.grids_bnn.push_back(static_cast<float>(row * 17 + i) * 0.37f);
    for (int i = 0; i < 2; ++i) out.directions_b2.push_back(static_cast<float>(row) + 0.5f * static_cast<float>(i));
    out.labels.push_back(static_cast<std::uint8_t>(row));
    out.landscapes.push_back(-static_cast<std::int32_t>(row));
    out.episodes.push_back(row / 3);
  }
  return out;
}

DataSetRows rows_of(const DataSet& set) {
  return {set.grids_bnn, set.directions_b2, set.labels, set.landscapes, set.episodes};
}

bool same(const DataSet& a, const DataSet& b) {
  return a.n == b.n && a.grids_bnn == b.grids_bnn && a.directions_b2 == b.directions_b2 && a.labels == b.labels &&
         a.landscapes == b.landscapes && a.episodes == b.episodes;
}

TEST_CASE("a data set comes back, whole and in parts") {
  const Scratch scratch;
  const auto path = scratch / "data.h5";
  {
    DataSetWriter writer = DataSetWriter::create(path, kN, {{"noise", "0.1"}});
    CHECK(read_data_set(path).size() == 0);
    for (std::uint64_t first = 0; first < 3000; first += 300) writer.append(rows_of(block(first, 300)));
    CHECK(writer.rows() == 3000);
    CHECK(read_data_set(path).size() == 2048);  // whole chunks, before any flush
    writer.flush();
    CHECK(same(read_data_set(path), block(0, 3000)));
    writer.append(rows_of(block(3000, 10)));
  }
  const DataSet read = read_data_set(path);
  CHECK(same(read, block(0, 3010)));
  CHECK(read.attributes == DataSetWriter::Attributes{{"noise", "0.1"}});
  CHECK(same(read_data_set(path, 1000, 100), block(1000, 100)));
  CHECK(same(read_data_set(path, 3000, 100), block(3000, 10)));
  CHECK(read_data_set(path, 9999).size() == 0);
}

TEST_CASE("a data set resumes where its checkpoint counts it") {
  const Scratch scratch;
  const auto path = scratch / "data.h5";
  { DataSetWriter::create(path, kN, {{"noise", "0.1"}}).append(rows_of(block(0, 2500))); }
  {
    DataSetWriter writer = DataSetWriter::resume(path, 1500);
    CHECK(writer.rows() == 1500);
    CHECK(same(read_data_set(path), block(0, 1500)));
    writer.append(rows_of(block(1500, 100)));
  }
  CHECK(same(read_data_set(path), block(0, 1600)));
  CHECK(read_data_set(path).attributes.at("noise") == "0.1");
  { DataSetWriter::resume(path, 0).append(rows_of(block(0, 7))); }
  CHECK(same(read_data_set(path), block(0, 7)));
  CHECK(error_of([&] { DataSetWriter::resume(path, 8); }) ==
        "'" + path.string() + "' holds 7 rows, not the 8 to resume from");
  CHECK(same(read_data_set(path), block(0, 7)));
}

TEST_CASE("kill -9 while a data set grows keeps every acknowledged row") {
  const Scratch scratch;
  const auto path = scratch / "data.h5";
  for (int trial = 0; trial < 8; ++trial) {
    const std::uint64_t acknowledged =
        killed_while(static_cast<useconds_t>(5000 + 6000 * trial), [&](const auto& acknowledge) {
          DataSetWriter writer = DataSetWriter::create(path, kN, {});
          for (std::uint64_t first = 0;; first += 150) {
            writer.append(rows_of(block(first, 150)));
            if (first % 4 == 0) writer.flush(), acknowledge(first + 150);
          }
        });
    CAPTURE(trial);
    REQUIRE(acknowledged > 0);
    const DataSet read = read_data_set(path);
    REQUIRE(read.size() >= acknowledged);
    CHECK(same(read, block(0, read.size())));
    DataSetWriter::resume(path, acknowledged);
    CHECK(same(read_data_set(path), block(0, acknowledged)));
  }
}

TEST_CASE("a data set on a full disk is one sentence, and what was acknowledged stays") {
  const Scratch scratch;
  const auto path = scratch / "data.h5";
  DataSetWriter::create(path, kN, {});
  CHECK(with_file_limit(400000, [&] {
          DataSetWriter writer = DataSetWriter::resume(path, 0);
          for (std::uint64_t first = 0; first < 1000000; first += 512) writer.append(rows_of(block(first, 512)));
        }) == "cannot write '" + path.string() + "': file too large");
  const DataSet read = read_data_set(path);
  CHECK(read.size() >= 2048);
  CHECK(same(read, block(0, read.size())));
}

TEST_CASE("blocks and files that do not fit are refused") {
  const Scratch scratch;
  const auto path = scratch / "data.h5";
  DataSetWriter writer = DataSetWriter::create(path, kN, {});
  DataSet wrong = block(0, 3);
  wrong.directions_b2.pop_back();
  CHECK_THROWS_WITH_AS(writer.append(rows_of(wrong)), "a block of 3 rows needs 6 values of 'directions', not 5",
                       std::invalid_argument);
  CHECK(writer.rows() == 0);
  CHECK_THROWS_AS(DataSetWriter::create(path, 0, {}), std::invalid_argument);
  CHECK(error_of([&] { (void)Checkpoint::read(path); }) == "'" + path.string() + "' is a data set, not a checkpoint");
  CHECK(error_of([&] { (void)read_data_set(scratch / "no.h5"); }) ==
        "cannot open '" + (scratch / "no.h5").string() + "': no such file");
}

}  // namespace
}  // namespace rover
