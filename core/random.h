#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace rover {

/// A counter-based random stream (Philox 4×32-10, Salmon et al. 2011). Its whole state is two integers: copy it, store
/// it, compare it. Every draw consumes exactly one counter tick, so the position after k draws is `counter + k`.
struct RandomStream {
  std::uint64_t key = 0;
  std::uint64_t counter = 0;

  std::uint64_t bits();                         ///< 64 uniform bits
  double uniform();                             ///< [0, 1)
  double uniform(double low, double high);      ///< [low, high)
  double log_uniform(double low, double high);  ///< exp(U(ln low, ln high)), 0 < low ≤ high
  double normal();                              ///< N(0, 1) by Box–Muller
  std::uint64_t below(std::uint64_t n);         ///< {0, …, n−1}; n ≥ 1
  void normals(std::span<double> out);          ///< N(0, 1), ⌈size/2⌉ ticks: both Box–Muller values are used

  friend bool operator==(const RandomStream&, const RandomStream&) = default;
};

/// The stream of one purpose ("start", "noise", …) of one environment (or instance, or episode) `index` under `seed`.
/// Streams of different (seed, index, purpose) are independent, so that no result depends on what ran before it.
RandomStream make_stream(std::uint64_t seed, std::uint64_t index, std::string_view purpose);

/// A seed for something that takes a seed of its own, derived like a stream.
std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index, std::string_view purpose);

}  // namespace rover
