#include "agents/rover/pair_memory.h"

#include <algorithm>

#include "core/settings.h"

namespace rover {

PairMemory::Keeping PairMemory::parse_keeping(const std::string& text) {
  if (text == "pairs") return Keeping::pairs;
  if (text == "coordinates") return Keeping::coordinates;
  throw UsageError(unknown_name("memory", text, {"coordinates", "pairs"}) + " (coordinates or pairs)");
}

void PairMemory::reset(std::size_t dimension, std::size_t hidden, double log_step_size, double log_resolution,
                       Keeping keeping) {
  keeping_ = keeping;
  first_ = {log_step_size, log_resolution, {}};
  width_ = hidden;
  now_.clear(), before_.clear();
  coordinates_.assign(dimension, {log_step_size, log_resolution, 0});
}

void PairMemory::visit(std::span<const Pair> pairs, std::vector<std::uint32_t>& slots) {
  slots.resize(pairs.size());
  if (keeping_ == Keeping::pairs) {
    for (std::size_t p = 0; p < pairs.size(); ++p) {
      const std::uint32_t known = now_.find(pairs[p]);
      slots[p] = known != none ? known : now_.add(pairs[p], first_, width_);
    }
    return;
  }
  std::swap(now_, before_);
  now_.clear();
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const Coordinate &a = coordinates_[pairs[p].i], &b = coordinates_[pairs[p].j];
    Slot slot{(a.log_step_size + b.log_step_size) / 2, (a.log_resolution + b.log_resolution) / 2, {}};
    const std::uint32_t known = before_.find(pairs[p]);
    if (known != none) slot.context = before_.slots[known].context;
    slots[p] = now_.add(pairs[p], slot, width_);
    if (known != none)
      std::copy_n(before_.states.data() + 2 * known * width_, 2 * width_, now_.states.data() + 2 * slots[p] * width_);
  }
}

void PairMemory::learn(std::span<const Pair> pairs, std::span<const std::uint32_t> slots) {
  if (keeping_ == Keeping::pairs) return;
  const auto for_both = [&](const auto& change) {
    for (std::size_t p = 0; p < pairs.size(); ++p)
      for (const std::uint32_t k : {pairs[p].i, pairs[p].j}) change(coordinates_[k], now_.slots[slots[p]]);
  };
  for_both([](Coordinate& c, const Slot&) { c = {0, 0, 0}; });
  for_both([](Coordinate& c, const Slot& s) {
    c.log_step_size += s.log_step_size, c.log_resolution += s.log_resolution, ++c.pairs;
  });
  for_both([](Coordinate& c, const Slot&) {
    if (c.pairs > 1) c.log_step_size /= c.pairs, c.log_resolution /= c.pairs;
    c.pairs = 1;
  });
}

void PairMemory::Generation::clear() {
  pairs.clear(), slots.clear(), states.clear();
  std::ranges::fill(table, none);
}

std::size_t PairMemory::Generation::place(Pair pair) const {
  std::uint64_t hash = (std::uint64_t{pair.i} << 32 | pair.j) * 0x9e3779b97f4a7c15ull;
  hash ^= hash >> 32;
  std::size_t at = hash & (table.size() - 1);
  while (table[at] != none && pairs[table[at]] != pair) at = (at + 1) & (table.size() - 1);
  return at;
}

std::uint32_t PairMemory::Generation::find(Pair pair) const { return table.empty() ? none : table[place(pair)]; }

std::uint32_t PairMemory::Generation::add(Pair pair, const Slot& slot, std::size_t width) {
  const auto added = static_cast<std::uint32_t>(slots.size());
  if (2 * (pairs.size() + 1) > table.size()) {
    table.assign(std::max<std::size_t>(16, 2 * table.size()), none);
    for (std::uint32_t s = 0; s < added; ++s) table[place(pairs[s])] = s;
  }
  table[place(pair)] = added;
  pairs.push_back(pair), slots.push_back(slot);
  states.resize(states.size() + 2 * width, 0.f);
  return added;
}

}  // namespace rover
