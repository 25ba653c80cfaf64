#include "imitation/torch/heading_trainer.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "agents/rover/conv_heading.h"
#include "storage/data_set.h"
#include "tests/storage/scratch.h"
#include "tests/training/trainer_conformance.h"

namespace rover {
namespace {

HeadingTrainerOptions small() {
  HeadingTrainerOptions options;
  options.grid_size = 6;
  options.hidden = 16;
  options.robust = true;
  options.collection.functions = 120;
  options.collection.shard = 40;
  options.collection.warp_probability = 0.6;
  options.updates = 25;
  options.updates_per_step = 10;
  options.batch_size = 64;
  options.evaluate_every = 2;
  options.held_out = 10;
  return options;
}

MakeTrainer maker(const HeadingTrainerOptions& options, const std::filesystem::path& folder = {},
                  std::uint64_t seed = 3) {
  return [=] { return std::make_unique<HeadingTrainer>(options, TrainerPlace{seed, folder.string()}); };
}

Checkpoint trained(const MakeTrainer& make) {
  const auto trainer = make();
  detail::RecordedMetrics metrics;
  while (trainer->steps_done() < trainer->steps_total()) trainer->step(metrics);
  return detail::state_of(*trainer);
}

}  // namespace

TEST_CASE("the heading trainer keeps the contract of trainers") {
  const Scratch scratch;
  HeadingTrainerOptions options = small();
  ConformanceOptions conformance;
  conformance.steps = 6;
  check_trainer(maker(options, scratch.folder()), conformance);
  options.network = "conv";
  options.loss = "nce";
  options.channels1 = 4, options.channels2 = 4;
  conformance.resume = {0, 2, 3, 5};
  check_trainer(maker(options), conformance);
}

TEST_CASE("it collects, then trains, and reports each family") {
  HeadingTrainer trainer(small(), {1, ""});
  CHECK(trainer.steps_total() == 3 + 3);
  detail::RecordedMetrics metrics;
  std::vector<std::string> phases;
  while (trainer.steps_done() < trainer.steps_total()) phases.push_back(trainer.phase()), trainer.step(metrics);
  CHECK(phases == std::vector<std::string>{"collect", "collect", "collect", "direction", "direction", "direction"});
  std::map<std::string, int> logged;
  for (const auto& row : metrics.rows) ++logged[row.name];
  CHECK(logged["heading/samples"] == 3);
  CHECK(logged["heading/loss"] == 3);
  CHECK(logged["heading/angle_saddle"] == 2);  // after the second step and at the end
  CHECK(logged["heading/median_quadratic"] == 2);
  const AngleErrors errors = trainer.held_out();
  CHECK(errors.families == std::vector<std::string>{"quadratic", "valley", "saddle", "plateau"});
  CHECK(metrics.rows.back().value == errors.median[3]);
}

TEST_CASE("a short training finds the directions") {
  HeadingTrainerOptions options = small();
  options.collection.functions = options.collection.shard = 800;
  options.collection.warp_probability = 0;
  options.hidden = 32;
  options.updates = 600, options.updates_per_step = 200;
  options.batch_size = 128;
  options.held_out = 60;
  options.learning_rate = 4e-3;
  HeadingTrainer trainer(options, {1, ""});
  detail::RecordedMetrics metrics;
  trainer.step(metrics);
  const AngleErrors before = trainer.held_out();
  while (trainer.steps_done() < trainer.steps_total()) trainer.step(metrics);
  const AngleErrors after = trainer.held_out();
  const double bound[4] = {8, 15, 25, 6};  // about twice the quick preset's goal, after a hundredth of its work
  for (std::size_t k = 0; k < 4; ++k) {
    CAPTURE(after.families[k]);
    CHECK(after.mean[k] < bound[k]);
    CHECK(after.mean[k] < before.mean[k] / 2);
  }
}

TEST_CASE("the model that is saved is the heading that was measured") {
  for (const char* network : {"fit-net", "conv"}) {
    HeadingTrainerOptions options = small();
    options.network = network;
    HeadingTrainer trainer(options, {1, ""});
    detail::RecordedMetrics metrics;
    while (trainer.steps_done() < trainer.steps_total()) trainer.step(metrics);
    Checkpoint model;
    trainer.save_model(model);
    const auto loaded = load_heading(model);
    CHECK(loaded->name() == network);
    CHECK(loaded->grid_size() == 6);
    CHECK(held_out_angles(*loaded, options.collection, 6, 1, options.held_out).mean == trainer.held_out().mean);
  }
}

TEST_CASE("the data file holds the paper's tuples: each sample, then its negative on the same grid") {
  const Scratch scratch;
  HeadingTrainerOptions options = small();
  const auto file = scratch / "dataset.h5";
  trained(maker(options, scratch.folder(), 3));
  CHECK(!std::filesystem::exists(file));  // removed once the direction is learned
  options.keep_data = true;
  trained(maker(options, scratch.folder(), 3));
  const DataSet rows = read_data_set(file);
  Samples all;
  for (std::uint64_t shard = 0; shard < 3; ++shard)
    all.append(collect_shard(options.collection, 6, derive_seed(3, 0, "heading-data"), shard));
  REQUIRE(rows.size() == 2 * all.size());
  REQUIRE(rows.n == 6);
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::size_t k = r / 2;
    REQUIRE(rows.labels[r] == (r % 2 == 0));
    REQUIRE(std::equal(&rows.grids_bnn[36 * r], &rows.grids_bnn[36 * r] + 36, &all.grids[36 * k]));
    const auto& directions = r % 2 == 0 ? all.directions : all.negatives;
    REQUIRE(rows.directions_b2[2 * r] == directions[2 * k]);
    REQUIRE(rows.directions_b2[2 * r + 1] == directions[2 * k + 1]);
    REQUIRE(rows.episodes[r] == all.episodes[k]);
    REQUIRE(rows.landscapes[r] == static_cast<std::int32_t>(all.families[k]));
  }
  CHECK(rows.attributes.at("landscapes") == "quadratic,valley,saddle,plateau");
  CHECK(rows.attributes.at("collection.warp_probability") == "0.6");
}

