#include "agents/search/search_agent.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "agents/ask_tell.h"
#include "agents/trials.h"
#include "env/landscapes/noisy.h"
#include "tests/agents/classical/surfaces.h"

namespace rover {
namespace {

/// A bowl with axes of its own, its curvatures from 1 to `condition`; minimum 0 at (.7, −.7, .7, …).
std::shared_ptr<const Landscape> turned_bowl(std::size_t d, double condition) {
  return test::surface_of(test::cube(d, -4, 4), [=](Reals x) {
    double sum = 0, along = 0;
    for (std::size_t i = 0; i < d; ++i) along += (x[i] - (i % 2 ? -0.7 : 0.7)) / std::sqrt(static_cast<double>(d));
    for (std::size_t i = 0; i < d; ++i) {  // mirrored at the diagonal's plane
      const double z = x[i] - (i % 2 ? -0.7 : 0.7) - 2 * along / std::sqrt(static_cast<double>(d));
      sum += std::pow(condition, d > 1 ? static_cast<double>(i) / static_cast<double>(d - 1) : 0) * z * z;
    }
    return sum;
  });
}

/// Σ ln(noise-free regret of the answer) over seeds 1 to `seeds`, with noise of 1 % of the start's; the minimum is 0.
double log_regrets(const std::shared_ptr<const Landscape>& surface, const std::vector<double>& start,
                   const Settings& settings, std::uint64_t evaluations, std::uint64_t seeds) {
  const double gap = surface->value(start);
  const Trial trial{std::make_shared<Noisy>(surface, 0.01 * gap), start, gap, 0};
  double sum = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed)
    sum += std::log(play_trial(*agents().make("rover-search", settings), trial,
                               {.evaluations = evaluations, .clamp = true, .noisy = true}, seed, {})
                        .answer);
  return sum;
}

}  // namespace

TEST_CASE("turned bowls are solved in little more than the evaluations that a quadratic needs, in any dimension") {
  for (const std::size_t d : {1, 2, 3, 5, 10}) {
    CAPTURE(d);
    const std::uint64_t coefficients = 1 + d + d * (d + 1) / 2;
    const auto surface = turned_bowl(d, 1e4);
    for (const std::uint64_t seed : {1, 2, 3}) {
      const auto game =
          test::play_on(surface, "rover-search", {}, std::vector<double>(d, -3), 30 + 5 * coefficients, seed);
      CHECK(game.info.best_value < 1e-8);
    }
  }
}

TEST_CASE("each part can be left out, and does something") {
  const std::vector<double> start{-3, 2, 1, -2, 3};
  const auto surface = turned_bowl(5, 1e3);
  const auto with = [&](const Settings& settings) {
    return test::play_on(surface, "rover-search", settings, start, 150).info.best_value;
  };
  const double whole = with({});
  CHECK(whole < 1e-6);
  CHECK(with({{"descent.metric", "0"}}) > 10 * whole);        // a round window
  CHECK(with({{"descent.fit.prior", "0.01"}}) > 10 * whole);  // an isotropic model
  // Restarts: two wells.
  const auto wells = test::two_wells();
  CHECK(test::play_on(wells, "rover-search", {}, {1, 1}, 1500).info.best_value < -0.3219);
  for (const Settings& one : {Settings{{"populations", "0"}}, Settings{{"sweeps", "false"}}})
    CHECK(test::play_on(wells, "rover-search", one, {1, 1}, 1500).info.best_value < -0.3219);
}

TEST_CASE("among noise the answer is an average, far below what the noise lets single values tell") {
  const std::size_t d = 3;
  const auto surface = turned_bowl(d, 30);
  const std::vector<double> start(d, -3);
  const double deviation = 0.01 * surface->value(start);
  const double averaged = log_regrets(surface, start, {}, 600, 8),
               lucky = log_regrets(surface, start, {{"noise.average", "false"}}, 600, 8);
  CHECK(std::exp(averaged / 8) < 0.1 * deviation);
  CHECK(averaged < lucky - 8 * std::log(2));
}

TEST_CASE("points can be asked for several at a time, and then rounds are fewer") {
  const auto surface = turned_bowl(5, 1e3);
  const auto rounds_to = [&](std::size_t batch, double target) {
    MinimizeOptions options{.low = std::vector<double>(5, -4),
                            .high = std::vector<double>(5, 4),
                            .agent = "rover-search",
                            .budget = 3000,
                            .target = target,
                            .start = std::vector<double>(5, -3),
                            .settings = {{"batch", std::to_string(batch)}}};
    AskTell search(options);
    std::size_t rounds = 0, widest = 0;
    for (Reals points = search.ask(); !points.empty(); points = search.ask(), ++rounds) {
      widest = std::max(widest, points.size() / 5);
      std::vector<double> values(points.size() / 5);
      surface->values(points, values, nullptr);
      search.tell(values);
    }
    CHECK(search.best_value() <= target);
    CHECK(widest == batch);
    return rounds;
  };
  const std::size_t alone = rounds_to(1, 1e-6);
  CHECK(2 * rounds_to(4, 1e-6) < alone);
  CHECK(3 * rounds_to(16, 1e-6) < alone);
}

TEST_CASE("without bounds the search goes as far as it must, and keeps to those there are") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  MinimizeOptions options{.low = {-infinity, 0, -1},
                          .high = {infinity, infinity, 1},
                          .agent = "rover-search",
                          .budget = 400,
                          .start = {3, 1, 0}};
  AskTell search(options);
  for (Reals points = search.ask(); !points.empty(); points = search.ask()) {
    REQUIRE(points.size() == 3);
    REQUIRE(points[1] >= 0);
    REQUIRE(std::abs(points[2]) <= 1);
    const double x = points[0] + 4000, y = points[1] - 700, z = points[2] - 3;
    search.tell(std::vector<double>{x * x + 3 * y * y + x * y + z * z});
  }
  CHECK(search.best_value() == doctest::Approx(4).epsilon(1e-6));
}

TEST_CASE(
    "in many dimensions descents take a few evaluations a coordinate, by either kind, the same for the same seed") {
  for (const std::size_t d : {41, 100, 500}) {
    CAPTURE(d);
    const auto surface = turned_bowl(d, 10);
    const std::vector<double> start(d, -3);
    const auto game = test::play_on(surface, "rover-search", {}, start, 60 * d, 1);
    CHECK(game.info.best_value < 1e-8);
    CHECK(test::play_on(surface, "rover-search", {}, start, 60 * d, 1).info.best_value == game.info.best_value);
  }
  const std::vector<double> start(60, -3);
  CHECK(test::play_on(turned_bowl(60, 10), "rover-search", {{"wide.differences", "50"}}, start, 1200).info.best_value <
        1e-8);
  CHECK(test::play_on(turned_bowl(60, 10), "rover-search", {{"batch", "16"}}, start, 2400).info.best_value < 1e-4);
}

TEST_CASE("in many dimensions and noise the answer is an average, too") {
  const std::size_t d = 60;
  const auto surface = turned_bowl(d, 10);
  const std::vector<double> start(d, -3);
  const double deviation = 0.01 * surface->value(start);
  const double averaged = log_regrets(surface, start, {}, 3000, 4),
               lucky = log_regrets(surface, start, {{"noise.average", "false"}}, 3000, 4);
  CAPTURE(std::exp(averaged / 4) / deviation);
  CAPTURE(std::exp(lucky / 4) / deviation);
  CHECK(averaged < lucky);
}

}  // namespace rover
