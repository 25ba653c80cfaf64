// Hostile files: each reader refuses them in one sentence, at once, with little memory.
#include <doctest/doctest.h>
#include <hdf5.h>
#include <sys/stat.h>

#include <functional>

#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "storage/data_set.h"
#include "storage/describe.h"
#include "storage/episodes.h"
#include "storage/evaluation.h"
#include "storage/run_log.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

namespace fs = std::filesystem;

/// Changes a file through HDF5's own interface.
void alter(const fs::path& path, const std::function<void(hid_t file)>& change) {
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  REQUIRE(file >= 0);
  change(file);
  H5Fclose(file);
}

void remove_attribute(hid_t object, const char* name) { H5Adelete(object, name); }

void put_attribute(hid_t object, const char* name, hid_t type, const std::vector<hsize_t>& shape, const void* data) {
  if (H5Aexists(object, name) > 0) H5Adelete(object, name);
  const hid_t space =
      shape.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr);
  const hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  if (data) H5Awrite(attribute, type, data);
  H5Aclose(attribute), H5Sclose(space);
}

/// A data set of a shape, chunked (in chunks of one row's values, at most 64 a side) where `chunked`, never written.
/// False where HDF5 itself refuses to make one.
bool put_data_set(hid_t file, const char* name, hid_t type, const std::vector<hsize_t>& shape, bool chunked = false) {
  if (H5Lexists(file, name, H5P_DEFAULT) > 0) H5Ldelete(file, name, H5P_DEFAULT);
  const int rank = static_cast<int>(shape.size());
  const hid_t space = rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(rank, shape.data(), nullptr);
  const hid_t creation = H5Pcreate(H5P_DATASET_CREATE), links = H5Pcreate(H5P_LINK_CREATE);
  H5Pset_create_intermediate_group(links, 1);
  if (chunked) {
    std::vector<hsize_t> chunk;
    for (const hsize_t size : shape) chunk.push_back(std::min<hsize_t>(size, 64));
    H5Pset_chunk(creation, rank, chunk.data());
    H5Pset_deflate(creation, 1);
  } else {
    H5Pset_layout(creation, H5D_CONTIGUOUS);
    H5Pset_alloc_time(creation, H5D_ALLOC_TIME_LATE);
  }
  const hid_t set = H5Dcreate2(file, name, type, space, links, creation, H5P_DEFAULT);
  H5Pclose(creation), H5Pclose(links), H5Sclose(space);
  return set >= 0 && H5Dclose(set) >= 0;
}

hid_t fixed_text(std::size_t size) {
  const hid_t type = H5Tcopy(H5T_C_S1);
  H5Tset_size(type, size);
  return type;
}

struct Files {
  Scratch scratch;
  fs::path checkpoint = scratch / "checkpoint.h5", run_log = scratch / "run.h5", data_set = scratch / "data.h5",
           evaluation = scratch / "results.h5", recording = scratch / "recording";

  Files() { make(); }
  void make() const {
    Checkpoint content;
    content.put<float>("weights", {1, 2, 3, 4}, {2, 2});
    content.put_integer("step", 3);
    content.put_text("kind", "fit-net");
    content.write(checkpoint);
    {
      RunLog log = RunLog::create(run_log, {"loss"}, {{"seed", "1"}});
      log.append("loss", 1, 0.5);
    }
    {
      DataSetWriter rows = DataSetWriter::create(data_set, 2, {});
      rows.append({std::vector<float>(8), std::vector<float>(4), std::vector<std::uint8_t>(2),
                   std::vector<std::int32_t>(2), std::vector<std::uint64_t>(2)});
    }
    write_evaluation(evaluation, {{{"suite", "paper"}}, {}, {{"gd", "ackley", 0, 1, 0, 2, {0, 1}, {1, 2}, {2, 1}}}});
    EpisodeWriter episodes(recording, {"rover/x-v0", "{}", "{}", "", "", 0, {}});
    episodes.write({{1, 2}, {1}, {1}, {1}, {0}, 5, {{"value", {1, 2}}}});
    episodes.close();
  }
  /// One sentence, from the reader and from describe_file (which may also read the file, if it can).
  void refused(const fs::path& path) const {
    const std::string error = path == recording_file() ? error_of([&] { (void)read_episodes(recording); })
                              : path == run_log        ? error_of([&] { (void)read_run_log(path); })
                              : path == data_set       ? error_of([&] { (void)read_data_set(path); })
                              : path == evaluation     ? error_of([&] { (void)read_evaluation(path); })
                                                       : error_of([&] { (void)Checkpoint::read(path); });
    CAPTURE(error);
    CHECK(error.starts_with("'" + path.string() + "' "));
    CHECK(error.find('\n') == std::string::npos);
    (void)error_of([&] { (void)describe_file(path); });
    make();
  }
  fs::path recording_file() const { return recording / "data" / "main_data.hdf5"; }
};