TEST_CASE("a data file that is missing, cut, torn or another's is collected again to the same bits") {
  const Scratch scratch;
  HeadingTrainerOptions options = small();
  options.keep_data = true;
  const MakeTrainer make = maker(options, scratch.folder());
  const std::filesystem::path file = scratch / "dataset.h5";
  const auto whole = make();
  detail::RecordedMetrics metrics;
  std::vector<Checkpoint> states{detail::state_of(*whole)};
  while (whole->steps_done() < whole->steps_total()) whole->step(metrics), states.push_back(detail::state_of(*whole));
  const DataSet written = read_data_set(file);
  std::filesystem::copy_file(file, scratch / "kept.h5");
  const auto size = std::filesystem::file_size(file);

  const std::map<std::string, std::function<void()>> damages{
      {"missing", [&] { std::filesystem::remove(file); }},
      {"cut", [&] { std::filesystem::resize_file(file, size / 2); }},
      {"foreign", [&] { std::ofstream(file) << "not HDF5"; }},
      {"another seed's", [&] { trained(maker(options, scratch.folder(), 77)); }},
      {"longer than the checkpoint", [] {}},
  };
  for (const auto& [name, damage] : damages)
    for (const std::size_t at : {2u, 4u}) {  // while data is collected, and in training
      CAPTURE(name);
      CAPTURE(at);
      std::filesystem::copy_file(scratch / "kept.h5", file, std::filesystem::copy_options::overwrite_existing);
      damage();
      const auto resumed = make();
      resumed->load(states[at]);
      while (resumed->steps_done() < resumed->steps_total()) resumed->step(metrics);
      CHECK(detail::state_of(*resumed) == states.back());
      const DataSet again = read_data_set(file);
      CHECK(again.grids_bnn == written.grids_bnn);
      CHECK(again.directions_b2 == written.directions_b2);
      CHECK(again.labels == written.labels);
    }
}

TEST_CASE("other settings do not continue a checkpoint's data") {
  const auto begun = maker(small())();
  detail::RecordedMetrics metrics;
  begun->step(metrics);
  const Checkpoint state = detail::state_of(*begun);
  HeadingTrainerOptions other = small();
  other.collection.steps = 5;
  CHECK(error_of([&] { maker(other)()->load(state); }) ==
        "these settings do not give the samples that the checkpoint was trained on");
}

TEST_CASE("a folder that cannot be written ends the collection in a sentence") {
  const Scratch scratch;
  const auto trainer = maker(small(), scratch / "missing")();
  detail::RecordedMetrics metrics;
  const std::string error = error_of([&] { trainer->step(metrics); });
  CHECK(error.find("dataset.h5") != std::string::npos);
  CHECK(error.ends_with("no such folder"));
}

TEST_CASE("another seed, other data and weights") {
  CHECK_FALSE(trained(maker(small(), {}, 3)) == trained(maker(small(), {}, 4)));
}

TEST_CASE("a loss that is not a number ends the training in a sentence") {
  HeadingTrainerOptions options = small();
  options.learning_rate = 1e38;
  HeadingTrainer trainer(options, {1, ""});
  detail::RecordedMetrics metrics;
  const std::string error = error_of([&] {
    while (trainer.steps_done() < trainer.steps_total()) trainer.step(metrics);
  });
  CHECK(error.starts_with("the heading's loss is not a number after "));
  CHECK(error.ends_with(" updates; a smaller learning_rate may help"));
}

TEST_CASE("settings that do not fit are refused in a sentence") {
  const auto error = [](auto change) {
    HeadingTrainerOptions options = small();
    change(options);
    return error_of([&] { HeadingTrainer(options, {1, ""}); });
  };
  CHECK(error([](auto& o) { o.network = "cnv"; }) ==
        "unknown network 'cnv'; did you mean 'conv'? (fit-net, conv, least-squares-gradient or newton-fit)");
  CHECK(error([](auto& o) { o.loss = "mse"; }) == "unknown loss 'mse' (angle, cosine or nce)");
  CHECK(error([](auto& o) { o.batch_size = 0; }) == "batch_size=0 is out of range: at least 1, at most 16384");
  CHECK(error([](auto& o) { o.learning_rate = 0; }) == "learning_rate=0 is out of range: above 0, at most 1e38");
  CHECK(error([](auto& o) { o.grid_size = 3; }) == "a FitNet needs grids of 4 to 64 cells a side, not 3");
  CHECK(error([](auto& o) { o.collection.families = "rosenbrok"; }) ==
        "unknown landscape 'rosenbrok'; did you mean 'rosenbrock'? (rover list landscapes)");
}

}  // namespace rover
