#include "agents/attention/attention.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

TEST_CASE("attention: weights by hand; the mean of the samples, a share of the way; explorers and decay") {
  std::vector<double> values{1, 2, 1 + std::log(2.0)};
  attend(1, values);
  const double sum = 1 + std::exp(-1) + 0.5;
  CHECK(values[0] == doctest::Approx(1 / sum));
  CHECK(values[1] == doctest::Approx(std::exp(-1) / sum));
  CHECK(values[2] == doctest::Approx(0.5 / sum));
  std::vector<double> huge{1e308, -1e308, 5};
  attend(1e12, huge);
  CHECK(huge == std::vector<double>{0, 1, 0});

  const Box box = cube(2, -4, 4);
  Problem problem;
  problem.dimension = 2, problem.domain = &box;
  AttentionOptions options;
  options.points = 3, options.beta = 1, options.step = 0.5, options.sigma = 0.01;
  Attention attention(options);
  attention.reset(problem, make_stream(1, 0, "test"));
  const std::vector<double> x{1, -2};
  std::vector<double> points, to;
  attention.sample(x, points);
  REQUIRE(points.size() == 6);
  attention.move(x, std::vector<double>{1, 2, 1 + std::log(2.0)}, to);
  for (const std::size_t i : {0u, 1u}) {
    const double mean = (points[i] + std::exp(-1) * points[2 + i] + 0.5 * points[4 + i]) / sum;
    CHECK(to[i] == doctest::Approx(x[i] + 0.5 * (mean - x[i])));
  }

  options.points = 1000, options.explore = 0.25, options.explore_sigma = 0.05, options.decay = 0.5;
  Attention wide(options);
  wide.reset(problem, make_stream(2, 0, "test"));
  for (const double shrunk : {1.0, 0.5, 0.25}) {
    wide.sample(std::vector<double>{0, 0}, points);
    const auto deviation = [&](std::size_t first, std::size_t last) {
      double square = 0;
      for (std::size_t k = 2 * first; k < 2 * last; ++k) square += points[k] * points[k];
      return std::sqrt(square / static_cast<double>(2 * (last - first)));
    };
    CHECK(deviation(0, 250) == doctest::Approx(shrunk * 8 * 0.05).epsilon(0.1));
    CHECK(deviation(250, 1000) == doctest::Approx(shrunk * 8 * 0.01).epsilon(0.1));
  }
}

TEST_CASE("attention search comes down a bowl, and over the ripples that stop gradient descent") {
  CHECK(play_on(bowl(5), "attention", {{"beta", "10"}, {"decay", "0.02"}}, {3, -2, 1, 2, -3}, 4000).info.best_value <
        0.02);
  const auto game = play_on(bowl(3), "attention", {{"points", "7"}}, {1, 1, 1}, 71);
  CHECK(game.looks.size() == 1 + 10 + 1);  // the start, ten steps of seven samples, and one that is not paid for
  CHECK(game.info.iterations == 10);
}
