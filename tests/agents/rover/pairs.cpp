#include "agents/rover/pairs.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "core/settings.h"
#include "tests/storage/scratch.h"

namespace rover {
namespace {

constexpr std::size_t no_limit = ~std::size_t{0};

std::vector<Pair> draw(PairSampler& sampler, std::size_t limit = no_limit) {
  std::vector<Pair> pairs;
  sampler.sample(limit, pairs);
  return pairs;
}

std::vector<Pair> first_draw(const PairOptions& options, std::size_t dimension, std::uint64_t seed = 1) {
  const auto sampler = make_pair_sampler(options);
  sampler->reset(dimension, seed);
  return draw(*sampler);
}

void check_pairs(const std::vector<Pair>& pairs, std::size_t dimension) {
  CHECK(std::set<Pair>(pairs.begin(), pairs.end()).size() == pairs.size());
  for (const Pair& pair : pairs) REQUIRE((pair.i < pair.j && pair.j < dimension));
}

std::vector<std::size_t> visits(const std::vector<Pair>& pairs, std::size_t dimension) {
  std::vector<std::size_t> out(dimension, 0);
  for (const Pair& pair : pairs) ++out[pair.i], ++out[pair.j];
  return out;
}

}  // namespace

TEST_CASE("every strategy draws distinct pairs, as many as may be paid, the same under the same seed") {
  for (const std::string& strategy : pair_strategies()) {
    CAPTURE(strategy);
    PairOptions options{.strategy = strategy};
    for (const std::size_t d : {2, 3, 7, 12}) {
      CAPTURE(d);
      if (strategy == "layer") options.layers = d == 2 ? "2" : d == 3 ? "3" : d == 7 ? "2,5" : "2,7,3";
      const auto sampler = make_pair_sampler(options), other = make_pair_sampler(options);
      sampler->reset(d, 4), other->reset(d, 4);
      draw(*other), other->reset(d, 4);  // what was drawn before must not matter
      for (int step = 0; step < 5; ++step) {
        const std::size_t limit = step == 3 ? 2 : no_limit;
        const auto pairs = draw(*sampler, limit);
        check_pairs(pairs, d);
        CHECK(pairs == draw(*other, limit));
        CHECK(pairs.size() >= 1);
        CHECK(pairs.size() <= limit);
        if (d == 2) CHECK(pairs == std::vector<Pair>{{0, 1}});
      }
    }
  }
}

TEST_CASE("the paper's strategies") {
  CHECK(first_draw({.strategy = "all"}, 6).size() == 15);
  for (const std::size_t seen : visits(first_draw({.strategy = "all"}, 6), 6)) CHECK(seen == 5);

  const auto subset = first_draw({.strategy = "subset", .count = 4}, 20);
  CHECK(subset.size() == 6);
  auto seen = visits(subset, 20);
  CHECK(std::ranges::count(seen, 3u) == 4);
  CHECK(std::ranges::count(seen, 0u) == 16);
  CHECK(first_draw({.strategy = "subset"}, 20).size() == 45);
  CHECK(first_draw({.strategy = "subset"}, 5).size() == 10);

  const auto per_dimension = first_draw({.strategy = "per-dimension", .count = 3}, 40);
  CHECK(per_dimension.size() <= 120);
  CHECK(per_dimension.size() > 100);  // 120 draws among 780 pairs: 9 repetitions expected
  CHECK(std::ranges::min(visits(per_dimension, 40)) >= 1);

  const auto layers = first_draw({.strategy = "layer", .count = 2, .layers = "5, 11,4"}, 20);
  check_pairs(layers, 20);
  CHECK(std::ranges::min(visits(layers, 20)) >= 1);
  const auto layer_of = [](std::uint32_t k) { return k < 5 ? 0 : k < 16 ? 1 : 2; };
  for (const Pair& pair : layers) CHECK(layer_of(pair.i) == layer_of(pair.j));
}

TEST_CASE("a matching visits every coordinate once before any comes again") {
  const auto sampler = make_pair_sampler({.strategy = "matching"});
  sampler->reset(10, 3);
  const auto first = draw(*sampler), second = draw(*sampler);
  for (const auto& pairs : {first, second})
    for (const std::size_t seen : visits(pairs, 10)) CHECK(seen == 1);
  CHECK(first != second);
  sampler->reset(10, 4);
  CHECK(draw(*sampler) != first);

  const auto few = make_pair_sampler({.strategy = "matching", .count = 2});
  few->reset(8, 1);
  std::vector<Pair> pass = draw(*few);
  std::ranges::copy(draw(*few), std::back_inserter(pass));
  CHECK(pass.size() == 4);
  for (const std::size_t seen : visits(pass, 8)) CHECK(seen == 1);

  const auto odd = first_draw({.strategy = "matching"}, 9);
  CHECK(odd.size() == 5);
  CHECK(std::ranges::min(visits(odd, 9)) == 1);
}

TEST_CASE("adaptive pairs: where slices promised most, and with the partners that are coupled") {
  const std::size_t d = 12;
  const auto teach = [&](PairSampler& sampler, const auto& promise) {  // every pair has met once
    for (std::uint32_t i = 0; i < d; ++i)
      for (std::uint32_t j = i + 1; j < d; ++j) {
        const Pair pair{i, j};
        const Promise seen = promise(pair);
        sampler.learn({&pair, 1}, {&seen, 1});
      }
  };
  const auto coupled = make_pair_sampler({.strategy = "adaptive"});
  CHECK(coupled->learns());
  coupled->reset(d, 1);
  teach(*coupled, [](Pair pair) { return Promise{1, 0.5, pair.j == pair.i + 1 && pair.i % 2 == 0 ? 0.9 : 0.0}; });
  for (int step = 0; step < 10; ++step) {
    auto pairs = draw(*coupled);
    std::ranges::sort(pairs);
    CHECK(pairs == std::vector<Pair>{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {10, 11}});
  }

  const auto promising = make_pair_sampler({.strategy = "adaptive", .count = 2});
  promising->reset(d, 1);
  teach(*promising, [](Pair pair) {
    return Promise{pair.j < 4 ? 2.0 : pair.i >= 4 ? 0.0 : 1.0, pair.j < 4 ? 0.5 : 1.0, 0};
  });
  // Odds are promise · age⁴. Four promise 1 + a tenth of the mean of 1/3, eight only the tenth: 31 times less, made up
  // for at an age 31^¼ = 2.4 times as high. Four of the twelve are chosen a step, so that 3 is the mean wait, and no
  // wait is long.
  std::vector<std::size_t> seen(d, 0), last(d, 0);
  std::size_t longest = 0;
  for (std::size_t step = 1; step <= 200; ++step)
    for (const Pair& pair : draw(*promising))
      for (const std::uint32_t k : {pair.i, pair.j})
        ++seen[k], longest = std::max(longest, step - last[k]), last[k] = step;
  CHECK(std::min({seen[0], seen[1], seen[2], seen[3]}) >
        1.5 * static_cast<double>(*std::max_element(seen.begin() + 4, seen.end())));
  CHECK(std::max({seen[0], seen[1], seen[2], seen[3]}) <
        2.9 * static_cast<double>(*std::min_element(seen.begin() + 4, seen.end())));
  CHECK(longest <= 12);
}

TEST_CASE("pair strategies say what they need") {
  const auto error = [](const PairOptions& options) { return error_of([&] { make_pair_sampler(options); }); };
  CHECK(error({.strategy = "machting"}) ==
        "unknown pair strategy 'machting'; did you mean 'matching'? (all, subset, per-dimension, layer, matching, "
        "adaptive)");
  CHECK(error({.strategy = "layer"}) == "pairs=layer needs the layers' sizes: layers=50,110,33");
  CHECK(error({.strategy = "matching", .layers = "4,4"}) == "layers are for pairs=layer, not for pairs=matching");
  CHECK(error({.strategy = "layer", .layers = "4,x"}) == "the setting layers=x is not a whole number ≥ 0");
  CHECK(error({.strategy = "layer", .layers = "4,1"}) ==
        "a layer needs at least two coordinates, and '4,1' has one of 1");
  CHECK(error({.strategy = "all", .count = 3}) == "pairs=all takes every pair: pair_count has no meaning");
  CHECK(error({.strategy = "subset", .count = 1}) == "pairs=subset needs pair_count ≥ 2 coordinates");
  CHECK(error_of([] { first_draw({.strategy = "layer", .layers = "4,4"}, 9); }) ==
        "the layers have 8 coordinates together, but the surface has 9 dimensions");
}

}  // namespace rover
