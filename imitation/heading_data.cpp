#include "imitation/heading_data.h"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace rover {
namespace {

std::uint64_t hash(std::uint64_t value, std::span<const float> more) {  // FNV-1a over the bits
  for (const float x : more) value = (value ^ std::bit_cast<std::uint32_t>(x)) * 0x100000001b3;
  return value;
}

}  // namespace

HeadingData::HeadingData(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed,
                         const std::filesystem::path& folder)
    : options_(options), grid_size_(grid_size), seed_(seed), file_(folder.empty() ? folder : folder / "dataset.h5") {}

void HeadingData::collect(std::uint64_t shard) {
  const Samples samples = collect_shard(options_, grid_size_, seed_, shard);
  if (!file_.empty() && !writer_) {
    if (shard == 0) writer_ = DataSetWriter::create(file_, grid_size_, attributes());
    else writer_ = DataSetWriter::resume(file_, 2 * size());
  }
  write(samples);
  keep(samples.grids, samples.directions);
  if (shard + 1 == shard_count(options_)) writer_.reset();
}

void HeadingData::forget() {
  writer_.reset();
  grids_.clear(), directions_.clear(), samples_ = 0, checksum_ = 0;
}

void HeadingData::keep(std::span<const float> grids, std::span<const float> directions) {
  grids_.insert(grids_.end(), grids.begin(), grids.end());
  directions_.insert(directions_.end(), directions.begin(), directions.end());
  const std::size_t cells = grid_size_ * grid_size_;
  samples_ += directions.size() / 2;
  for (std::size_t k = 0; k < directions.size() / 2; ++k)
    checksum_ = hash(hash(checksum_, grids.subspan(k * cells, cells)), directions.subspan(2 * k, 2));
}

// A sample and its negative share their grid: next to each other, so that compression stores it once.
void HeadingData::write(const Samples& samples) {
  if (!writer_) return;
  const std::size_t rows = 2 * samples.size(), cells = grid_size_ * grid_size_;
  std::vector<float> grids(rows * cells), directions(rows * 2);
  std::vector<std::uint8_t> labels(rows);
  std::vector<std::int32_t> landscapes(rows);
  std::vector<std::uint64_t> episodes(rows);
  for (std::size_t r = 0; r < rows; ++r) {
    const std::size_t k = r / 2;
    const bool positive = r % 2 == 0;
    std::copy_n(&samples.grids[k * cells], cells, &grids[r * cells]);
    std::copy_n(positive ? &samples.directions[2 * k] : &samples.negatives[2 * k], 2, &directions[2 * r]);
    labels[r] = positive;
    landscapes[r] = static_cast<std::int32_t>(samples.families[k]);
    episodes[r] = samples.episodes[k];
  }
  writer_->append({grids, directions, labels, landscapes, episodes});
  writer_->flush();  // a checkpoint may count these rows from now on
}

DataSetWriter::Attributes HeadingData::attributes() const {
  DataSetWriter::Attributes out{{"seed", std::to_string(seed_)}, {"grid_size", std::to_string(grid_size_)}};
  for (const auto& [key, text] : to_settings(options_)) out["collection." + key] = text;
  std::string names;
  for (const auto& name : family_names(options_.families)) names += (names.empty() ? "" : ",") + name;
  out["landscapes"] = names;
  out["labels"] = "1: the direction of the row's target; 0: a random one against it, on the same grid";
  return out;
}

void HeadingData::save(Checkpoint& out, const std::string& prefix) const {
  out.put_integer(prefix + "samples", size());
  out.put_integer(prefix + "checksum", checksum_);
}

bool HeadingData::read(std::uint64_t samples, std::uint64_t checksum) {
  const std::size_t cells = grid_size_ * grid_size_;
  try {
    const DataSet rows = read_data_set(file_, 0, 2 * samples);
    if (rows.n != grid_size_ || rows.size() != 2 * samples) return false;
    for (std::size_t r = 0; r < rows.size(); r += 2)
      keep(std::span(rows.grids_bnn).subspan(r * cells, cells), std::span(rows.directions_b2).subspan(2 * r, 2));
  } catch (const std::runtime_error&) { return false; }  // missing or damaged
  return checksum_ == checksum;
}

void HeadingData::restore(const Checkpoint& in, const std::string& prefix, std::uint64_t shards) {
  const std::uint64_t samples = in.integer(prefix + "samples"), checksum = in.integer(prefix + "checksum");
  forget();
  if (shards == 0) return;
  if (!file_.empty() && read(samples, checksum)) return;
  forget();
  for (std::uint64_t shard = 0; shard < shards; ++shard) collect(shard);
  if (size() != samples || checksum_ != checksum)
    throw std::runtime_error("these settings do not give the samples that the checkpoint was trained on");
}

void HeadingData::let_go(bool keep_file) {
  writer_.reset();
  grids_ = {}, directions_ = {};
  std::error_code ignored;  // a file that cannot be removed is no failure
  if (!keep_file && !file_.empty()) std::filesystem::remove(file_, ignored);
}

void HeadingData::restore_let_go(const Checkpoint& in, const std::string& prefix) {
  forget();
  samples_ = in.integer(prefix + "samples"), checksum_ = in.integer(prefix + "checksum");
}

}  // namespace rover
