#include "storage/episodes.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <system_error>

#include "storage/atomic_file.h"
#include "storage/hdf5.h"

namespace rover {
namespace fs = std::filesystem;
namespace {

fs::path data_path(const fs::path& folder) { return folder / "data" / "main_data.hdf5"; }
fs::path metadata_path(const fs::path& folder) { return folder / "data" / "metadata.json"; }

/// "[1.5, -Infinity]": JSON has no infinity, but Python, which reads this, writes it so.
std::string number_list(std::span<const float> values) {
  std::string out = "[";
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i > 0) out += ", ";
    if (std::isfinite(values[i])) out += nlohmann::json(static_cast<double>(values[i])).dump();
    else out += std::isnan(values[i]) ? "NaN" : values[i] > 0 ? "Infinity" : "-Infinity";
  }
  return out + "]";
}

void check(const Episode& episode) {
  const std::size_t steps = episode.steps();
  bool fits = steps > 0 && episode.terminations.size() == steps && episode.truncations.size() == steps &&
              !episode.observations.empty() && !episode.actions.empty() &&
              episode.observations.size() % (steps + 1) == 0 && episode.actions.size() % steps == 0;
  for (const auto& [name, values] : episode.infos)
    fits = fits && (values.size() == steps || values.size() == steps + 1);
  if (!fits)
    throw std::invalid_argument("an episode of " + std::to_string(steps) +
                                " steps has arrays that do not fit together");
}

Episode read_episode(hid_t group) {
  Episode out;
  h5::Shape shape;
  out.observations = h5::array<float>(h5::open_data_set(group, "observations"), "observations", shape);
  out.actions = h5::array<float>(h5::open_data_set(group, "actions"), "actions", shape);
  out.rewards = h5::array<double>(group, "rewards");
  out.terminations = h5::flags(group, "terminations");
  out.truncations = h5::flags(group, "truncations");
  if (h5::has_attribute(group, "seed")) out.seed = h5::integer_attribute(group, "seed");
  if (H5Lexists(group, "infos", H5P_DEFAULT) > 0) {
    const h5::Handle infos = h5::open_object(group, "infos");
    h5::for_each_data_set(infos, [&](const std::string& name, hid_t set) {
      const h5::Handle type(H5Dget_type(set));
      const auto kind = H5Tget_class(type);
      if (kind == H5T_FLOAT || kind == H5T_INTEGER) out.infos[name] = h5::array<double>(set, name, shape);
    });
  }
  return out;
}

}  // namespace

std::string box_space_json(std::span<const float> low, std::span<const float> high) {
  if (low.size() != high.size()) throw std::invalid_argument("a box needs as many lower as upper bounds");
  return R"({"type": "Box", "dtype": "float32", "shape": [)" + std::to_string(low.size()) + R"(], "low": )" +
         number_list(low) + R"(, "high": )" + number_list(high) + "}";
}

struct EpisodeWriter::Impl {
  fs::path folder;
  EpisodeMeta meta;
  h5::Handle file = h5::create_in_memory(h5::kEpisodes, 1u << 22);
  std::uint64_t episodes = 0, steps = 0;
};

EpisodeWriter::EpisodeWriter(fs::path folder, EpisodeMeta meta) : impl_(std::make_unique<Impl>()) {
  impl_->folder = std::move(folder);
  impl_->meta = std::move(meta);
  const h5::Quiet quiet;
  h5::put_texts(impl_->file, impl_->meta.attributes);
}
EpisodeWriter::EpisodeWriter(EpisodeWriter&&) noexcept = default;
EpisodeWriter& EpisodeWriter::operator=(EpisodeWriter&&) noexcept = default;
EpisodeWriter::~EpisodeWriter() = default;