TEST_CASE("attributes of the wrong shape, class or size are refused") {
  const Files files;
  const hid_t text = fixed_text(16);
  const std::string cells(16 * 1000, 'x');
  const std::vector<std::uint64_t> thousand(1000, 1);
  for (const fs::path& path :
       {files.checkpoint, files.run_log, files.data_set, files.evaluation, files.recording_file()}) {
    CAPTURE(path);
    alter(path, [&](hid_t file) { put_attribute(file, "rover_kind", text, {1000}, cells.data()); });
    files.refused(path);
    alter(path,
          [&](hid_t file) { put_attribute(file, "rover_format_version", H5T_NATIVE_UINT64, {1000}, thousand.data()); });
    files.refused(path);
    alter(path, [&](hid_t file) { put_attribute(file, "rover_format_version", text, {}, cells.data()); });
    files.refused(path);
  }
  H5Tclose(text);
}

TEST_CASE("data sets of the wrong rank, class or extent are refused") {
  const Files files;
  const hsize_t k32 = hsize_t{1} << 32, k57 = hsize_t{1} << 57, k62 = hsize_t{1} << 62;
  const hid_t pair = H5Tcreate(H5T_COMPOUND, 16);
  H5Tinsert(pair, "step", 0, H5T_NATIVE_UINT64), H5Tinsert(pair, "value", 8, H5T_NATIVE_DOUBLE);
  const hid_t wide = H5Tcreate(H5T_COMPOUND, 4096);
  H5Tinsert(wide, "step", 0, H5T_NATIVE_UINT64), H5Tinsert(wide, "value", 8, H5T_NATIVE_DOUBLE);
  const hid_t text = fixed_text(std::size_t{1} << 20);
  const auto check = [&](const fs::path& path, const char* name, hid_t type, const std::vector<hsize_t>& shape) {
    for (const bool chunked : {false, true}) {
      if (chunked && shape.empty()) continue;
      CAPTURE(name);
      CAPTURE(shape.size());
      bool made = false;
      H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
      alter(path, [&](hid_t file) { made = put_data_set(file, name, type, shape, chunked); });
      if (made) files.refused(path);
      else files.make();
    }
  };
  for (const hsize_t size : {k32, k57, k62}) {
    check(files.checkpoint, "weights", H5T_NATIVE_FLOAT, {size});
    check(files.run_log, "series/loss", pair, {size});
    check(files.evaluation, "best_value", H5T_NATIVE_DOUBLE, {size});
    check(files.evaluation, "agent", text, {size / (1 << 20)});
    check(files.recording_file(), "episode_0/rewards", H5T_NATIVE_DOUBLE, {size});
    check(files.data_set, "episode", H5T_NATIVE_UINT64, {size});
  }
  check(files.checkpoint, "weights", H5T_NATIVE_FLOAT, {k32, k32, k32});
  check(files.checkpoint, "step", H5T_NATIVE_UINT64, {1000});
  check(files.checkpoint, "kind", text, {3});
  check(files.run_log, "series/loss", pair, {2, 2, 2});
  check(files.run_log, "series/loss", pair, {});
  check(files.run_log, "series/loss", wide, {4});
  check(files.run_log, "series/loss", H5T_NATIVE_DOUBLE, {4});
  check(files.data_set, "directions", H5T_NATIVE_FLOAT, {2, 300});
  check(files.data_set, "labels", H5T_NATIVE_UINT8, {2, 300});
  check(files.data_set, "landscape", H5T_NATIVE_INT32, {2, 3, 4});
  check(files.data_set, "episode", H5T_NATIVE_UINT64, {2, 4096});
  check(files.data_set, "episode", text, {2});
  check(files.data_set, "grids", H5T_NATIVE_FLOAT, {2, k32, k32});
  check(files.data_set, "grids", H5T_NATIVE_FLOAT, {2, 0, 0});
  check(files.evaluation, "offset", H5T_NATIVE_UINT64, {2, 2});
  check(files.evaluation, "seed", text, {1});
  check(files.recording_file(), "episode_0/terminations", H5T_NATIVE_DOUBLE, {1});
  check(files.recording_file(), "episode_0/observations", text, {2, 1});
  H5Tclose(pair), H5Tclose(wide), H5Tclose(text);
}

