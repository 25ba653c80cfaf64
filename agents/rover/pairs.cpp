#include "agents/rover/pairs.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_map>

#include "core/settings.h"

namespace rover {
namespace {

using Index = std::uint32_t;

Pair make_pair(Index a, Index b) { return a < b ? Pair{a, b} : Pair{b, a}; }

void keep_distinct(std::vector<Pair>& pairs) {
  std::ranges::sort(pairs);
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
}

/// Makes the first `count` entries a uniform random choice of all.
template <class T>
void shuffle_front(std::vector<T>& entries, std::size_t count, RandomStream& stream) {
  for (std::size_t k = 0; k < std::min(count, entries.size()); ++k)
    std::swap(entries[k], entries[k + stream.below(entries.size() - k)]);
}

class AllPairs final : public PairSampler {
 public:
  void reset(std::size_t dimension, std::uint64_t seed) override {
    d_ = static_cast<Index>(dimension), stream_ = make_stream(seed, 0, "pairs");
  }

 private:
  void draw(std::size_t, std::vector<Pair>& pairs) override {
    pairs.reserve(std::size_t{d_} * (d_ - 1) / 2);
    for (Index i = 0; i < d_; ++i)
      for (Index j = i + 1; j < d_; ++j) pairs.push_back({i, j});
  }
  Index d_ = 0;
};

class SubsetPairs final : public PairSampler {
 public:
  explicit SubsetPairs(std::size_t count) : count_(count) {}
  void reset(std::size_t dimension, std::uint64_t seed) override {
    stream_ = make_stream(seed, 0, "pairs");
    coordinates_.resize(dimension);
    std::iota(coordinates_.begin(), coordinates_.end(), 0u);
  }

 private:
  void draw(std::size_t, std::vector<Pair>& pairs) override {
    shuffle_front(coordinates_, count_, stream_);
    const std::size_t k = std::min(count_, coordinates_.size());
    for (std::size_t a = 0; a < k; ++a)
      for (std::size_t b = a + 1; b < k; ++b) pairs.push_back(make_pair(coordinates_[a], coordinates_[b]));
  }
  std::size_t count_;
  std::vector<Index> coordinates_;
};

/// Strategies `per-dimension` and, with layers, `layer`.
class PerDimensionPairs final : public PairSampler {
 public:
  PerDimensionPairs(std::size_t count, std::vector<std::size_t> layers) : count_(count), layers_(std::move(layers)) {}
  void reset(std::size_t dimension, std::uint64_t seed) override {
    stream_ = make_stream(seed, 0, "pairs");
    std::vector<std::size_t> sizes = layers_;
    if (sizes.empty() || dimension == 2) sizes = {dimension};
    if (const std::size_t sum = std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}); sum != dimension)
      throw UsageError("the layers have " + std::to_string(sum) + " coordinates together, but the surface has " +
                       std::to_string(dimension) + " dimensions");
    bounds_.assign(1, 0);
    for (const std::size_t size : sizes) bounds_.push_back(bounds_.back() + static_cast<Index>(size));
  }

 private:
  void draw(std::size_t, std::vector<Pair>& pairs) override {
    for (std::size_t l = 0; l + 1 < bounds_.size(); ++l) {
      const Index first = bounds_[l], size = bounds_[l + 1] - first;
      for (Index i = 0; i < size; ++i)
        for (std::size_t c = 0; c < std::min<std::size_t>(count_, size - 1); ++c) {
          const auto shift = 1 + static_cast<Index>(stream_.below(size - 1));
          pairs.push_back(make_pair(first + i, first + (i + shift) % size));
        }
    }
    keep_distinct(pairs);
  }
  std::size_t count_;
  std::vector<std::size_t> layers_;
  std::vector<Index> bounds_;
};

class MatchingPairs final : public PairSampler {
 public:
  explicit MatchingPairs(std::size_t count) : count_(count) {}
  void reset(std::size_t dimension, std::uint64_t seed) override {
    stream_ = make_stream(seed, 0, "pairs");
    coordinates_.resize(dimension);
    std::iota(coordinates_.begin(), coordinates_.end(), 0u);
    next_ = dimension;
  }

