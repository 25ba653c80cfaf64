#include "core/random.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace rover {
namespace {

struct Block {
  std::uint64_t first, second;
};

Block philox(std::uint64_t key, std::uint64_t low, std::uint64_t high) {
  using Generator = r123::Philox4x32;
  const auto word = [](std::uint64_t value, int half) { return static_cast<std::uint32_t>(value >> (32 * half)); };
  const Generator::ctr_type counter{{word(low, 0), word(low, 1), word(high, 0), word(high, 1)}};
  const auto out = Generator{}(counter, Generator::key_type{{word(key, 0), word(key, 1)}});
  return {out[0] | std::uint64_t{out[1]} << 32, out[2] | std::uint64_t{out[3]} << 32};
}

double to_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

struct Pair {
  double first, second;
};

Pair box_muller(const Block& block) {
  const double radius = std::sqrt(-2 * std::log(1 - to_unit(block.first)));  // 1 − u lies in (0, 1]
  const double angle = 2 * std::numbers::pi * to_unit(block.second);
  return {radius * std::cos(angle), radius * std::sin(angle)};
}

}  // namespace

std::uint64_t RandomStream::bits() { return philox(key, counter++, 0).first; }
double RandomStream::uniform() { return to_unit(bits()); }
double RandomStream::uniform(double low, double high) { return low + (high - low) * uniform(); }
double RandomStream::log_uniform(double low, double high) { return std::exp(uniform(std::log(low), std::log(high))); }
double RandomStream::normal() { return box_muller(philox(key, counter++, 0)).first; }

std::uint64_t RandomStream::below(std::uint64_t n) {
  __extension__ using Wide = unsigned __int128;  // multiply-shift: bias < n / 2^64
  return static_cast<std::uint64_t>((static_cast<Wide>(bits()) * n) >> 64);
}

void RandomStream::normals(std::span<double> out) {
  for (std::size_t k = 0; k < out.size(); k += 2) {
    const Pair pair = box_muller(philox(key, counter++, 0));
    out[k] = pair.first;
    if (k + 1 < out.size()) out[k + 1] = pair.second;
  }
}

std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index, std::string_view purpose) {
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const char c : purpose) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return philox(seed, index, hash).first;
}

RandomStream make_stream(std::uint64_t seed, std::uint64_t index, std::string_view purpose) {
  return {derive_seed(seed, index, purpose), 0};
}

}  // namespace rover
