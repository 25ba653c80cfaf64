#include "storage/checkpoint.h"

#include <doctest/doctest.h>
#include <hdf5.h>

#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "storage/atomic_file.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

Checkpoint sample() {
  Checkpoint out;
  out.put<float>("actor/weights", {1.f, -0.f, std::numeric_limits<float>::denorm_min(), 4, 5, 6}, {2, 3});
  out.put<double>("actor/moments/first", {std::nan("7"), std::numeric_limits<double>::infinity(), 1e-300});
  out.put<std::int64_t>("shifts", {-1, std::numeric_limits<std::int64_t>::min()});
  out.put<std::uint64_t>("streams", {0, ~0ull});
  out.put<std::uint8_t>("mask", {0, 255, 1});
  out.put<float>("replay/empty", std::vector<float>{});
  out.put<double>("replay/empty_rows", std::vector<double>{}, {0, 5});
  out.put_number("rate", 0.1);
  out.put_integer("step", ~0ull);
  out.put_text("config", "ddpg.learning_rate = 1e-3\nname = θ\n");
  out.put_text("note", "");
  out.put_text("long", std::string(200000, 'x'));
  return out;
}

TEST_CASE("a checkpoint comes back bit for bit") {
  const Scratch scratch;
  const Checkpoint written = sample();
  written.write(scratch / "a.h5");
  const Checkpoint read = Checkpoint::read(scratch / "a.h5");
  CHECK(read == written);
  CHECK(read.arrays().at("actor/weights").shape == Checkpoint::Shape{2, 3});
  CHECK(read.arrays().at("replay/empty_rows").shape == Checkpoint::Shape{0, 5});
  CHECK(read.integer("step") == ~0ull);
  CHECK(read.number("rate") == 0.1);
  CHECK(read.text("config") == "ddpg.learning_rate = 1e-3\nname = θ\n");
  CHECK(std::signbit(read.get<float>("actor/weights", 6)[1]));
  Checkpoint().write(scratch / "empty.h5");
  CHECK(Checkpoint::read(scratch / "empty.h5") == Checkpoint());
  CHECK_FALSE(std::filesystem::exists(scratch / "a.h5.tmp"));
}

TEST_CASE("equal contents make equal files, whenever they are written") {
  const Scratch scratch;
  sample().write(scratch / "a.h5");
  std::this_thread::sleep_for(std::chrono::milliseconds(1100));  // HDF5 counts time in seconds
  sample().write(scratch / "b.h5");
  CHECK(read_file(scratch / "a.h5") == read_file(scratch / "b.h5"));
}

TEST_CASE("equality sees bits, types and shapes") {
  Checkpoint a, b;
  a.put<double>("x", {0.0});
  b.put<double>("x", {-0.0});
  CHECK_FALSE(a == b);
  b.put<double>("x", {0.0}, {1, 1});
  CHECK_FALSE(a == b);
  b.put<std::uint64_t>("x", {0});
  CHECK_FALSE(a == b);
  b.put<double>("x", {0.0});
  CHECK(a == b);
}

TEST_CASE("groups go in and come out") {
  const Checkpoint whole = sample();
  const Checkpoint actor = whole.group("actor");
  CHECK(actor.contains("weights"));
  CHECK(actor.contains("moments/first"));
  CHECK(actor.arrays().size() == 2);
  Checkpoint other;
  other.put_group("actor", actor);
  CHECK(other.group("actor") == actor);
  CHECK(whole.group("act").arrays().empty());
}

TEST_CASE("a wrong entry is one sentence") {
  const Checkpoint whole = sample();
  CHECK_THROWS_WITH_AS(whole.get<float>("critic"), "the checkpoint has no entry 'critic'", std::runtime_error);
  CHECK_THROWS_WITH_AS(whole.get<float>("streams"), "checkpoint entry 'streams' holds uint64, not float",
                       std::runtime_error);
  CHECK_THROWS_WITH_AS(whole.get<float>("actor/weights", 7), "checkpoint entry 'actor/weights' holds 6 values, not 7",
                       std::runtime_error);
  CHECK_THROWS_WITH_AS(whole.text("rate"), "checkpoint entry 'rate' holds no text", std::runtime_error);
  Checkpoint out;
  for (const char* name : {"", "/x", "x/", "a//b", "a/./b"})
    CHECK_THROWS_AS(out.put_number(name, 1), std::invalid_argument);
  CHECK_THROWS_AS(out.put<float>("x", {1, 2}, {3}), std::invalid_argument);
}

TEST_CASE("files that are no checkpoint are refused in one sentence") {
  const Scratch scratch;
  const auto message = [](const std::filesystem::path& path) {
    return error_of([&] { (void)Checkpoint::read(path); });
  };
  const std::filesystem::path path = scratch / "x.h5";
  const std::string quoted = "'" + path.string() + "'";
  CHECK(message(path) == "cannot open " + quoted + ": no such file");
  CHECK(message(scratch.folder()) == "cannot open '" + scratch.folder().string() + "': is a directory");
  write_file(path, "alpha = 1\n");
  CHECK(message(path) == quoted + " is not an HDF5 file or is truncated");
  write_file(path, "");
  CHECK(message(path) == quoted + " is not an HDF5 file or is truncated");

  hid_t file = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  CHECK(message(path) == quoted + " is a foreign HDF5 file, not a checkpoint");

  sample().write(path);
  file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  const hid_t attribute = H5Aopen(file, "rover_format_version", H5P_DEFAULT);
  const std::uint64_t version = 7;
  H5Awrite(attribute, H5T_NATIVE_UINT64, &version);
  H5Aclose(attribute);
  H5Fclose(file);
  CHECK(message(path) == quoted + " is a checkpoint of version 7; this program reads version 1");
}

TEST_CASE("a cut or altered checkpoint never reads") {
  const Scratch scratch;
  const auto path = scratch / "x.h5";
  sample().write(path);
  const std::string whole = read_file(path);
  for (std::size_t kept = 0; kept < whole.size(); kept += 1 + whole.size() / 40) {
    write_file(path, whole.substr(0, kept));
    CHECK(error_of([&] { (void)Checkpoint::read(path); }) ==
          "'" + path.string() + "' is not an HDF5 file or is truncated");
  }
  std::string altered = whole;
  const auto at = altered.find("learning_rate");
  REQUIRE(at != std::string::npos);
  altered[at] = 'L';
  write_file(path, altered);
  CHECK(error_of([&] { (void)Checkpoint::read(path); }) ==
        "'" + path.string() + "' is damaged: its content does not match its hash");
}

TEST_CASE("a write that cannot be keeps the old checkpoint and says why") {
  const Scratch scratch;
  const auto path = scratch / "x.h5";
  Checkpoint old;
  old.put_integer("step", 1);
  old.write(path);
  Checkpoint big;
  big.put<double>("replay", std::vector<double>(100000, 1.0));
  CHECK(with_file_limit(100000, [&] { big.write(path); }) == "cannot write '" + path.string() + "': file too large");
  CHECK(Checkpoint::read(path) == old);
  CHECK_FALSE(std::filesystem::exists(scratch / "x.h5.tmp"));
  CHECK(error_of([&] { big.write(path / "below.h5"); }) ==
        "cannot write '" + (path / "below.h5").string() + "': not a directory");
  CHECK(error_of([&] { big.write(scratch / "no/x.h5"); }) ==
        "cannot write '" + (scratch / "no/x.h5").string() + "': no such folder");
}

}  // namespace
}  // namespace rover