 private:
  void draw(std::size_t limit, std::vector<Pair>& pairs) override {
    const std::size_t d = coordinates_.size(), all = d * (d - 1) / 2;
    const std::size_t wanted = std::min({count_ == 0 ? (d + 1) / 2 : count_, limit, all});
    while (pairs.size() < wanted) {
      const std::size_t missing = wanted - pairs.size();
      for (std::size_t k = 0; k < missing; ++k) {
        const Index a = pop(d);
        pairs.push_back(make_pair(a, pop(a)));
      }
      keep_distinct(pairs);  // two passes may meet in one step
    }
  }

  /// The next coordinate of the pass, not `other`.
  Index pop(std::size_t other) {
    if (next_ == coordinates_.size()) shuffle_front(coordinates_, coordinates_.size(), stream_), next_ = 0;
    if (coordinates_[next_] == other)
      std::swap(coordinates_[next_], coordinates_[next_ + 1]);  // a pass's first: d ≥ 2 follow
    return coordinates_[next_++];
  }

  std::size_t count_, next_ = 0;
  std::vector<Index> coordinates_;
};

/// Coordinates are drawn without replacement with odds proportional to the gain that their last slices predicted; each
/// is paired with the coordinate to which it was coupled most in their last common slice, among its strongest known
/// partners and a few others. What was never measured counts as the best measured so far: everything is tried once.
class AdaptivePairs final : public PairSampler {
 public:
  explicit AdaptivePairs(std::size_t count) : count_(count) {}
  void reset(std::size_t dimension, std::uint64_t seed) override {
    stream_ = make_stream(seed, 0, "pairs");
    decreases_.assign(dimension, unknown);
    waiting_.assign(dimension, 1);
    strongest_.assign(dimension, {none, 0});
    order_.resize(dimension), keys_.resize(dimension), places_.resize(dimension);
    couplings_.clear();
  }
  bool learns() const override { return true; }
  void learn(std::span<const Pair> pairs, std::span<const Promise> promises) override {
    for (std::size_t k = 0; k < pairs.size(); ++k) {
      const Promise& seen = promises[k];
      decreases_[pairs[k].i] = seen.decrease * seen.share_i;
      decreases_[pairs[k].j] = seen.decrease * (1 - seen.share_i);
      couplings_[key(pairs[k])] = static_cast<float>(seen.coupling);
      strengthen(pairs[k].i, pairs[k].j, seen.coupling);
      strengthen(pairs[k].j, pairs[k].i, seen.coupling);
    }
  }

 private:
  static constexpr double unknown = -1;
  static constexpr Index none = ~0u;
  static constexpr std::size_t candidates = 16;
  static constexpr double floor = 0.1;         // of the mean, for coordinates without a predicted gain
  static constexpr double new_coupling = 0.3;  // for a pair never drawn
  static constexpr double noise = 0.15;        // on couplings, because of ties and outdated values

  static std::uint64_t key(Pair pair) { return std::uint64_t{pair.i} << 32 | pair.j; }

  void draw(std::size_t limit, std::vector<Pair>& pairs) override {
    const std::size_t d = order_.size(), wanted = std::min({count_ == 0 ? (d + 1) / 2 : count_, limit, (d + 1) / 2});
    const std::size_t chosen = std::min(2 * wanted, d);
    std::iota(order_.begin(), order_.end(), 0u);
    if (chosen < d) choose(chosen);
    else shuffle_front(order_, d, stream_);
    for (std::size_t k = 0; k < d; ++k) places_[order_[k]] = k;
    for (std::size_t at = 0; at + 1 < chosen; at += 2) {
      const Index leader = order_[at], friendly = strongest_[leader].partner;
      std::size_t best = at + 1;
      double best_score = -1;
      const auto consider = [&](std::size_t place) {
        const auto met = couplings_.find(key(make_pair(leader, order_[place])));
        const double score = (met == couplings_.end() ? new_coupling : met->second) + noise * stream_.uniform();
        if (score > best_score) best_score = score, best = place;
      };
      for (std::size_t k = at + 1; k < std::min(chosen, at + 1 + candidates); ++k) consider(k);
      if (friendly != none && places_[friendly] > at) consider(places_[friendly]);
      std::swap(order_[at + 1], order_[best]);
      places_[order_[at + 1]] = at + 1, places_[order_[best]] = best;
      pairs.push_back(make_pair(leader, order_[at + 1]));
    }
    if (pairs.size() < wanted)
      pairs.push_back(make_pair(order_[chosen - 1], order_[stream_.below(chosen - 1)]));  // d is odd
  }