TEST_CASE("storage outside the file and unknown filters are refused") {
  const Files files;
  alter(files.checkpoint, [&](hid_t file) {
    H5Ldelete(file, "weights", H5P_DEFAULT);
    const hsize_t size[] = {4};
    const hid_t space = H5Screate_simple(1, size, nullptr), creation = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(creation, "/etc/passwd", 0, 16);
    H5Dclose(H5Dcreate2(file, "weights", H5T_NATIVE_FLOAT, space, H5P_DEFAULT, creation, H5P_DEFAULT));
    H5Pclose(creation), H5Sclose(space);
  });
  files.refused(files.checkpoint);
  alter(files.evaluation, [&](hid_t file) {
    H5Ldelete(file, "offset", H5P_DEFAULT);
    H5Lcreate_external(files.data_set.c_str(), "/episode", file, "offset", H5P_DEFAULT, H5P_DEFAULT);
  });
  files.refused(files.evaluation);
}

TEST_CASE("groups nested thousands deep end the walk, not the program") {
  const Files files;
  alter(files.checkpoint, [&](hid_t file) {
    hid_t at = H5Gopen2(file, "/", H5P_DEFAULT);
    for (int depth = 0; depth < 5000; ++depth) {
      const hid_t below = H5Gcreate2(at, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
      H5Gclose(at);
      at = below;
    }
    H5Gclose(at);
  });
  CHECK(error_of([&] { (void)describe_file(files.checkpoint); }) ==
        "'" + files.checkpoint.string() + "' nests groups deeper than 32");
  files.refused(files.checkpoint);
}

TEST_CASE("what a file says of itself prints no control characters") {
  const Files files;
  alter(files.evaluation, [&](hid_t file) {
    const hid_t text = fixed_text(16);
    put_attribute(file, "suite\x1b[2J", text, {}, "\x1b]0;title\x07.......");
    put_data_set(file, "\x1b[31m", H5T_NATIVE_DOUBLE, {2});
    H5Tclose(text);
  });
  const std::string text = describe_file(files.evaluation);
  CHECK(text.find('\x1b') == std::string::npos);
  CHECK(text.find('\x07') == std::string::npos);
  alter(files.evaluation, [&](hid_t file) { remove_attribute(file, "rover_format_version"); });
  files.refused(files.evaluation);
}

TEST_CASE("what is no file is not waited for") {
  const Scratch scratch;
  REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
  CHECK(error_of([&] { (void)Checkpoint::read(scratch / "pipe"); }) ==
        "cannot open '" + (scratch / "pipe").string() + "': is no regular file");
  CHECK(error_of([] { (void)describe_file("/dev/zero"); }) == "cannot open '/dev/zero': is no regular file");
}

TEST_CASE("any damage of a small file is one sentence") {
  const Files files;
  const std::string whole = read_file(files.run_log);
  std::uint64_t state = 1;
  const auto random = [&](std::uint64_t below) {
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (state >> 33) % below;
  };
  for (int k = 0; k < 100; ++k) {
    std::string damaged = whole;
    for (std::uint64_t i = 0; i <= random(8); ++i) damaged[random(damaged.size())] = static_cast<char>(random(256));
    write_file(files.run_log, damaged);
    const std::string error = error_of([&] { (void)read_run_log(files.run_log); });
    CHECK(error.find('\n') == std::string::npos);
  }
}

}  // namespace
}  // namespace rover
