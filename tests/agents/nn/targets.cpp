#include <doctest/doctest.h>
#include <hwy/highway.h>

#include <cmath>

#include "agents/nn/layers.h"
#include "agents/search/archive.h"
#include "core/random.h"

namespace rover {
namespace {

/// What Highway chooses from until the end of the scope; 0: what the processor has.
struct Targets {
  explicit Targets(std::int64_t targets) { choose(targets); }
  ~Targets() { choose(0); }
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;
  static void choose(std::int64_t targets) {
    hwy::SetSupportedTargetsForTest(targets);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

}  // namespace

// Older instructions have no masked loads, and loads of their own from aligned places only.
TEST_CASE("kernels run on processors without AVX2, from any place and with any size") {
  constexpr std::int64_t old = HWY_SSE4 | HWY_SSSE3;
  if ((hwy::SupportedTargets() & old) == 0) return;
  const Targets only(old);
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
  Archive archive;
  Neighbours fast, slow;
  for (std::size_t size = 1; size <= 9; ++size) {
    archive.add(random.uniform(), random.uniform(), random.normal());
    for (std::size_t first = 0; first < size; ++first) {
      const Whitening whitening{0.5, 0.5, 2, 0.3, 3};
      find_neighbours(archive, first, whitening, 1, fast);
      find_neighbours_reference(archive, first, whitening, 1, slow);
      REQUIRE(fast.count == slow.count);
      for (std::size_t k = 0; k < fast.count; ++k) CHECK((fast.a[k] == slow.a[k] && fast.value[k] == slow.value[k]));
    }
  }
}

}  // namespace rover
