#include <doctest/doctest.h>

#include "tests/agents/classical/surfaces.h"

using namespace rover;
using namespace rover::test;

constexpr std::uint64_t plenty = 1000000;

TEST_CASE("gradient descent contracts a quadratic by 1 − 2ηc a step, exactly") {
  const auto game = play_on(bowl(2, 1), "gd", {{"learning_rate", "0.125"}}, {3, -2}, plenty, 1, 20);
  double factor = 1;  // dyadic: every product is exact
  for (const Look& look : game.looks) {
    CHECK(look.pose == std::vector<double>{3 * factor, -2 * factor});
    factor *= 0.75;
  }
  CHECK(game.looks.size() >= 20);
  CHECK(game.info.gradients == game.looks.size());
  CHECK(game.info.evaluations == 4 * game.looks.size());  // 2d for a gradient
}

TEST_CASE("a step out of the domain ends at its boundary") {
  const auto game = play_on(bowl(2, 1), "gd", {{"learning_rate", "10"}}, {3, -2}, plenty, 1, 3);
  CHECK(game.looks[1].pose == std::vector<double>{-4, 4});
  CHECK(game.looks[2].pose == std::vector<double>{4, -4});
}

TEST_CASE("momentum and Nesterov walk as their update rules written out") {
  const auto surface = rosenbrock();
  const double rate = 1e-3, momentum = 0.9;
  for (const bool ahead : {false, true}) {
    const auto game = play_on(surface, ahead ? "nesterov" : "momentum",
                              {{"learning_rate", "1e-3"}, {"momentum", "0.9"}}, {-1.2, 1}, plenty, 1, 100);
    REQUIRE(game.looks.size() >= 100);
    std::vector<double> x{-1.2, 1}, v{0, 0}, g(2), at(2);
    for (std::size_t t = 0; t < game.looks.size(); ++t) {
      REQUIRE(game.looks[t].pose == x);
      for (std::size_t i = 0; i < 2; ++i) at[i] = ahead ? x[i] + momentum * v[i] : x[i];
      surface->gradients(at, g, nullptr);
      for (std::size_t i = 0; i < 2; ++i) v[i] = momentum * v[i] - rate * g[i], x[i] += v[i];
    }
    CHECK(game.info.best_value < 1);  // from 24.2
  }
}

TEST_CASE("a wall takes the velocity of a momentum step") {
  // f = x: every step goes down; without the wall's taking it, v would grow on to −10η = −5
  const auto slope = surface_of(
      cube(2, -4, 4), [](Reals x) { return x[0]; }, [](Reals, MutReals g) { g[0] = 1, g[1] = 0; });
  const auto game = play_on(slope, "momentum", {{"learning_rate", "0.5"}, {"momentum", "0.9"}}, {0, 0}, plenty, 1, 50);
  CHECK(game.looks.back().pose == std::vector<double>{-4, 0});
  CHECK(game.looks.back().action.move == std::vector<double>{0, 0});
}

TEST_CASE("Adam's first step is η in the sign of the gradient, whatever its size") {
  for (const double c : {1e-3, 1.0, 1e3}) {
    const auto game = play_on(bowl(2, c), "adam", {{"learning_rate", "0.01"}}, {3, -2}, plenty, 1, 2);
    REQUIRE(game.looks.size() >= 2);
    // m̂ = g and √v̂ = |g|, so the step is η|g|/(|g| + ε); |g| ≥ 4c
    const double tolerance = 0.01 * (1e-8 / (4 * c) + 1e-13);
    CHECK(std::abs(game.looks[1].action.move[0] + 0.01) <= tolerance);
    CHECK(std::abs(game.looks[1].action.move[1] - 0.01) <= tolerance);
  }
}

TEST_CASE("Adam walks as algorithm 1 of the paper written out") {
  const auto surface = rosenbrock();
  const auto game = play_on(surface, "adam", {{"learning_rate", "0.05"}, {"beta1", "0.8"}, {"beta2", "0.99"}},
                            {-1.2, 1}, plenty, 1, 50);
  std::vector<double> x{-1.2, 1}, m{0, 0}, v{0, 0}, g(2);
  for (std::size_t t = 0; t < game.looks.size(); ++t) {
    for (std::size_t i = 0; i < 2; ++i) REQUIRE(game.looks[t].pose[i] == doctest::Approx(x[i]).epsilon(1e-9));
    surface->gradients(x, g, nullptr);
    for (std::size_t i = 0; i < 2; ++i) {
      m[i] = 0.8 * m[i] + 0.2 * g[i], v[i] = 0.99 * v[i] + 0.01 * g[i] * g[i];
      const double mean = m[i] / (1 - std::pow(0.8, t + 1)), square = v[i] / (1 - std::pow(0.99, t + 1));
      x[i] -= 0.05 * mean / (std::sqrt(square) + 1e-8);
    }
  }
}