  void strengthen(Index k, Index partner, double coupling) {
    if (strongest_[k].partner == partner || coupling > strongest_[k].coupling) strongest_[k] = {partner, coupling};
  }

  /// The first `chosen` of order_: a draw without replacement (largest log odds + Gumbel noise), odds promise · age⁴.
  /// Without the age this loses to matchings, which draw every coordinate in turn: an old prediction says little.
  void choose(std::size_t chosen) {
    double sum = 0, highest = 0;
    std::size_t known = 0;
    for (const double x : decreases_)
      if (x != unknown) sum += x, highest = std::max(highest, x), ++known;
    const double mean = known == 0 ? 1 : sum / static_cast<double>(known);
    for (std::size_t k = 0; k < order_.size(); ++k) {
      const double odds = (decreases_[k] == unknown ? std::max(highest, mean) : decreases_[k]) + floor * mean + 1e-300;
      keys_[k] = std::log(odds) + 4 * std::log(waiting_[k]++) -
                 std::log(-std::log1p(-stream_.uniform() * (1 - 1e-12) - 1e-13));
    }
    std::nth_element(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(chosen), order_.end(),
                     [&](Index a, Index b) { return keys_[a] > keys_[b] || (keys_[a] == keys_[b] && a < b); });
    for (std::size_t k = 0; k < chosen; ++k) waiting_[order_[k]] = 1;
    std::vector<Index>& order = order_;  // shuffled: partners are looked for among those that follow
    for (std::size_t k = 0; k < chosen; ++k) std::swap(order[k], order[k + stream_.below(chosen - k)]);
  }

  std::size_t count_;
  struct Strongest {
    Index partner;
    double coupling;
  };
  std::vector<double> decreases_, keys_, waiting_;  // waiting: steps since a coordinate was chosen
  std::vector<Strongest> strongest_;
  std::vector<Index> order_;
  std::vector<std::size_t> places_;  // of each coordinate in order_
  std::unordered_map<std::uint64_t, float> couplings_;
};

std::vector<std::size_t> parse_layers(const std::string& text) {
  std::vector<std::size_t> sizes;
  for (const std::string& part : split_list(text)) {
    std::uint64_t size = 0;
    detail::parse_value("layers", part, size);
    if (size < 2)
      throw UsageError("a layer needs at least two coordinates, and '" + text + "' has one of " + std::to_string(size));
    sizes.push_back(size);
  }
  return sizes;
}

}  // namespace

void PairSampler::sample(std::size_t limit, std::vector<Pair>& pairs) {
  limit = std::max<std::size_t>(limit, 1);
  pairs.clear();
  draw(limit, pairs);
  if (pairs.size() <= limit) return;
  shuffle_front(pairs, limit, stream_);
  pairs.resize(limit);
}

std::vector<std::string> pair_strategies() {
  return {"all", "subset", "per-dimension", "layer", "matching", "adaptive"};
}

std::unique_ptr<PairSampler> make_pair_sampler(const PairOptions& options) {
  const std::string& strategy = options.strategy;
  if ((strategy == "layer") == options.layers.empty())
    throw UsageError(strategy == "layer" ? "pairs=layer needs the layers' sizes: layers=50,110,33"
                                         : "layers are for pairs=layer, not for pairs=" + strategy);
  const std::size_t count = options.count;
  if (strategy == "all") {
    if (count != 0) throw UsageError("pairs=all takes every pair: pair_count has no meaning");
    return std::make_unique<AllPairs>();
  }
  if (strategy == "subset") {
    if (count == 1) throw UsageError("pairs=subset needs pair_count ≥ 2 coordinates");
    return std::make_unique<SubsetPairs>(count == 0 ? 10 : count);
  }
  if (strategy == "per-dimension" || strategy == "layer")
    return std::make_unique<PerDimensionPairs>(count == 0 ? 1 : count, parse_layers(options.layers));
  if (strategy == "matching") return std::make_unique<MatchingPairs>(count);
  if (strategy == "adaptive") return std::make_unique<AdaptivePairs>(count);
  throw UsageError(unknown_name("pair strategy", strategy, pair_strategies()) +
                   " (all, subset, per-dimension, layer, matching, adaptive)");
}

}  // namespace rover
