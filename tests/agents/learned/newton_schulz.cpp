#include "agents/learned/newton_schulz.h"

#include <doctest/doctest.h>

#include <cmath>
#include <stdexcept>
#include <vector>

#include "core/random.h"

namespace rover {

TEST_CASE("the iteration on the small side is the iteration as written, wide, tall, square and thin") {
  RandomStream stream = make_stream(1, 0, "newton-schulz");
  for (const auto& [rows, columns] :
       {std::pair<std::size_t, std::size_t>{10, 37}, {37, 10}, {24, 24}, {2, 5}, {33, 34}, {19, 130}}) {
    std::vector<double> exact(rows * columns);
    stream.normals(exact);
    std::vector<float> fast(exact.begin(), exact.end()), scratch(newton_schulz_scratch(rows, columns));
    reference::newton_schulz(rows, columns, exact);
    newton_schulz(rows, columns, fast, scratch);
    for (std::size_t k = 0; k < exact.size(); ++k) CHECK(std::abs(static_cast<double>(fast[k]) - exact[k]) < 2e-4);
  }
  std::vector<float> matrix(6), scratch(3);
  CHECK_THROWS_AS(newton_schulz(2, 3, matrix, scratch), std::logic_error);
}

TEST_CASE("singular values end near 1, those of a matrix of low rank too, and nothing stays nothing") {
  std::vector<float> diagonal{3, 0, 0, 0, 0.2f, 0}, scratch(newton_schulz_scratch(2, 3));
  newton_schulz(2, 3, diagonal, scratch);
  CHECK(std::abs(diagonal[0]) > 0.65f);
  CHECK(std::abs(diagonal[0]) < 1.25f);
  CHECK(std::abs(diagonal[4]) > 0.65f);
  CHECK(std::abs(diagonal[4]) < 1.25f);
  CHECK(diagonal[1] == doctest::Approx(0));

  std::vector<double> exact(12 * 20);
  for (std::size_t i = 0; i < 12; ++i)
    for (std::size_t j = 0; j < 20; ++j)
      exact[i * 20 + j] = std::sin(1.0 + static_cast<double>(i)) * std::cos(static_cast<double>(j));  // rank 1
  std::vector<float> low(exact.begin(), exact.end()), room(newton_schulz_scratch(12, 20));
  reference::newton_schulz(12, 20, exact);
  newton_schulz(12, 20, low, room);
  for (std::size_t k = 0; k < exact.size(); ++k) CHECK(std::abs(static_cast<double>(low[k]) - exact[k]) < 1e-3);

  std::vector<float> zero(6);
  newton_schulz(2, 3, zero, scratch);
  CHECK(zero == std::vector<float>(6, 0));
}

}  // namespace rover
