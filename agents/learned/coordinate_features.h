#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rover {

/// The part of a walk that is over, t/T, 1 from its horizon T on. Where T is not known (0), as if 100 steps were always
/// still to come: t/(t + 100).
double time_share(std::uint64_t t, std::uint64_t horizon);

/// What a coordinate-wise network sees of a coordinate, written as parts joined by '+', in this order:
///
///   raw           g, θ                                              what fails on networks ("Experiments with
///   log           ln(|g| + 1e-8)/10, sign g, θ                      Attention", Kaur et al. 2025, section 4.4), and
///                                                                   what works there
///   andrychowicz  with a = ln(|g| + 1e-8)/10: (a, sign g) where a > −1, else (−1, e¹⁰ g): the preprocessing of
///                 "Learning to learn by gradient descent by gradient descent" (Andrychowicz et al. 2016), p = 10
///   rich          g/s, m̂/s for decays .5, .9, .99, ln(s)/10, θ, t/T, min(ln(t + 1)/10, 1), e^(−t/10), each of the
///                 ratios and θ within ±4; m̂ and v̂ are running means corrected for their start at 0, v's decay is
///                 .999, s = √(v̂ + 1e-16). Bounded for any t, so that a network stays where it was trained
///   point         θ/5, for surfaces whose domain is about ±5
///   time          t/T
///
/// The study of rules in two dimensions takes "andrychowicz+point+time".
struct CoordinateFeatures {
  bool raw = false, log = false, andrychowicz = false, rich = false, point = false, time = false;
  /// Throws UsageError for an unknown part, one that is there twice, and none.
  explicit CoordinateFeatures(const std::string& text);
  std::size_t count() const;
  /// Floats that are kept of every coordinate, part after part over all coordinates: three momenta and v.
  std::size_t slots() const { return rich ? 4 : 0; }
  static constexpr std::size_t most = 18;
  static constexpr double momentum_decays[3] = {0.5, 0.9, 0.99}, square_decay = 0.999;
  static constexpr float limit = 4;
};

/// What the features of all coordinates share in the step t.
struct CoordinateTime {
  float share, log_time, early;           ///< t/T, min(ln(t + 1)/10, 1), e^(−t/10)
  float momentum_scale[3], square_scale;  ///< the corrections of m and v for their start
  CoordinateTime(std::uint64_t t, std::uint64_t horizon);
};

namespace reference {
/// The features of one coordinate in plain code and double; `kept` [slots()] is what it remembers.
std::vector<double> coordinate_features(const CoordinateFeatures& features, double gradient, double point,
                                        std::span<double> kept, std::uint64_t t, std::uint64_t horizon);
}  // namespace reference

}  // namespace rover