void EpisodeWriter::write(const Episode& episode) {
  check(episode);
  const h5::Quiet quiet;
  const std::size_t steps = episode.steps();
  const h5::Handle group = h5::make_group(impl_->file, "episode_" + std::to_string(impl_->episodes));
  h5::put_attribute(group, "id", impl_->episodes);
  h5::put_attribute(group, "total_steps", steps);
  h5::put_attribute(group, "seed", episode.seed);
  h5::put_array<float>(group, "observations", episode.observations,
                       {steps + 1, episode.observations.size() / (steps + 1)}, true,
                       {"1", "what the policy saw, before each step and after the last"});
  h5::put_array<float>(group, "actions", episode.actions, {steps, episode.actions.size() / steps}, false,
                       {"1", "what it did, as the environment took it"});
  h5::put_array<double>(group, "rewards", episode.rewards, {steps}, false,
                        {"1", "rewards as the environment gave them"});
  h5::put_array(group, "terminations", h5::boolean_type(), episode.terminations.data(), {steps}, false,
                {"1", "true where the episode came to its end"});
  h5::put_array(group, "truncations", h5::boolean_type(), episode.truncations.data(), {steps}, false,
                {"1", "true where the number of steps ended it"});
  (void)h5::make_group(group, "infos");  // Minari expects it
  for (const auto& [name, values] : episode.infos)
    h5::put_array<double>(group, "infos/" + name, values, {values.size()});
  ++impl_->episodes;
  impl_->steps += steps;
}

void EpisodeWriter::close() {
  const fs::path path = data_path(impl_->folder);
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) throw std::runtime_error("cannot write '" + path.string() + "': " + system_reason(error.value()));
  h5::save(impl_->file, path);
  const double megabytes = std::round(static_cast<double>(h5::size_in_memory(impl_->file)) / 1e5) / 10;
  const EpisodeMeta& meta = impl_->meta;
  nlohmann::ordered_json metadata = {{"total_episodes", impl_->episodes},
                                     {"total_steps", impl_->steps},
                                     {"data_format", "hdf5"},
                                     {"observation_space", meta.observation_space},
                                     {"action_space", meta.action_space},
                                     {"dataset_id", meta.dataset_id},
                                     {"dataset_size", megabytes},
                                     {"author", {"Rover Descent " + provenance().version}},
                                     {"minari_version", "0.5.3"}};
  if (!meta.algorithm.empty()) metadata["algorithm_name"] = meta.algorithm;
  if (!meta.env_id.empty())
    metadata["env_spec"] = nlohmann::ordered_json{
        {"id", meta.env_id},
        {"entry_point", nullptr},
        {"reward_threshold", nullptr},
        {"nondeterministic", false},
        {"max_episode_steps", meta.horizon > 0 ? nlohmann::ordered_json(meta.horizon) : nlohmann::ordered_json()},
        {"order_enforce", true},
        {"disable_env_checker", false},
        {"kwargs", nlohmann::ordered_json::object()},
        {"additional_wrappers", nlohmann::ordered_json::array()},
        {"vector_entry_point",
         nullptr}}.dump();
  write_file(metadata_path(impl_->folder), metadata.dump(2) + "\n");
}

static void transfer(Wire& wire, EpisodeMeta& meta) {
  wire(meta.dataset_id, meta.observation_space, meta.action_space, meta.attributes);
}
static void transfer(Wire& wire, Episode& episode) {
  wire(episode.observations, episode.actions, episode.rewards, episode.terminations, episode.truncations, episode.seed,
       episode.infos);
}
static void transfer(Wire& wire, Recording& recording) { wire(recording.meta, recording.episodes); }

static Recording read_here(const fs::path& path, const fs::path& metadata_file) {
  const h5::Quiet quiet;
  const h5::Handle file = h5::open(path);
  if (!h5::kind_of(file).empty())
    (void)h5::open(path, h5::kEpisodes);  // ours: check kind and version, which Minari's files do not have
  Recording out;
  out.meta.attributes = h5::texts(file);
  const auto metadata = nlohmann::json::parse(read_file(metadata_file), nullptr, false);
  try {
    out.meta.dataset_id = metadata.at("dataset_id");
    out.meta.observation_space = metadata.at("observation_space");
    out.meta.action_space = metadata.at("action_space");
    const std::uint64_t episodes = metadata.at("total_episodes");
    for (std::uint64_t i = 0; i < episodes; ++i) {
      out.episodes.push_back(read_episode(h5::open_object(file, "episode_" + std::to_string(i))));
    }
  } catch (const nlohmann::json::exception&) {
    throw std::runtime_error("'" + metadata_file.string() + "' does not describe a recording");
  }
  return out;
}

Recording read_episodes(const fs::path& folder) {
  const fs::path path = data_path(folder), metadata_file = metadata_path(folder);
  Recording out = isolated(path, [&] { return read_here(path, metadata_file); });
  try {
    for (const Episode& episode : out.episodes) check(episode);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error("'" + path.string() + "' is damaged: " + error.what());
  }
  return out;
}

}  // namespace rover
