#include <doctest/doctest.h>

#include <cmath>

#include "agents/nn/layers.h"
#include "core/random.h"
#include "tests/agents/targets.h"

namespace rover {
// Older instructions have no masked loads, and loads of their own from aligned places only.
TEST_CASE("kernels run on processors without AVX2, from any place and with any size") {
  if (!test::Targets::have_old()) return;
  const test::Targets only(test::Targets::old);
  RandomStream random = make_stream(4, 0, "test");
  const auto draw = [&](std::size_t size) {
    std::vector<float> out(size);
    for (float& x : out) x = static_cast<float>(random.uniform(-1, 1));
    return out;
  };
  for (const std::size_t width : {1u, 2u, 3u, 4u, 5u, 7u}) {
    const auto weight = draw(3 * width), bias = draw(width), x = draw(6);
    std::vector<float> y(2 * width), expected(2 * width);
    nn::dense(weight, bias, x, y);
    nn::dense_reference(weight, bias, x, expected);
    for (std::size_t k = 0; k < y.size(); ++k)
      CHECK(std::abs(y[k] - expected[k]) <= 5 * 4 * 0x1p-24f);  // 5 roundings of at most 4

    const auto gates = draw(2 * 4 * width);
    std::vector<float> cell(2 * width), hidden(2 * width);
    nn::lstm_cell(gates, cell, hidden, width);
    const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
    const float* g = &gates[4 * width + width - 1];
    CHECK(std::abs(cell.back() - sigmoid(g[0]) * std::tanh(double{g[2 * width]})) < 1e-6);

    const auto s = draw(width);
    const nn::SoftMinimum place = nn::soft_minimum(s, s, s, 1);
    double above = 0, below = 0;
    for (const float v : s) above += v * std::exp(-v), below += std::exp(-v);
    CHECK(std::abs(place.u - above / below) < 1e-5);
  }
}

}  // namespace rover
