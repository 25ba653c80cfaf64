#include "tests/fuzz/readers.h"

#include <zlib.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <numeric>
#include <stdexcept>

#include "agents/rover/conv_heading.h"
#include "agents/rover/fit_net.h"
#include "agents/rover/rover_agent.h"
#include "env/landscapes/idx.h"
#include "storage/atomic_file.h"
#include "storage/checkpoint.h"
#include "storage/data_set.h"
#include "storage/describe.h"
#include "storage/episodes.h"
#include "storage/evaluation.h"
#include "storage/run_log.h"
#include "tests/agents/search/steering_policy.h"
#include "tests/fuzz/mutate.h"

namespace rover::fuzz {
namespace {

namespace fs = std::filesystem;

/// Checks of whatever a model file holds.
void load_model(const Checkpoint& file) {
  if (EnvPolicy::is_in(file)) (void)EnvPolicy::load(file);
  else if (file.contains("kind")) (void)load_heading(file);
  else (void)RoverModel::load(file);
}

Outcome outcome_of(const std::function<void()>& reading) {
  try {
    reading();
    return Outcome::read;
  } catch (const std::runtime_error& error) {
    const std::string text = error.what();
    if (text.empty() || text.find('\n') != std::string::npos)
      throw std::logic_error("a reader's error is not one sentence: " + text);
    return text.ends_with("HDF5 cannot read it") ? Outcome::contained : Outcome::refused;
  }
}

/// Without the rename and the waits for the disk that write_file makes.
void write_in_place(const fs::path& path, const std::string& bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out.write(bytes.data(), static_cast<std::streamsize>(bytes.size())).flush())
    throw std::logic_error("cannot write '" + path.string() + "'");
}

std::string file_of(const fs::path& path) {
  std::string bytes = read_file(path);
  fs::remove(path);
  return bytes;
}

/// An IDX file of 2 images of 7 × 9, plain and compressed; smaller files are not damaged.
std::vector<std::string> idx_files(const fs::path& scratch) {
  std::string plain("\0\0\10\3\0\0\0\2\0\0\0\7\0\0\0\11", 16);
  for (int k = 0; k < 2 * 7 * 9; ++k) plain += static_cast<char>(k * k * 37);
  const auto path = scratch / "images.gz";
  const gzFile file = gzopen(path.c_str(), "wb");
  gzwrite(file, plain.data(), static_cast<unsigned>(plain.size()));
  gzclose(file);
  return {plain, file_of(path)};
}

std::vector<std::string> models(const fs::path& scratch) {
  const auto path = scratch / "model.h5";
  std::vector<std::string> out;
  const auto keep = [&](const auto& model) {
    Checkpoint file;
    model.save(file);
    file.write(path);
    out.push_back(file_of(path));
  };
  const FitNet fit({.grid_size = 4, .hidden = 3, .robust = true}, 1);
  const ConvHeading conv({.grid_size = 6, .channels1 = 2, .channels2 = 2, .hidden = 3}, 1);
  keep(fit), keep(conv);
  RoverModel rover;
  rover.heading = std::make_shared<FitNet>(fit);
  rover.policy = std::make_shared<RecurrentPolicy>(PolicyOptions{.hidden = 3}, 16, 4, 1);
  rover.grid_size = 4;
  keep(rover);
  keep(test::steering_policy());
  return out;
}

}  // namespace

