#include "env/landscapes/network.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "env/landscapes/iris_data.h"
#include "env/landscapes/registry.h"

using namespace rover;
using Vector = std::vector<double>;

namespace {

/// Two inputs, three samples, two classes: inputs (1, 2), (−1, .5), (0, −1), labels 0, 1, 1.
NetworkData three_samples() {
  NetworkData data{3, Vector(32, 0.0), Vector(32, 0.0)};
  const double x[3][2] = {{1, 2}, {-1, 0.5}, {0, -1}};
  for (std::size_t s = 0; s < 3; ++s) {
    data.inputs[s] = x[s][0], data.inputs[16 + s] = x[s][1];
    data.targets[(s == 0 ? 0 : 16) + s] = 1;
  }
  return data;
}

double mean_of(const Landscape& f, const Vector& x, std::size_t n, RandomStream& stream, double& deviation) {
  double sum = 0, squares = 0, v;
  for (std::size_t k = 0; k < n; ++k) {
    f.values(x, {&v, 1}, &stream);
    sum += v, squares += v * v;
  }
  const double count = static_cast<double>(n), mean = sum / count;
  deviation = std::sqrt(squares / count - mean * mean);
  return mean;
}

}  // namespace

TEST_CASE("a 2-1-2 network, by hand") {
  const Network f("small", three_samples(), {.widths = {2, 1, 2}});
  CHECK(f.dimension() == 7);
  const Vector w{0.5, -0.25, 0.1, 1.5, -0.7, 0.2, -0.3};  // W₁, b₁, W₂, b₂
  double expected = 0;
  const double x[3][2] = {{1, 2}, {-1, 0.5}, {0, -1}};
  for (std::size_t s = 0; s < 3; ++s) {
    const double h = std::tanh(0.5 * x[s][0] - 0.25 * x[s][1] + 0.1), z0 = 1.5 * h + 0.2, z1 = -0.7 * h - 0.3;
    expected += std::log(std::exp(z0) + std::exp(z1)) - (s == 0 ? z0 : z1);
  }
  CHECK(std::abs(f.value(w) - expected / 3) < 1e-15);
}

TEST_CASE("a weight that is not a number does not vanish in any layer") {
  const Network f("small", three_samples(), {.widths = {2, 1, 2}});
  for (std::size_t k = 0; k < 7; ++k) {
    Vector w(7, 0.1), g(7);
    w[k] = NAN;
    CHECK(std::isnan(f.value(w)));
    f.gradients(w, g, nullptr);
    CHECK(std::isnan(g[6]));
  }
}

TEST_CASE("iris: 193 weights, Fisher's rows") {
  const auto f = landscapes().make("iris");
  CHECK(f->dimension() == 193);
  CHECK(!f->optimum());
  CHECK(f->value(Vector(193, 0.0)) == doctest::Approx(std::log(3.0)).epsilon(1e-14));
  std::size_t sums[4] = {};
  for (const auto& row : iris_data)
    for (std::size_t k = 0; k < 4; ++k) sums[k] += row[k];
  CHECK(sums[0] == 8765);  // means 5.8433, 3.0573, 3.7580, 1.1993, as published
  CHECK(sums[1] == 4586);
  CHECK(sums[2] == 5637);
  CHECK(sums[3] == 1799);
  CHECK(iris_data[34][3] == 2);
  CHECK(iris_data[37][1] == 36);
}

TEST_CASE("iris: gradient descent learns it") {
  const auto f = landscapes().make("iris");
  Vector x(193), g(193);
  RandomStream stream = make_stream(1, 0, "start");
  f->sample_start(stream, x);
  for (int t = 0; t < 500; ++t) {
    f->gradients(x, g, nullptr);
    for (std::size_t k = 0; k < 193; ++k) x[k] -= 0.5 * g[k];
  }
  CHECK(f->value(x) < 0.05);
}

