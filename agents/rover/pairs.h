#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/random.h"

namespace rover {

/// Two coordinates that span a slice, i < j.
struct Pair {
  std::uint32_t i = 0, j = 1;
  friend bool operator==(const Pair&, const Pair&) = default;
  friend auto operator<=>(const Pair&, const Pair&) = default;
};

/// The gain that a slice predicts: how much its lowest sample lies below its middle, how that splits between the two
/// coordinates (by the squared slopes of the fitted quadratic), and how strongly they are coupled, |h_ij| / √|h_ii
/// h_jj| of the fitted curvatures, at most 1.
struct Promise {
  double decrease = 0, share_i = 0.5, coupling = 0;
};

struct PairOptions {
  std::string strategy = "matching";
  std::uint64_t count = 0;
  std::string layers = "";
};

/// Which slices to look at in d > 2: the Θ of eq. (10), drawn anew each step.
///
///   all            every pair, d(d−1)/2
///   subset         `count` coordinates (10), all pairs among them: the paper's first strategy
///   per-dimension  for every coordinate `count` partners (1) among all: the paper's second (section 4.3.2)
///   layer          the same with partners within the coordinate's layer (`layers`: sizes, "50,110,33"): its third
///   matching       `count` disjoint pairs (⌈d/2⌉): every coordinate once before any comes again (ours)
///   adaptive       as many, coordinates by the gain that their last slices predict and how old these are, partners
///                  by curvature coupling (section 5 asks for it)
class PairSampler {
 public:
  virtual ~PairSampler() = default;
  virtual void reset(std::size_t dimension, std::uint64_t seed) = 0;
  /// Distinct pairs in arbitrary order, at most `limit` ≥ 1 of them (a uniform random choice where there are more).
  void sample(std::size_t limit, std::vector<Pair>& pairs);
  /// Whether the strategy uses what the slices showed.
  virtual bool learns() const { return false; }
  virtual void learn(std::span<const Pair>, std::span<const Promise>) {}

 protected:
  virtual void draw(std::size_t limit, std::vector<Pair>& pairs) = 0;
  RandomStream stream_;
};

std::vector<std::string> pair_strategies();

/// Throws UsageError for an unknown strategy, layers without `layer` or the reverse, a count that does not fit. In d =
/// 2 every sampler gives the one pair there is. `reset` throws UsageError when the layers do not add up to d.
std::unique_ptr<PairSampler> make_pair_sampler(const PairOptions& options);

}  // namespace rover