std::vector<Target> targets(const fs::path& scratch) {
  const auto path = scratch / "file.h5";
  std::vector<Target> out;
  {
    Checkpoint file;
    file.put<float>("actor/weights", {1, 2, 3, 4, 5, 6}, {2, 3});
    file.put<std::uint8_t>("mask", {0, 1});
    file.put_number("rate", 0.1);
    file.put_integer("step", 7);
    file.put_text("config/name", "θ = 1");
    file.write(path);
    out.push_back({"checkpoint", {file_of(path)}});
  }
  {
    {
      RunLog log = RunLog::create(path, {"loss", "test/regret"}, {{"seed", "3"}, {"note", "text"}});
      for (std::uint64_t k = 0; k < 300; ++k) log.append("loss", k, 1.0 / static_cast<double>(k + 1));
    }
    out.push_back({"run_log", {file_of(path)}});
  }
  {
    {
      DataSetWriter rows = DataSetWriter::create(path, 2, {{"noise", "0.5"}});
      std::vector<float> grids(40);
      std::iota(grids.begin(), grids.end(), 0.f);
      rows.append({grids, std::vector<float>(20), std::vector<std::uint8_t>(10), std::vector<std::int32_t>(10),
                   std::vector<std::uint64_t>(10)});
    }
    out.push_back({"data_set", {file_of(path)}});
  }
  write_evaluation(path, {{{"suite", "paper"}, {"budget", "100"}},
                          {{"gd|ackley", "learning_rate = 1"}},
                          {{"gd", "ackley", 0, 1, 0, 2, {0, 1, 2}, {1, 2, 3}, {2, 1, 1}},
                           {"adam", "sphere", 1, 1, 0, 2, {0, 1}, {1, 2}, {2, 1}}}});
  out.push_back({"evaluation", {file_of(path)}});
  {
    EpisodeWriter episodes(scratch / "recording", {"rover/x-v0", "{}", "{}", "", "", 0, {{"seed", "1"}}});
    episodes.write({{1, 2, 3}, {1, 2}, {1, 2}, {0, 1}, {0, 0}, 5, {{"value", {1, 2, 3}}}});
    episodes.close();
    out.push_back({"episodes", {read_file(scratch / "recording" / "data" / "main_data.hdf5")}});
  }
  Target describe{"describe", {}};
  for (const Target& target : out) describe.corpus.push_back(target.corpus[0]);
  out.push_back(std::move(describe));
  out.push_back({"model", models(scratch)});
  out.push_back({"idx", idx_files(scratch)});
  return out;
}

Outcome read(const std::string& name, const std::string& bytes, const fs::path& scratch) {
  const auto path = name == "episodes" ? scratch / "recording" / "data" / "main_data.hdf5" : scratch / "input.h5";
  write_in_place(path, bytes);
  return outcome_of([&] {
    if (name == "run_log") (void)read_run_log(path);
    else if (name == "data_set") (void)read_data_set(path);
    else if (name == "evaluation") (void)read_evaluation(path);
    else if (name == "episodes") (void)read_episodes(scratch / "recording");
    else if (name == "describe") (void)describe_file(path);
    else if (name == "idx") (void)read_idx(path, 3);
    else if (name == "model") load_model(Checkpoint::read(path));
    else (void)Checkpoint::read(path);
  });
}

Outcome load_altered_model(const std::string& bytes, std::uint64_t state, const fs::path& scratch) {
  const auto path = scratch / "input.h5";
  write_in_place(path, bytes);
  Checkpoint file = Checkpoint::read(path);
  constexpr const char* kTexts[] = {"",
                                    "0",
                                    "1",
                                    "-1",
                                    "3",
                                    "nan",
                                    "conv",
                                    "linear",
                                    "none",
                                    "lstm",
                                    "18446744073709551615",
                                    "4294967296",
                                    "16000",
                                    "fit-net",
                                    "newton-fit",
                                    "true",
                                    "grid,context"};
  constexpr std::uint64_t kNumbers[] = {0, 1, 2, 5, 64, 255, 1u << 20, 1ull << 32, 1ull << 62, ~0ull};
  const std::uint64_t changes = 1 + draw(state, 3);
  for (std::uint64_t k = 0; k < changes; ++k) {
    const std::uint64_t pick = draw(state, file.arrays().size() + file.texts().size());
    if (pick < file.texts().size()) {
      file.put_text(std::next(file.texts().begin(), static_cast<std::ptrdiff_t>(pick))->first,
                    kTexts[draw(state, std::size(kTexts))]);
      continue;
    }
    const auto& [key, array] =
        *std::next(file.arrays().begin(), static_cast<std::ptrdiff_t>(pick - file.texts().size()));
    const std::string name = key;
    if (array.shape.empty()) {
      file.put_integer(name, kNumbers[draw(state, std::size(kNumbers))]);
      continue;
    }
    const auto* held = std::get_if<std::vector<float>>(&array.data);
    std::vector<float> values = held ? *held : std::vector<float>{};
    Checkpoint::Shape shape = array.shape;
    switch (draw(state, 3)) {
      case 0:
        if (!values.empty())
          values[draw(state, values.size())] = draw(state, 2) == 0 ? std::numeric_limits<float>::quiet_NaN() : 1e38f;
        break;
      case 1:
        shape = {values.size()};
        break;
      default:
        values.resize(draw(state, 2 * values.size() + 2)), shape = {values.size()};
    }
    file.put<float>(name, values, shape);
  }
  return outcome_of([&] { load_model(file); });
}

}  // namespace rover::fuzz
