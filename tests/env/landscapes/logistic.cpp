#include "env/landscapes/logistic.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/settings.h"

using namespace rover;
using Vector = std::vector<double>;

namespace {

/// Two samples y·x = 1 and −1 with multiplicities, one feature: f(θ) = p ln(1 + e^−θ) + (1 − p) ln(1 + e^θ).
MarginData one_feature(std::size_t right, std::size_t wrong) {
  MarginData data{right + wrong, Vector(16, 0.0)};
  for (std::size_t s = 0; s < right + wrong; ++s) data.columns[s] = s < right ? 1 : -1;
  return data;
}

template <class Call>
std::string message(Call&& call) {
  try {
    call();
  } catch (const std::exception& error) { return error.what(); }
  return "";
}

}  // namespace

TEST_CASE("one feature, by hand: the optimum is the log odds and f* the entropy") {
  const Logistic f("one", one_feature(9, 3), 1);
  const Optimum optimum = *f.optimum();
  CHECK(std::abs(optimum.point[0] - std::log(3.0)) < 1e-14);
  CHECK(std::abs(optimum.value - (0.75 * std::log(4 / 3.0) + 0.25 * std::log(4.0))) < 1e-15);
  const double t = 0.3, wrong = 1 / (1 + std::exp(t));
  double g, h;
  f.gradients(Reals(&t, 1), {&g, 1}, nullptr);
  f.hessians(Reals(&t, 1), {&h, 1});
  CHECK(std::abs(f.value(Reals(&t, 1)) - (0.75 * std::log1p(std::exp(-t)) + 0.25 * std::log1p(std::exp(t)))) < 1e-15);
  CHECK(std::abs(g - (-0.75 * wrong + 0.25 * (1 - wrong))) < 1e-15);
  CHECK(std::abs(h - wrong * (1 - wrong)) < 1e-15);
}

TEST_CASE("separable data have no optimum, and that is said") {
  CHECK(message([] { Logistic("easy", one_feature(12, 0), 1); }) ==
        "the data of 'easy' leave its optimum undetermined");
}

TEST_CASE("guyon: 500 samples or ten a dimension, informative and noisy features, one label in twenty flipped") {
  const MarginData data = draw_guyon(50, 1);
  CHECK(data.samples == 500);
  CHECK(data.columns.size() == 50 * 512);
  CHECK(draw_guyon(120, 1).samples == 1200);
  CHECK(draw_guyon(50, 1).columns == data.columns);
  CHECK(draw_guyon(50, 2).columns != data.columns);
  std::size_t plain =
      0;  // noise features are N(0, 1) whatever the label; informative ones have variance 1/3 a row of A, here 25
  for (std::size_t k = 0; k < 50; ++k) {
    double squares = 0;
    for (std::size_t s = 0; s < 500; ++s) squares += data.columns[k * 512 + s] * data.columns[k * 512 + s] / 500;
    CHECK((std::abs(squares - 1) < 0.35 || squares > 3));  // 5 standard deviations of χ²_500/500, √(2/500)
    plain += squares < 2;
    for (std::size_t s = 500; s < 512; ++s) CHECK(data.columns[k * 512 + s] == 0);
  }
  CHECK(plain == 25);
}

TEST_CASE("guyon in 50 dimensions: an optimum to machine precision in the box, below every start") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    const auto f = make_guyon(50, seed);
    const Optimum optimum = *f->optimum();
    Vector g(50), start(50);
    f->gradients(optimum.point, g, nullptr);
    for (const double gk : g) CHECK(std::abs(gk) < 1e-15);
    CHECK(optimum.value > 0.15);  // flipped labels cost
    CHECK(optimum.value < 0.4);
    RandomStream stream = make_stream(seed, 0, "start");
    f->sample_start(stream, start);
    CHECK(f->value(start) > 5 * optimum.value);
  }
}

TEST_CASE("guyon's errors are one sentence") {
  CHECK(message([] { make_guyon(0, 0); }) == "the landscape 'guyon' has 1 to 1000 dimensions, not 0");
  CHECK(message([] { make_guyon(1001, 0); }) == "the landscape 'guyon' has 1 to 1000 dimensions, not 1001");
}
