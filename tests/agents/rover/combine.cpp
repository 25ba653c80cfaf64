// Eigen's settings as in the library, so that its inline functions are the same everywhere.
#define EIGEN_MALLOC_ALREADY_ALIGNED 1
#define EIGEN_MAX_ALIGN_BYTES 16
#include "agents/rover/combine.h"

#include <doctest/doctest.h>

#include <Eigen/Dense>

namespace rover {
namespace {

std::vector<double> combine(const std::vector<Pair>& pairs, const std::vector<double>& updates, std::size_t d) {
  std::vector<double> step(d, 7.0);
  std::vector<std::uint32_t> counts;
  combine_updates(pairs, updates, step, counts);
  return step;
}

std::vector<double> random_updates(std::size_t pairs, std::uint64_t seed) {
  RandomStream stream = make_stream(seed, 0, "updates");
  std::vector<double> out(2 * pairs);
  stream.normals(out);
  return out;
}

}  // namespace

TEST_CASE("the combined step is the least-squares solution of eq. (8) for any set of pairs") {
  for (const std::string& strategy : pair_strategies())
    for (const std::size_t d : {3, 8, 11}) {
      CAPTURE(strategy);
      CAPTURE(d);
      PairOptions options{.strategy = strategy};
      if (strategy == "layer") options.layers = d == 3 ? "3" : d == 8 ? "3,5" : "2,9";
      if (strategy == "subset") options.count = 3;  // leaves coordinates out
      const auto sampler = make_pair_sampler(options);
      sampler->reset(d, 2);
      std::vector<Pair> pairs;
      sampler->sample(1000, pairs);
      const auto updates = random_updates(pairs.size(), d);
      Eigen::MatrixXd rows =
          Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(2 * pairs.size()), static_cast<Eigen::Index>(d));
      for (std::size_t p = 0; p < pairs.size(); ++p)
        rows(static_cast<Eigen::Index>(2 * p), pairs[p].i) = 1,
                                               rows(static_cast<Eigen::Index>(2 * p + 1), pairs[p].j) = 1;
      const Eigen::VectorXd right =
          Eigen::Map<const Eigen::VectorXd>(updates.data(), static_cast<Eigen::Index>(updates.size()));
      const Eigen::VectorXd dense = rows.completeOrthogonalDecomposition().solve(right);  // the shortest of the minima
      const auto step = combine(pairs, updates, d);
      for (std::size_t k = 0; k < d; ++k)
        CHECK(step[k] == doctest::Approx(dense(static_cast<Eigen::Index>(k))).epsilon(1e-12));
    }
}

TEST_CASE("eq. (9) and (10): the factors 1/(d − 1) over all pairs and 1/(k − 1) over those of k coordinates") {
  for (const std::size_t k : {4, 7}) {  // of 7
    std::vector<Pair> pairs;
    for (std::uint32_t i = 0; i < k; ++i)
      for (std::uint32_t j = i + 1; j < k; ++j) pairs.push_back({i, j});
    const auto updates = random_updates(pairs.size(), k);
    std::vector<double> sums(7, 0.0);
    for (std::size_t p = 0; p < pairs.size(); ++p)
      sums[pairs[p].i] += updates[2 * p], sums[pairs[p].j] += updates[2 * p + 1];
    const auto step = combine(pairs, updates, 7);
    for (std::size_t c = 0; c < 7; ++c)
      CHECK(step[c] == doctest::Approx(sums[c] / static_cast<double>(k - 1)).epsilon(1e-14));
  }
  // Any other set: the mean over the pairs that a coordinate is in.
  CHECK(combine({{0, 1}, {0, 2}}, {1, 2, 4, 8}, 4) == std::vector<double>{2.5, 2, 8, 0});
}

}  // namespace rover
