#include "agents/rover/pair_memory.h"

#include "env/settings.h"

namespace rover {

PairMemory::Source PairMemory::parse_source(const std::string& text) {
  if (text == "pairs") return Source::pairs;
  if (text == "coordinates") return Source::coordinates;
  throw UsageError(unknown_name("memory", text, {"coordinates", "pairs"}) + " (coordinates or pairs)");
}

void PairMemory::reset(std::size_t dimension, std::size_t hidden, double log_step_size, double log_resolution, Source source) {
  first_ = {log_step_size, log_resolution, {}};
  source_ = source;
  width_ = hidden;
  slots_.clear(), states_.clear(), index_.clear();
  latest_.assign(dimension, none);
}

std::uint32_t PairMemory::visit(Pair pair) {
  const auto [found, fresh] = index_.try_emplace(std::uint64_t{pair.i} << 32 | pair.j, static_cast<std::uint32_t>(slots_.size()));
  const std::uint32_t slot = found->second;
  if (fresh) slots_.push_back(first_), states_.resize(states_.size() + 2 * width_, 0.f);
  const std::uint32_t a = latest_[pair.i] == none ? latest_[pair.j] : latest_[pair.i];
  const std::uint32_t b = latest_[pair.j] == none ? a : latest_[pair.j];
  if (source_ == Source::coordinates && a != none) {
    slots_[slot].log_step_size = (slots_[a].log_step_size + slots_[b].log_step_size) / 2;
    slots_[slot].log_resolution = (slots_[a].log_resolution + slots_[b].log_resolution) / 2;
  }
  latest_[pair.i] = latest_[pair.j] = slot;
  return slot;
}

}  // namespace rover