TEST_CASE("AdamW is Adam and a decay of the point, and a linear schedule ends both") {
  const auto surface = rosenbrock();
  const Settings adam{{"learning_rate", "0.01"}, {"schedule", "linear"}};
  Settings adamw = adam;
  adamw["weight_decay"] = "0.5";
  const auto plain = play_on(surface, "adam", adam, {-1.2, 1}, plenty, 1, 4),
             decayed = play_on(surface, "adamw", adamw, {-1.2, 1}, plenty, 1, 4);
  REQUIRE(decayed.looks.size() == 5);
  CHECK(std::abs(plain.looks[1].action.move[0]) == doctest::Approx(0.01).epsilon(1e-6));
  for (std::size_t i = 0; i < 2; ++i)
    CHECK(decayed.looks[1].action.move[i] ==
          doctest::Approx(plain.looks[1].action.move[i] - 0.01 * 0.5 * plain.looks[0].pose[i]));
  CHECK(std::abs(plain.looks[4].action.move[0]) < 0.0026 * 1.5);  // η/4 in the last of four steps
}

TEST_CASE("first-order agents refuse settings outside their ranges") {
  CHECK_THROWS_WITH_AS(agents().make("gd", {{"learning_rate", "0"}}),
                       "learning_rate=0 is out of range: above 0, at most 1e6", UsageError);
  CHECK_THROWS_WITH_AS(agents().make("nesterov", {{"momentum", "1"}}),
                       "momentum=1 is out of range: at least 0, below 1", UsageError);
  CHECK_THROWS_WITH_AS(agents().make("adam", {{"beta2", "-1"}}), "beta2=-1 is out of range: at least 0, below 1",
                       UsageError);
  CHECK_THROWS_WITH_AS(agents().make("adam", {{"learningrate", "1"}}),
                       "the agent 'adam' has no setting 'learningrate'; did you mean 'learning_rate'?", UsageError);
}

TEST_CASE("RMSProp, AdaGrad and Adadelta walk as their update rules written out") {
  const auto surface = rosenbrock();
  for (const std::string id : {"rmsprop", "adagrad", "adadelta"}) {
    CAPTURE(id);
    const bool delta = id == "adadelta";
    const auto game = play_on(surface, id, {{"learning_rate", delta ? "1" : "0.01"}}, {-1.2, 1}, plenty, 1, 100);
    REQUIRE(game.looks.size() >= 100);
    std::vector<double> x{-1.2, 1}, s{0, 0}, u{0, 0}, g(2);
    for (const Look& look : game.looks) {
      for (std::size_t i = 0; i < 2; ++i) REQUIRE(look.pose[i] == doctest::Approx(x[i]));
      surface->gradients(x, g, nullptr);
      for (std::size_t i = 0; i < 2; ++i) {
        if (id == "adagrad") {
          s[i] += g[i] * g[i], x[i] -= 0.01 * g[i] / (std::sqrt(s[i]) + 1e-10);
        } else if (id == "rmsprop") {
          s[i] = 0.99 * s[i] + 0.01 * g[i] * g[i], x[i] -= 0.01 * g[i] / (std::sqrt(s[i]) + 1e-8);
        } else {
          s[i] = 0.95 * s[i] + 0.05 * g[i] * g[i];
          const double move = -g[i] * std::sqrt(u[i] + 1e-6) / std::sqrt(s[i] + 1e-6);
          u[i] = 0.95 * u[i] + 0.05 * move * move, x[i] += move;
        }
      }
    }
  }
}

TEST_CASE("Adams and Bashforth's steps extrapolate the gradients so far") {
  const auto surface = rosenbrock();
  const std::vector<std::vector<double>> weights{
      {1}, {1.5, -0.5}, {23.0 / 12, -16.0 / 12, 5.0 / 12}, {55.0 / 24, -59.0 / 24, 37.0 / 24, -9.0 / 24}};
  for (const std::size_t order : {1u, 2u, 3u, 4u}) {
    CAPTURE(order);
    const auto game = play_on(surface, "adams-bashforth", {{"learning_rate", "1e-4"}, {"order", std::to_string(order)}},
                              {-1.2, 1}, plenty, 1, 20);
    std::vector<double> x{-1.2, 1}, g(2);
    std::vector<std::vector<double>> past;  // newest first
    for (const Look& look : game.looks) {
      for (std::size_t i = 0; i < 2; ++i) REQUIRE(look.pose[i] == doctest::Approx(x[i]));
      surface->gradients(x, g, nullptr);
      past.insert(past.begin(), g);
      const auto& of = weights[std::min(order, past.size()) - 1];
      for (std::size_t k = 0; k < of.size(); ++k)
        for (std::size_t i = 0; i < 2; ++i) x[i] -= 1e-4 * of[k] * past[k][i];
    }
  }
}
