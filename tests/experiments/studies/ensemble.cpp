#include "experiments/studies/ensemble.h"

#include <doctest/doctest.h>

#include <cmath>

namespace rover {
namespace {

Ensemble gaussian(std::size_t rows, std::size_t width, std::uint64_t seed, std::size_t rank = ~0u) {
  Ensemble out(width);
  RandomStream stream = make_stream(seed, 0, "ensemble");
  for (std::size_t s = 0; s < rows; ++s) {
    std::vector<double> row(width);
    stream.normals(std::span(row).first(std::min(rank, width)));
    out.add(row);
  }
  return out;
}

std::vector<double> rule(std::uint64_t seed) {
  const Ensemble one = gaussian(1, 81, seed);
  return {one[0].begin(), one[0].end()};
}

}  // namespace

TEST_CASE("principal components of clouds of known shape") {
  Ensemble line(3);
  for (const double x : {-1.0, 0.5, 4.0, 2.0}) line.add(std::vector<double>{1 + x, 2 - 2 * x, 5});
  const Components of_line = principal_components(line);
  CHECK(of_line.d90 == 1);
  CHECK(of_line.ratios[0] == doctest::Approx(1));
  CHECK(of_line.participation == doctest::Approx(1));
  const Ensemble direction = principal_directions(line, 1);
  CHECK(std::abs(direction[0][1] / direction[0][0]) == doctest::Approx(2));
  CHECK(length_within(direction, std::vector<double>{1, -2, 7}) == doctest::Approx(std::sqrt(5)));

  CHECK(principal_components(gaussian(2000, 20, 1, 5)).d90 == 5);
  CHECK(principal_components(gaussian(10, 81, 2)).d90 == 8);  // ten isotropic vectors: this is what no structure gives
  Ensemble same(2);
  same.add(std::vector<double>{1, 2}), same.add(std::vector<double>{1, 2});
  CHECK(principal_components(same).d90 == 0);
}

TEST_CASE("distances over pairs") {
  Ensemble corners(2);
  for (const auto& row : {std::vector<double>{0, 0}, {3, 4}, {0, 0}}) corners.add(row);
  const Distances found = pairwise_distances(corners);
  CHECK(found.mean == doctest::Approx(10.0 / 3));
  CHECK(found.deviation == doctest::Approx(std::sqrt(50.0 / 3 - 100.0 / 9)));
  CHECK(pairwise_distances(corners.first(1)).mean == 0);
}

TEST_CASE("k-means finds clusters that are far apart") {
  Ensemble cloud(4);
  RandomStream stream = make_stream(3, 0, "clusters");
  std::vector<std::size_t> truth;
  for (std::size_t s = 0; s < 60; ++s) {
    std::vector<double> row(4);
    stream.normals(row);
    row[s % 3] += 30;
    truth.push_back(s % 3);
    cloud.add(row);
  }
  const auto labels = k_means(cloud, 3, 4, stream);
  for (std::size_t a = 0; a < 60; ++a)
    for (std::size_t b = 0; b < a; ++b) CHECK((labels[a] == labels[b]) == (truth[a] == truth[b]));
}

TEST_CASE("a scrambled rule is the same function, far away, and matching brings it back") {
  const std::vector<double> a = rule(5), b = rule(6);
  RandomStream stream = make_stream(7, 0, "scramble");
  const std::vector<double> moved = scrambled(a, stream), back = matched(a, moved);
  CHECK(distance(a, moved) > 5);
  CHECK(distance(probe_updates(a, 50, 1), probe_updates(moved, 50, 1)) < 1e-12);
  CHECK(distance(a, back) < 1e-12);
  CHECK(distance(a, matched(a, b)) < distance(a, b));
  CHECK(distance(a, matched(a, b)) == doctest::Approx(distance(matched(b, a), b)));  // the best of all is the same
  CHECK(distance(probe_updates(b, 50, 1), probe_updates(matched(a, b), 50, 1)) < 1e-12);
}

}  // namespace rover
