#include "storage/episodes.h"

#include <doctest/doctest.h>
#include <hdf5.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

Episode sample(std::uint64_t seed) {
  return {{1, 2, 3, 4, 5, 6, 7, 8},
          {0.5f, -0.5f, 0.25f},
          {1, -2, 3.5},
          {0, 0, 1},
          {0, 0, 0},
          seed,
          {{"f", {9, 8, 7, 6}}, {"cost/slices", {64, 64, 64}}}};
}

EpisodeMeta meta() {
  const float infinity = std::numeric_limits<float>::infinity();
  const float low[] = {-infinity, 0}, high[] = {infinity, 1}, one[] = {-1}, up[] = {1};
  return {"rover/test-v0",          box_space_json(low, high), box_space_json(one, up),
          "random actions",         "Rover/Test-v0",           3,
          {{"landscape", "valley"}}};
}

TEST_CASE("recorded episodes come back in Minari's layout") {
  const Scratch scratch;
  EpisodeWriter writer(scratch / "rec", meta());
  writer.write(sample(3));
  writer.write(sample(~0ull));
  CHECK_FALSE(std::filesystem::exists(scratch / "rec"));
  writer.close();
  const Recording read = read_episodes(scratch / "rec");
  CHECK(read.episodes == std::vector<Episode>{sample(3), sample(~0ull)});
  CHECK(read.meta.attributes == meta().attributes);
  CHECK(read.meta.observation_space ==
        R"({"type": "Box", "dtype": "float32", "shape": [2], "low": [-Infinity, 0.0], "high": [Infinity, 1.0]})");

  const auto metadata = nlohmann::json::parse(read_file(scratch / "rec" / "data/metadata.json"));
  CHECK(metadata["total_episodes"] == 2);
  CHECK(metadata["total_steps"] == 6);
  CHECK(metadata["data_format"] == "hdf5");
  CHECK(metadata["dataset_id"] == "rover/test-v0");
  CHECK(metadata["minari_version"] == "0.5.3");
  CHECK(metadata["dataset_size"].is_number());
  CHECK(metadata["algorithm_name"] == "random actions");
  CHECK(nlohmann::json::parse(metadata["env_spec"].get<std::string>())["id"] == "Rover/Test-v0");

  const hid_t file = H5Fopen((scratch / "rec" / "data/main_data.hdf5").c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  H5G_info_t info;
  H5Gget_info(file, &info);
  CHECK(info.nlinks == 2);  // Minari counts top-level groups
  const hid_t set = H5Dopen2(file, "episode_1/terminations", H5P_DEFAULT), type = H5Dget_type(set);
  CHECK(H5Tget_class(type) == H5T_ENUM);
  std::int8_t value = 7;
  CHECK(H5Tenum_valueof(type, "TRUE", &value) >= 0);
  CHECK(value == 1);
  H5Tclose(type), H5Dclose(set), H5Fclose(file);
}

TEST_CASE("episodes that do not fit, and recordings that are none, are refused") {
  const Scratch scratch;
  EpisodeWriter writer(scratch / "rec", meta());
  Episode wrong = sample(1);
  wrong.truncations.pop_back();
  CHECK_THROWS_WITH_AS(writer.write(wrong), "an episode of 3 steps has arrays that do not fit together",
                       std::invalid_argument);
  wrong = sample(1);
  wrong.infos["f"].pop_back(), wrong.infos["f"].pop_back();
  CHECK_THROWS_AS(writer.write(wrong), std::invalid_argument);
  writer.write(sample(1));
  writer.close();
  CHECK(read_episodes(scratch / "rec").episodes == std::vector<Episode>{sample(1)});

  const auto data = scratch / "rec" / "data/main_data.hdf5", metadata = scratch / "rec" / "data/metadata.json";
  write_file(metadata, "{}");
  CHECK(error_of([&] { (void)read_episodes(scratch / "rec"); }) ==
        "'" + metadata.string() + "' does not describe a recording");
  write_file(metadata, "not json");
  CHECK(error_of([&] { (void)read_episodes(scratch / "rec"); }) ==
        "'" + metadata.string() + "' does not describe a recording");
  Checkpoint().write(data);
  CHECK(error_of([&] { (void)read_episodes(scratch / "rec"); }) ==
        "'" + data.string() + "' is a checkpoint, not an episode file");
  const auto missing = scratch / "no" / "data/main_data.hdf5";
  CHECK(error_of([&] { (void)read_episodes(scratch / "no"); }) ==
        "cannot open '" + missing.string() + "': no such file");
  write_file(scratch / "file", "");
  EpisodeWriter below(scratch / "file", meta());
  below.write(sample(1));
  CHECK(error_of([&] { below.close(); }) ==
        "cannot write '" + (scratch / "file" / "data/main_data.hdf5").string() + "': not a directory");
}

}  // namespace
}  // namespace rover
