#include "agents/nn/layers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/storage/scratch.h"

namespace rover::nn {
namespace {

std::vector<float> normals(std::size_t size, std::uint64_t key, double scale = 1) {
  RandomStream stream{key, 0};
  std::vector<float> out(size);
  for (float& x : out) x = static_cast<float>(scale * stream.normal());
  return out;
}

constexpr double half_ulp = 0x1p-24;

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace

TEST_CASE("dense equals its reference up to rounding") {
  for (const std::size_t rows : {1u, 3u, 4u, 9u})
    for (const std::size_t inputs : {1u, 7u, 64u})
      for (const std::size_t outputs : {1u, 2u, 15u, 16u, 17u, 33u, 64u}) {
        CAPTURE(rows);
        CAPTURE(inputs);
        CAPTURE(outputs);
        const auto weight = normals(inputs * outputs, 1), bias = normals(outputs, 2), x = normals(rows * inputs, 3);
        std::vector<float> y(rows * outputs), expected(y.size());
        dense(weight, bias, x, y);
        dense_reference(weight, bias, x, expected);
        for (std::size_t b = 0; b < rows; ++b)
          for (std::size_t o = 0; o < outputs; ++o) {
            double size =
                std::abs(bias[o]);  // each of the inputs + 1 roundings is at most half an ulp of a partial sum
            for (std::size_t i = 0; i < inputs; ++i) size += std::abs(x[b * inputs + i] * weight[i * outputs + o]);
            const double error = std::abs(y[b * outputs + o] - expected[b * outputs + o]);
            REQUIRE(error <= static_cast<double>(inputs + 2) * half_ulp * size);
          }
      }
  std::vector<float> y(4);
  CHECK_THROWS_WITH_AS(dense(normals(6, 1), normals(2, 1), normals(5, 1), y), "dense: the shapes do not fit",
                       std::logic_error);
}

TEST_CASE("a row's bits do not depend on its neighbours") {
  constexpr std::size_t rows = 11, inputs = 13, outputs = 21;
  const auto weight = normals(inputs * outputs, 1), bias = normals(outputs, 2), x = normals(rows * inputs, 3);
  std::vector<float> together(rows * outputs), alone(outputs);
  dense(weight, bias, x, together);
  for (std::size_t b = 0; b < rows; ++b) {
    dense(weight, bias, std::span(x).subspan(b * inputs, inputs), alone);
    CHECK(std::equal(alone.begin(), alone.end(), &together[b * outputs]));
  }
}

TEST_CASE("tanh") {
  auto x = normals(1001, 4, 2);
  x[0] = 0, x[1] = 100, x[2] = -100, x[3] = 1e-6f, x[4] = -30;
  auto y = x;
  nn::tanh(y);
  CHECK(y[0] == 0);
  CHECK(y[1] == 1);
  CHECK(y[2] == -1);
  for (std::size_t k = 0; k < x.size(); ++k) {
    REQUIRE(std::abs(y[k]) <= 1);
    const double expected = std::tanh(double{x[k]});
    REQUIRE(std::abs(y[k] - expected) <= 1e-6 * std::abs(expected));
    float alone[] = {x[k]};
    nn::tanh(alone);
    REQUIRE(alone[0] == y[k]);
  }
  float r[] = {-1, 0, 2};
  relu(r);
  CHECK((r[0] == 0 && r[1] == 0 && r[2] == 2));
}

TEST_CASE("lstm_cell equals the equations") {
  constexpr std::size_t rows = 3;
  for (const std::size_t width : {1u, 5u, 16u, 19u}) {
    CAPTURE(width);
    const auto gates = normals(rows * 4 * width, 5, 2), before = normals(rows * width, 6);
    auto cell = before;
    std::vector<float> hidden(rows * width);
    lstm_cell(gates, cell, hidden, width);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < width; ++k) {
        const float* g = &gates[r * 4 * width + k];
        const double next = sigmoid(g[width]) * before[r * width + k] + sigmoid(g[0]) * std::tanh(double{g[2 * width]});
        REQUIRE(std::abs(cell[r * width + k] - next) < 1e-6 * (1 + std::abs(next)));
        REQUIRE(std::abs(hidden[r * width + k] - sigmoid(g[3 * width]) * std::tanh(next)) < 1e-6);
      }
    auto cell_alone = std::vector<float>(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(width));
    std::vector<float> hidden_alone(width);
    lstm_cell(std::span(gates).first(4 * width), cell_alone, hidden_alone, width);
    CHECK(std::equal(cell_alone.begin(), cell_alone.end(), cell.begin()));
    CHECK(std::equal(hidden_alone.begin(), hidden_alone.end(), hidden.begin()));
  }
  std::vector<float> cell(4), hidden(4);
  CHECK_THROWS_AS(lstm_cell(normals(12, 1), cell, hidden, 2), std::logic_error);
}

TEST_CASE("conv3x3 equals its definition") {
  struct Case {
    std::size_t batch, channels, outputs, side, stride;
  };
  for (const Case& c :
       {Case{1, 1, 4, 6, 1}, Case{3, 2, 5, 7, 2}, Case{2, 3, 17, 8, 1}, Case{5, 4, 2, 12, 2}, Case{1, 2, 3, 3, 1}}) {
    const std::size_t s = convolved(c.side, c.stride);
    CHECK(s == (c.side - 3) / c.stride + 1);
    const auto weight = normals(c.outputs * c.channels * 9, 7), bias = normals(c.outputs, 8),
               x = normals(c.batch * c.channels * c.side * c.side, 9);
    std::vector<float> y(c.batch * c.outputs * s * s);
    conv3x3(weight, bias, c.channels, c.side, c.stride, x, y);
    for (std::size_t b = 0; b < c.batch; ++b)
      for (std::size_t o = 0; o < c.outputs; ++o)
        for (std::size_t i = 0; i < s; ++i)
          for (std::size_t j = 0; j < s; ++j) {
            double sum = bias[o], size = std::abs(bias[o]);
            for (std::size_t p = 0; p < c.channels; ++p)
              for (std::size_t k = 0; k < 9; ++k) {
                const double product =
                    double{weight[(o * c.channels + p) * 9 + k]} *
                    x[((b * c.channels + p) * c.side + i * c.stride + k / 3) * c.side + j * c.stride + k % 3];
                sum += product, size += std::abs(product);
              }
            REQUIRE(std::abs(y[((b * c.outputs + o) * s + i) * s + j] - sum) <=
                    static_cast<double>(9 * c.channels + 2) * half_ulp * size);
          }
  }
}

TEST_CASE("soft_minimum") {
  for (const std::size_t size : {16u, 36u, 49u, 3u}) {
    auto values = normals(size, 10);
    for (float& v : values) v = std::abs(v);
    const auto u = normals(size, 11), v = normals(size, 12);
    for (const float temperature : {3.f, 40.f}) {
      double sum = 0, sum_u = 0, sum_v = 0, size_u = 0;
      for (std::size_t k = 0; k < size; ++k) {
        const double weight = std::exp(-double{temperature} * values[k]);
        sum += weight, sum_u += weight * u[k], sum_v += weight * v[k],
            size_u += weight * (std::abs(u[k]) + std::abs(v[k]));
      }
      const SoftMinimum found = soft_minimum(values, u, v, temperature);
      const double tolerance = 1e-5 * size_u / sum;
      CHECK(std::abs(found.u - sum_u / sum) < tolerance);
      CHECK(std::abs(found.v - sum_v / sum) < tolerance);
    }
  }
}

TEST_CASE("parameters: named blocks, start values, round trip, and what does not fit") {
  Parameters p;
  p.add("w", {20, 30});
  p.add("b", {30});
  RandomStream stream{1, 0};
  p.initialise("w", 25, stream, 0.5);
  CHECK(p.flat().size() == 630);
  CHECK(p["b"].data() == p.flat().data() + 600);
  const auto [low, high] = std::ranges::minmax(p["w"]);
  CHECK((low >= -0.1f && low < -0.09f && high <= 0.1f && high > 0.09f));
  CHECK(std::ranges::all_of(p["b"], [](float x) { return x == 0; }));
  CHECK_THROWS_WITH_AS(p["x"], "no parameters named 'x'", std::logic_error);

  Checkpoint stored;
  p.save(stored, "net/");
  Parameters q;
  q.add("w", {20, 30}), q.add("b", {30});
  q.load(stored, "net/");
  CHECK(std::ranges::equal(p.flat(), q.flat()));
  q.add("c", {2});
  CHECK(error_of([&] { q.load(stored, "net/"); }).find("'net/c'") != std::string::npos);
  Parameters wider;
  wider.add("w", {20, 31});
  CHECK(error_of([&] { wider.load(stored, "net/"); }) == "checkpoint entry 'net/w' holds 600 values, not 620");
}

}  // namespace rover::nn