TEST_CASE("slices agree with values for every pair of layers, weights and biases, one unit and two") {
  const Network f("deep", three_samples(), {.widths = {2, 3, 4, 3, 2}});
  const std::size_t d = f.dimension(), n = 3;  // 9 + 16 + 15 + 8
  REQUIRE(d == 48);
  Vector x(d), points(n * n * d), expected(n * n), grid(n * n);
  RandomStream stream = make_stream(1, 0, "start");
  f.sample_start(stream, x);
  double worst = 0;
  for (std::uint32_t i = 0; i < d; ++i)
    for (std::uint32_t j = 0; j < d; ++j) {
      const Slice slice{i, j, 0.4};
      slice_points(x, slice, n, points);
      f.values(points, expected, nullptr);
      f.slices(x, {&slice, 1}, n, grid, nullptr);
      for (std::size_t k = 0; k < n * n; ++k) worst = std::max(worst, std::abs(grid[k] - expected[k]));
    }
  CHECK(worst < 1e-14);
}

TEST_CASE(
    "mlp: ten thousand weights; minibatches come from the caller's stream, one a look, and are right on average") {
  const auto full = landscapes().make("mlp", {{"seed", "3"}}),
             noisy = landscapes().make("mlp", {{"seed", "3"}, {"minibatch", "32"}});
  const std::size_t d = full->dimension();
  CHECK(d == 10062);
  CHECK(!full->is_noisy());
  CHECK(noisy->is_noisy());
  Vector x(d);
  RandomStream stream = make_stream(1, 0, "start"), noise = make_stream(1, 0, "noise"), twin = noise;
  full->sample_start(stream, x);
  CHECK(noisy->value(x) == full->value(x));
  double deviation, mean = mean_of(*noisy, x, 200, noise, deviation);
  CHECK(deviation > 0);
  CHECK(std::abs(mean - full->value(x)) < 5 * deviation / std::sqrt(200.0));

  Vector pair = x, values(2), grid(4), points(4 * d), expected(4);
  pair.insert(pair.end(), x.begin(), x.end());
  noisy->values(pair, values, &noise);
  CHECK(values[0] == values[1]);  // one minibatch for both
  noise = twin;
  const Slice slice{7, 9000, 0.1};
  noisy->slices(x, {&slice, 1}, 2, grid, &noise);
  slice_points(x, slice, 2, points);
  noisy->values(points, expected, &twin);
  CHECK(noise == twin);
  for (std::size_t k = 0; k < 4; ++k) CHECK(grid[k] == doctest::Approx(expected[k]).epsilon(1e-13));

  Vector value(1), g(d), alone(1), g_alone(d);
  noise = twin;
  noisy->values_and_gradients(x, value, g, &noise);
  RandomStream third = twin;
  noisy->values(x, alone, &twin);
  noisy->gradients(x, g_alone, &third);
  CHECK(noise == twin);  // one minibatch for both
  CHECK(value == alone);
  CHECK(g == g_alone);
  CHECK(noisy->noise_free_cost() == doctest::Approx(512 / 96.0));
  CHECK(full->noise_free_cost() == 1);
}

TEST_CASE("networks refuse what they cannot be, in one sentence") {
  const auto message = [](const char* id, const Settings& settings) -> std::string {
    try {
      landscapes().make(id, settings);
    } catch (const UsageError& error) { return error.what(); }
    return "";
  };
  CHECK(message("iris", {{"dimension", "193"}}).empty());
  CHECK(message("iris", {{"dimension", "10"}}) == "the landscape 'iris' has 193 dimensions, not 10");
  CHECK(message("mlp", {{"dimension", "10000"}}) == "the landscape 'mlp' has 10062 dimensions, not 10000");
  CHECK(message("iris", {{"rotated", "true"}}) == "the landscape 'iris' takes no shear, warp, shift or rotation");
  CHECK(message("iris", {{"minibatch", "8"}}).find("no setting 'minibatch'") != std::string::npos);
}
