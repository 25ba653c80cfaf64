#include "imitation/heading_data.h"

#include <bit>
#include <stdexcept>

namespace rover {
namespace {

std::uint64_t hash(std::uint64_t value, const std::vector<float>& more) {  // FNV-1a over the bits
  for (const float x : more) value = (value ^ std::bit_cast<std::uint32_t>(x)) * 0x100000001b3;
  return value;
}

}  // namespace

HeadingData::HeadingData(const CollectionOptions& options, std::size_t grid_size, std::uint64_t seed, const std::filesystem::path& folder)
    : options_(options), grid_size_(grid_size), seed_(seed), file_(folder.empty() ? folder : folder / "dataset.h5") {}

void HeadingData::collect(std::uint64_t shard) {
  add(collect_shard(options_, grid_size_, seed_, shard));
}

void HeadingData::add(const Samples& samples) {
  grids_.insert(grids_.end(), samples.grids.begin(), samples.grids.end());
  directions_.insert(directions_.end(), samples.directions.begin(), samples.directions.end());
  checksum_ = hash(hash(checksum_, samples.grids), samples.directions);
}

void HeadingData::save(Checkpoint& out, const std::string& prefix) const {
  out.put_integer(prefix + "samples", size());
  out.put_integer(prefix + "checksum", checksum_);
}

void HeadingData::restore(const Checkpoint& in, const std::string& prefix, std::uint64_t shards) {
  const std::uint64_t samples = in.integer(prefix + "samples"), checksum = in.integer(prefix + "checksum");
  grids_.clear(), directions_.clear(), checksum_ = 0;
  for (std::uint64_t shard = 0; shard < shards; ++shard) add(collect_shard(options_, grid_size_, seed_, shard));
  if (size() != samples || checksum_ != checksum) throw std::runtime_error("the settings do not give the samples that the checkpoint was trained on");
}

}  // namespace rover
