#include "env/landscapes/regression.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/settings.h"

namespace rover {

TEST_CASE("regression tasks are standardised, and their validation grid is the noise-free function") {
  for (std::size_t f = 0; f < regression_families; ++f)
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const RegressionTask task = draw_regression(static_cast<RegressionFamily>(f), seed);
      double mean = 0, square = 0;
      for (const double y : task.y) mean += y / task.train, square += y * y / (task.train - 1);
      CHECK(mean == doctest::Approx(0).epsilon(1e-9));
      CHECK(square == doctest::Approx(1).epsilon(1e-4));
      CHECK(std::ranges::all_of(task.x, [](double x) { return x >= -1 && x <= 1; }));
      CHECK(task.grid_x[0] == -1);
      CHECK(task.grid_x[task.validation - 1] == 1);
      // Second differences of a smooth function on a grid are small, which noise of .1 would not be.
      for (std::size_t s = 1; s + 1 < task.validation; ++s) {
        const double bend = task.grid_y[s - 1] - 2 * task.grid_y[s] + task.grid_y[s + 1];
        CHECK(std::abs(bend) < 0.6);
      }
    }
  const RegressionTask one = draw_regression(RegressionFamily::sinusoid, 3),
                       same = draw_regression(RegressionFamily::sinusoid, 3),
                       other = draw_regression(RegressionFamily::sinusoid, 4);
  CHECK(std::ranges::equal(one.y, same.y));
  CHECK(!std::ranges::equal(one.y, other.y));
}

TEST_CASE("the regression network: parameters in their tensors, mean squared errors by hand") {
  const RegressionTask task = draw_regression(RegressionFamily::exponential, 5);
  const auto f = make_regression(task);
  CHECK(f->dimension() == RegressionNetwork::parameters);
  const Layout layout = f->layout();
  REQUIRE(layout.size() == 4);
  CHECK((layout[0].kind == Tensor::Kind::weights && layout[0].rows == 32 && layout[0].columns == 1));
  CHECK((layout[1].kind == Tensor::Kind::bias && layout[1].begin == 32 && layout[1].size() == 32));
  CHECK((layout[2].begin == 64 && layout[2].rows == 1 && layout[2].columns == 32 && layout[2].layer == 1));
  CHECK((layout[3].begin == 96 && layout[3].size() == 1));

  std::vector<double> theta(f->dimension());
  RandomStream stream = make_stream(1, 0, "start");
  f->sample_start(stream, theta);
  for (std::size_t j = 0; j < 32; ++j) CHECK(theta[32 + j] == 0);
  CHECK(theta[96] == 0);
  theta[40] = 0.3, theta[96] = -0.2;
  const auto output = [&](double x) {
    double sum = theta[96];
    for (std::size_t j = 0; j < 32; ++j) sum += theta[64 + j] * std::tanh(theta[j] * x + theta[32 + j]);
    return sum;
  };
  double train = 0, grid = 0;
  for (std::size_t s = 0; s < task.train; ++s) train += std::pow(output(task.x[s]) - task.y[s], 2) / task.train;
  for (std::size_t s = 0; s < task.validation; ++s)
    grid += std::pow(output(task.grid_x[s]) - task.grid_y[s], 2) / task.validation;
  CHECK(f->value(theta) == doctest::Approx(train).epsilon(1e-12));
  REQUIRE(f->has_validation());
  CHECK(f->validation(theta) == doctest::Approx(grid).epsilon(1e-12));
}

TEST_CASE("wider and deeper networks, other units, and larger targets: gradients against differences") {
  const RegressionTask task = draw_regression(RegressionFamily::polynomial, 6);
  for (const RegressionOptions& options :
       {RegressionOptions{}, RegressionOptions{.hidden = {5, 4}, .activation = "relu"},
        RegressionOptions{.hidden = {6, 3}, .activation = "elu"},
        RegressionOptions{.hidden = {8}, .activation = "tanh", .target_scale = 5}}) {
    const auto f = make_regression(task, options);
    std::vector<double> theta(f->dimension()), gradient(f->dimension());
    RandomStream stream = make_stream(2, 0, "start");
    f->sample_start(stream, theta);
    f->gradients(theta, gradient, nullptr);
    for (std::size_t k = 0; k < theta.size(); ++k) {
      const double kept = theta[k], h = 1e-6;
      theta[k] = kept + h;
      const double above = f->value(theta);
      theta[k] = kept - h;
      const double below = f->value(theta);
      theta[k] = kept;
      CHECK(std::abs(gradient[k] - (above - below) / (2 * h)) < 1e-6 * (1 + std::abs(gradient[k])));
    }
  }
  CHECK_THROWS_AS(make_regression(task, {.activation = "sine"}), UsageError);
}

}  // namespace rover
